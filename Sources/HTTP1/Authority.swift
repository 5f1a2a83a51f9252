/// A host and an optional port: the value of Host, and what follows `http://` in a target
/// (RFC 9110 section 7.2, RFC 3986 section 3.2).
public struct Authority: Sendable, Equatable, CustomStringConvertible {
    /// The host as written, an IPv6 address within its brackets.
    public let host: String
    /// The port, where one was written.
    public let port: UInt16?

    /// The authority written in `text`, or nil when that isn't `uri-host [ ":" port ]`.
    ///
    /// Refused besides: an empty host (RFC 9110 section 4.2.1), user information (section 4.2.4), ports above 65535
    /// and zone identifiers, which mean nothing to another machine. An empty port is allowed, as RFC 3986 has it.
    public init?(_ text: String) {
        let bytes = text.utf8.span
        self.init(bytes, 0..<bytes.count)
    }

    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        guard let hostEnd = Self.hostEnd(bytes, range) else { return nil }
        guard let port = Self.port(bytes, hostEnd..<range.upperBound) else { return nil }
        self.port = port.number
        host = String(decoding: bytes.extracting(range.lowerBound..<hostEnd))
    }

    /// `host` or `host:port`.
    public var description: String { port.map { "\(host):\($0)" } ?? host }

    /// Whether `bytes[range]` is an authority; ``init(_:)`` without building one.
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard let hostEnd = hostEnd(bytes, range) else { return false }
        return port(bytes, hostEnd..<range.upperBound) != nil
    }

    /// Where the host that begins `bytes[range]` ends; nil when it is empty or malformed.
    private static func hostEnd(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var index = range.lowerBound
        if index < range.upperBound, bytes[index] == UInt8(ascii: "[") {
            while index < range.upperBound, bytes[index] != UInt8(ascii: "]") { index += 1 }
            guard index < range.upperBound else { return nil }
            return IPLiteral.isValid(bytes, range.lowerBound + 1..<index) ? index + 1 : nil
        }
        while index < range.upperBound {
            let byte = bytes[index]
            if byte == UInt8(ascii: ":") { break }
            if byte == UInt8(ascii: "%") {
                guard range.upperBound - index > 2, Grammar.hexValue(bytes[index + 1]) != nil,
                    Grammar.hexValue(bytes[index + 2]) != nil
                else { return nil }
                index += 3
            } else {
                guard isRegisteredNameCharacter(byte) else { return nil }
                index += 1
            }
        }
        return index > range.lowerBound ? index : nil
    }

    /// The port in `bytes[range]`, which is empty or begins with a colon; nil when it is malformed.
    private static func port(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (number: UInt16?, Void)? {
        if range.isEmpty { return (nil, ()) }
        guard bytes[range.lowerBound] == UInt8(ascii: ":") else { return nil }
        if range.count == 1 { return (nil, ()) }
        guard let value = Grammar.decimal(bytes, range.lowerBound + 1..<range.upperBound), value <= 65535
        else { return nil }
        return (UInt16(truncatingIfNeeded: value), ())
    }

    /// `unreserved` or `sub-delims` of RFC 3986 section 2; percent-encoding is checked apart.
    static func isRegisteredNameCharacter(_ byte: UInt8) -> Bool {
        if Grammar.isAlpha(byte) || Grammar.isDigit(byte) { return true }
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): return true
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"),
            UInt8(ascii: "="):
            return true
        default: return false
        }
    }
}

extension String {
    /// The text of `bytes`; what isn't UTF-8 in it is repaired.
    init(decoding bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
