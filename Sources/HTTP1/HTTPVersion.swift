/// The protocol version of a message (RFC 9112 section 2.3). Only the two that this module speaks exist.
public enum HTTPVersion: Sendable, Equatable, Comparable {
    /// HTTP/1.0.
    case http10
    /// HTTP/1.1.
    case http11

    /// The version as it stands in a start line.
    public var text: String {
        switch self {
        case .http10: "HTTP/1.0"
        case .http11: "HTTP/1.1"
        }
    }

    /// Reads `bytes[range]`: exactly `HTTP/`, a digit, a dot and a digit (RFC 9112 section 2.3; case matters).
    ///
    /// - Throws: ``HTTPError/malformedVersion`` or, for any version but 1.0 and 1.1, ``HTTPError/unsupportedVersion``.
    static func parse(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) -> HTTPVersion {
        let start = range.lowerBound
        guard range.count == 8,
            bytes[start] == UInt8(ascii: "H"), bytes[start + 1] == UInt8(ascii: "T"),
            bytes[start + 2] == UInt8(ascii: "T"), bytes[start + 3] == UInt8(ascii: "P"),
            bytes[start + 4] == UInt8(ascii: "/"), bytes[start + 6] == UInt8(ascii: "."),
            Grammar.isDigit(bytes[start + 5]), Grammar.isDigit(bytes[start + 7])
        else { throw .malformedVersion }
        switch (bytes[start + 5], bytes[start + 7]) {
        case (0x31, 0x31): return .http11
        case (0x31, 0x30): return .http10
        default: throw .unsupportedVersion
        }
    }
}
