import CJansson

// What Jansson hands out, as values of this module. Jansson has checked UTF-8, names and numbers; the depth is bounded
// by `JSON.depthLimit`, so recursion is safe.

extension JSONValue {
    /// Copies a value; the caller keeps its reference to `source`.
    @unsafe
    init(_ source: UnsafeMutablePointer<json_t>) {
        switch unsafe source.pointee.type {
        case JSON_OBJECT: self = unsafe .object(JSONObject(source))
        case JSON_ARRAY:
            let count = unsafe json_array_size(source)
            var elements: [JSONValue] = []
            elements.reserveCapacity(count)
            for index in 0..<count {
                if let element = unsafe json_array_get(source, index) { unsafe elements.append(JSONValue(element)) }
            }
            self = .array(elements)
        case JSON_STRING:
            let start = unsafe UnsafeRawPointer(json_string_value(source))
            let bytes = unsafe UnsafeRawBufferPointer(start: start, count: json_string_length(source))
            self = unsafe .string(String(decoding: bytes, as: UTF8.self))
        case JSON_INTEGER: self = unsafe .integer(Int64(json_integer_value(source)))
        case JSON_REAL: self = unsafe .real(json_real_value(source))
        case JSON_TRUE: self = .bool(true)
        case JSON_FALSE: self = .bool(false)
        default: self = .null
        }
    }
}

extension JSONObject {
    /// Copies the members; Jansson walks over them in the order they were written.
    @unsafe
    fileprivate init(_ source: UnsafeMutablePointer<json_t>) {
        self.init()
        var iterator = unsafe json_object_iter(source)
        while let current = unsafe iterator {
            if let key = unsafe json_object_iter_key(current), let value = unsafe json_object_iter_value(current) {
                unsafe append(String(cString: key), JSONValue(value))
            }
            unsafe iterator = json_object_iter_next(source, current)
        }
    }
}

extension JSONError {
    /// Translates Jansson's report.
    ///
    /// Jansson points at the last byte it has read, which is the end of the word that it did not like; where it quotes
    /// the word ("… near 'word'"), the place is moved to the word's start.
    @unsafe
    init(_ error: json_error_t, in text: Span<UInt8>) {
        var error = error
        let words = unsafe String(cString: sp_json_error_text(&error))
        let end = min(max(Int(error.position), 0), text.count)
        let word = Self.quotedWord(in: words, endingAt: end, of: text)

        let reason: Reason =
            switch json_error_code(UInt32(unsafe sp_json_error_code(&error))) {
            case json_error_premature_end_of_input: .endsEarly
            case json_error_end_of_input_expected: .trailingText
            case json_error_duplicate_key: .duplicateKey(Self.unquoted(word))
            case json_error_invalid_utf8: .notUTF8
            case json_error_null_character, json_error_null_byte_in_key: .nulCharacter
            case json_error_numeric_overflow: .numberOutOfRange
            case json_error_out_of_memory: .outOfMemory
            case json_error_stack_overflow: .tooDeep(limit: JSON.depthLimit)
            default: .syntax(words)
            }
        let offset = reason == .endsEarly ? text.count : max(end - max(word.count, 1), 0)
        self.init(reason, at: offset, in: text)
    }

    /// The bytes that `words` quotes after "near", when they are what stands before `end`; empty otherwise.
    private static func quotedWord(in words: String, endingAt end: Int, of text: Span<UInt8>) -> [UInt8] {
        let message = Array(words.utf8)
        let near = Array(" near '".utf8)
        guard message.last == UInt8(ascii: "'"), message.count > near.count else { return [] }
        for start in 0..<(message.count - near.count) where message[start..<(start + near.count)].elementsEqual(near) {
            let word = Array(message[(start + near.count)..<(message.count - 1)])
            guard word.count <= end else { return [] }
            for (offset, byte) in word.enumerated() where text[end - word.count + offset] != byte { return [] }
            return word
        }
        return []
    }

    private static func unquoted(_ word: [UInt8]) -> String {
        String(decoding: word.filter { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }
}
