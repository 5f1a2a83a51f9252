internal import Bytes

/// Bytes and times from outside, made fit for a terminal.
enum Printable {
    /// The longest line made of a peer's bytes, in characters.
    static let maxLength = 200

    /// `bytes` as one line: control characters, which could steer a terminal, become dots, and a long text is cut.
    static func line(_ bytes: [UInt8]) -> String { line(String(decoding: bytes, as: UTF8.self)) }

    /// `text` as one line.
    static func line(_ text: String) -> String {
        var result = ""
        var length = 0
        for scalar in text.unicodeScalars {
            if length == maxLength { return result + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate:
                result.unicodeScalars.append(scalar == "\n" ? " " : ".")
            default: result.unicodeScalars.append(scalar)
            }
            length += 1
        }
        return result.hasSuffix(" ") ? String(result.dropLast()) : result
    }

    /// A duration for people: "850 µs", "12 ms", "3.4 s".
    static func duration(_ duration: Duration) -> String {
        let nanoseconds = duration.saturatedNanoseconds
        switch nanoseconds {
        case ..<1_000_000: return "\(nanoseconds / 1_000) µs"
        case ..<1_000_000_000: return "\(nanoseconds / 1_000_000) ms"
        default:
            let tenths = nanoseconds / 100_000_000
            return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
        }
    }

    /// A token's ends, enough to recognise it and too little to use it.
    static func token(_ token: String) -> String {
        token.utf8.count <= 24
            ? "\(token.prefix(4))…" : "\(token.prefix(8))…\(token.suffix(4)) (\(token.utf8.count) bytes)"
    }
}
