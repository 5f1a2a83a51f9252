/// An address to listen at: an IP address of the machine, or all of them.
public struct BindAddress: Equatable, Hashable, Sendable, CustomStringConvertible {
    /// As it is written in the file.
    public let description: String
    /// 4 or 16 bytes in network order; none for `*`.
    private let bytes: [UInt8]

    /// All addresses of the machine, IPv4 and IPv6.
    public static let any = BindAddress(description: "*", bytes: [])
    /// The machine itself over IPv4.
    public static let loopback = BindAddress(description: "127.0.0.1", bytes: [127, 0, 0, 1])

    private init(description: String, bytes: [UInt8]) {
        self.description = description
        self.bytes = bytes
    }

    /// The address that `text` says: `*`, or an IPv4 or IPv6 address (without brackets and zone).
    public init?(_ text: String) {
        if text == "*" {
            self = .any
        } else if let bytes = IPAddressText.ipv4(text[...]) ?? IPAddressText.ipv6(text) {
            self.init(description: text, bytes: bytes)
        } else {
            return nil
        }
    }

    /// The literals to listen at, most wanted first: the first that the machine supports is enough. A socket at `::`
    /// takes IPv4 connections too where it isn't restricted to IPv6.
    public var candidates: [String] { bytes.isEmpty ? ["::", "0.0.0.0"] : [description] }

    /// Whether only this machine can connect.
    public var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    }

    /// Whether it stands for every address: `*`, `0.0.0.0` or `::`.
    private var isWildcard: Bool { bytes.allSatisfy { $0 == 0 } }

    /// Whether sockets at both can't have one port. An IPv6 wildcard takes IPv4 too, so any wildcard collides.
    public func collides(with other: BindAddress) -> Bool { isWildcard || other.isWildcard || bytes == other.bytes }

    /// Two spellings of one address are equal.
    public static func == (left: BindAddress, right: BindAddress) -> Bool { left.bytes == right.bytes }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

/// IP addresses in text (RFC 3986 section 3.2.2, RFC 4291 section 2.2).
enum IPAddressText {
    /// The four bytes of dotted decimal: four numbers without leading zeros, which some readers take for octal.
    static func ipv4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let byte = UInt8(part) else { return nil }
            guard part.count == 1 || part.first != "0" else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// The sixteen bytes of an IPv6 address; `::` stands for one or more groups of zeros, once.
    static func ipv6(_ text: String) -> [UInt8]? {
        guard let gap = doubleColon(in: text) else {
            guard let bytes = groups(text[...]), bytes.count == 16 else { return nil }
            return bytes
        }
        guard let head = groups(text[..<gap.lowerBound], isEnd: false), let tail = groups(text[gap.upperBound...])
        else { return nil }
        let missing = 16 - head.count - tail.count
        guard missing >= 2 else { return nil }
        return head + [UInt8](repeating: 0, count: missing) + tail
    }

    private static func doubleColon(in text: String) -> Range<String.Index>? {
        guard let first = text.indices.first(where: { text[$0...].hasPrefix("::") }) else { return nil }
        return first..<text.index(first, offsetBy: 2)
    }

    /// Groups of up to four hexadecimal digits; at the address's end the last may be an IPv4 address.
    private static func groups(_ text: Substring, isEnd: Bool = true) -> [UInt8]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if isEnd, index == parts.count - 1, let four = ipv4(part) {
                bytes += four
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexDigit) else { return nil }
                guard let group = UInt16(part, radix: 16) else { return nil }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
