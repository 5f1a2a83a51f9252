internal import CLinux

/// An internet address and a port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// IPv4 or IPv6.
    public enum Family: UInt8, Sendable {
        /// IPv4.
        case ipv4 = 4
        /// IPv6.
        case ipv6 = 6
    }

    /// IPv4 or IPv6.
    public let family: Family
    /// The port, in host order.
    public var port: UInt16
    /// The first 64 bits of an IPv6 address; 0 for IPv4.
    public let high: UInt64
    /// The last 64 bits of an IPv6 address, or the 32 bits of an IPv4 one.
    public let low: UInt64
    /// The IPv6 scope (interface index), usually 0.
    public let scope: UInt32

    /// The address that `literal` spells ("127.0.0.1", "::1", no brackets), or nil when it is a name.
    public init?(literal: String, port: UInt16) {
        var address = clinux_address()
        guard unsafe clinux_parse_address(literal, &address) == 0 else { return nil }
        address.port = port
        self.init(address)
    }

    /// An address from its bytes in network order: 4 of them for IPv4, 16 for IPv6.
    public init?(bytes: [UInt8], port: UInt16, scope: UInt32 = 0) {
        func number(_ slice: ArraySlice<UInt8>) -> UInt64 { slice.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: (family, high, low) = (.ipv4, 0, number(bytes[...]))
        case 16: (family, high, low) = (.ipv6, number(bytes[..<8]), number(bytes[8...]))
        default: return nil
        }
        self.port = port
        self.scope = scope
    }

    init?(_ address: clinux_address) {
        guard let family = Family(rawValue: address.family) else { return nil }
        self.family = family
        port = address.port
        high = address.high
        low = address.low
        scope = address.scope
    }

    var system: clinux_address {
        clinux_address(family: family.rawValue, port: port, scope: scope, high: high, low: low)
    }

    /// The address without the port: "127.0.0.1", "::1".
    public var host: String {
        var address = system
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { text in
            guard let base = text.baseAddress else { return "" }
            unsafe clinux_format_address(&address, base)
            return unsafe String(cString: base)
        }
    }

    /// "127.0.0.1:443" or "[::1]:443".
    public var description: String { family == .ipv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The IPv4 address itself where this is one in IPv6's clothes (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2).
    public var unmapped: SocketAddress {
        guard family == .ipv6, high == 0, low >> 32 == 0xFFFF else { return self }
        return SocketAddress(ipv4: UInt32(truncatingIfNeeded: low), port: port)
    }

    private init(ipv4: UInt32, port: UInt16) {
        (family, high, low, scope) = (.ipv4, 0, UInt64(ipv4), 0)
        self.port = port
    }

    /// Whether only this machine can reach it (127.0.0.0/8 or ::1).
    public var isLoopback: Bool {
        family == .ipv4 ? low >> 24 == 127 : high == 0 && (low == 1 || low >> 24 == 0xFFFF_7F)
    }
}
