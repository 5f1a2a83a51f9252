internal import OIDC

/// Text from anywhere made fit for a log: one line, bounded, without a token.
enum LogText {
    /// The longest message, in bytes of UTF-8.
    static let maximumMessage = 4_096
    /// The longest value in an access line, in bytes as they are written.
    static let maximumValue = 1_024

    /// A message as one line: what looks like a token is left out, what is too long is cut, and what could begin a line
    /// or command a terminal is written as `\xXX`.
    static func message(_ text: String) -> String {
        oneLine(safe(text))
    }

    /// The same for those who escape by themselves.
    static func safe(_ text: String) -> String { cut(TokenRedaction.redact(text), at: maximumMessage) }

    /// `text` without U+0000, which JSON allows and many of its readers don't.
    static func forJSON(_ text: String) -> String {
        guard text.utf8.contains(0) else { return text }
        return String(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : Character($0) })
    }

    /// What peers sent may be in a text: control characters must not make lines of their own. Other writing systems
    /// stay readable.
    static func oneLine(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        return text.unicodeScalars.reduce(into: "") { line, scalar in
            if isHarmless(scalar) {
                line.unicodeScalars.append(scalar)
            } else {
                for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { line += escape(byte) }
            }
        }
    }

    /// `text` where it has at most `limit` bytes, else its beginning and `…`.
    static func cut(_ text: String, at limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: max(0, limit - 3))
        while end > text.startIndex, text.utf8[end] & 0xC0 == 0x80 { end = text.utf8.index(before: end) }
        return String(text[..<end]) + "…"
    }

    /// Appends a value of an access line as nginx writes it: quotation marks, backslashes and all that isn't printable
    /// ASCII become `\xXX`.
    ///
    /// - Parameter escapesSpaces: where nothing but a space ends the value.
    static func append(_ value: String, to line: inout [UInt8], escapesSpaces: Bool) {
        let bytes = value.utf8
        if bytes.count < maximumValue, bytes.allSatisfy({ !isEscaped($0, escapesSpaces) }) { return line += bytes }
        let end = line.count + maximumValue
        for byte in bytes {
            if isEscaped(byte, escapesSpaces) { line += escape(byte).utf8 } else { line.append(byte) }
            // An escape that begins before the end may stand: the bound is there for the sake of memory.
            if line.count >= end {
                line += "...".utf8
                return
            }
        }
    }

    @inline(__always)
    private static func isEscaped(_ byte: UInt8, _ escapesSpaces: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0..<0x20, 0x7F...: true
        case UInt8(ascii: " "): escapesSpaces
        default: false
        }
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
        default: return true
        }
    }

    private static func escape(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "\\x\(byte < 16 ? "0" : "")\(digits)"
    }
}
