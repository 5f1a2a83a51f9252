import CJansson

/// Reading and writing JSON (RFC 8259). Reading is Jansson's work; no other module sees that library.
///
/// Stricter than Jansson on its own: a name that occurs twice is refused, and so is a text that is larger or nested
/// deeper than the limits. Nothing but white space may follow the value.
public enum JSON {
    /// The largest text accepted unless the caller says otherwise, in bytes.
    public static let defaultLimit = 1024 * 1024

    /// The deepest nesting of arrays and objects accepted: enough for any token, key set or settings file, and little
    /// enough for recursion on the smallest stack.
    public static let depthLimit = 64

    /// Lets Jansson choose the seed of its hash tables, for which it may open `/dev/urandom`.
    ///
    /// A process that is going to enter a jail calls this before it does; the first object parsed has the same effect.
    public static func prepare() { json_object_seed(0) }

    /// Parses one JSON value of any kind.
    ///
    /// - Parameters:
    ///   - text: UTF-8 without byte order mark.
    ///   - limit: The largest size accepted, in bytes.
    /// - Throws: ``JSONError`` with the place of the first misdeed.
    public static func parse(_ text: Span<UInt8>, limit: Int = defaultLimit) throws(JSONError) -> JSONValue {
        guard text.count <= limit else { throw JSONError(.tooLarge(limit: limit), line: 1, column: 1) }
        try checkBeforehand(text)
        // Jansson reports an empty text without a place.
        guard !text.isEmpty else { throw JSONError(.endsEarly, line: 1, column: 1) }

        var error = json_error_t()
        let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)
        let root = unsafe text.withUnsafeBytes { bytes in
            unsafe json_loadb(bytes.baseAddress, bytes.count, flags, &error)
        }
        guard let root = unsafe root else { throw unsafe JSONError(error, in: text) }
        defer { unsafe json_decref(root) }
        return unsafe JSONValue(root)
    }

    /// Parses one JSON value of any kind. See ``parse(_:limit:)-(Span<UInt8>,_)``.
    public static func parse(_ text: [UInt8], limit: Int = defaultLimit) throws(JSONError) -> JSONValue {
        try parse(text.span, limit: limit)
    }

    /// Parses one JSON value of any kind. See ``parse(_:limit:)-(Span<UInt8>,_)``.
    public static func parse(_ text: String, limit: Int = defaultLimit) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limit: limit)
    }

    /// What Jansson would let pass: a NUL byte, which it takes for the end of the text whatever follows, and nesting
    /// that the smallest stack can't hold (its own limit is 2,048).
    private static func checkBeforehand(_ text: Span<UInt8>) throws(JSONError) {
        var depth = 0
        var inString = false
        var index = 0
        while index < text.count {
            switch text[index] {
            case 0: throw JSONError(.nulCharacter, at: index, in: text)
            // Only the byte behind the backslash matters: it may be a quotation mark.
            case UInt8(ascii: "\\") where inString && index + 1 < text.count && text[index + 1] != 0: index += 1
            case UInt8(ascii: "\""): inString.toggle()
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                guard !inString else { break }
                depth += 1
                guard depth <= depthLimit else { throw JSONError(.tooDeep(limit: depthLimit), at: index, in: text) }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if !inString { depth -= 1 }
            default: break
            }
            index += 1
        }
    }
}
