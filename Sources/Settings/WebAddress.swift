/// An `http` or `https` URL taken apart (RFC 3986); without user information and fragment, which have no use here.
public struct WebAddress: Equatable, Hashable, Sendable, CustomStringConvertible {
    /// As it is written in the file.
    public let text: String
    /// Whether the scheme is `https`.
    public let isSecure: Bool
    /// The host; an IPv6 address without its brackets.
    public let host: String
    /// The port, the scheme's own (80, 443) when none is written.
    public let port: UInt16
    /// Path and query as a request's target; `/` when there is no path.
    public let target: String

    /// Takes `text` apart, or answers nil when it isn't a full `http` or `https` URL.
    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Self.forbidden.contains($0) }) else { return nil }
        let lower = text.lowercased()
        let scheme = lower.hasPrefix("https://") ? "https://" : "http://"
        guard lower.hasPrefix(scheme) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)

        guard let (host, port) = Self.split(authority) else { return nil }
        self.text = text
        self.isSecure = scheme == "https://"
        self.host = host
        self.port = port ?? (scheme == "https://" ? 443 : 80)
        self.target = target.hasPrefix("/") ? String(target) : "/\(target)"
    }

    /// Scheme, host and port, without a path.
    public var origin: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let standard: UInt16 = isSecure ? 443 : 80
        return (isSecure ? "https://" : "http://") + name + (port == standard ? "" : ":\(port)")
    }

    /// As it is written in the file.
    public var description: String { text }

    /// Where to connect to.
    public var endpoint: Endpoint { Endpoint(host: host, port: port) }

    /// Whether the host is this machine, as far as its name tells.
    public var isLoopback: Bool { Self.isLoopback(host) }

    /// Whether a host is this machine, as far as its name tells.
    static func isLoopback(_ host: String) -> Bool {
        host.lowercased() == "localhost" || BindAddress(host).map(\.isLoopback) == true
    }

    /// Whether `text` is a host name or an IP address.
    static func isHost(_ text: String) -> Bool {
        if text.contains(":") { return IPAddressText.ipv6(text) != nil }
        // RFC 1123 section 2.1, and the underscore that container networks use.
        guard !text.isEmpty, text.utf8.count <= 253 else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        // A name that ends in a number is read as an address by half of the world, so it must be one.
        if let last = labels.last, !last.isEmpty, last.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return IPAddressText.ipv4(text[...]) != nil
        }
        let named = labels.last == "" ? labels.dropLast() : labels[...]
        return !named.isEmpty
            && named.allSatisfy { label in
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.utf8.allSatisfy(isHostByte)
            }
    }

    private static let forbidden = Set("#\"<>\\^`{|}".utf8)

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Host and port of an authority; the port is nil when none is written.
    private static func split(_ authority: Substring) -> (host: String, port: UInt16?)? {
        let host: Substring
        let rest: Substring
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = authority[..<end].dropFirst()
            rest = authority[authority.index(after: end)...]
            guard host.contains(":") else { return nil }
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
        }
        guard isHost(String(host)) else { return nil }
        if rest.isEmpty { return (String(host), nil) }
        guard rest.hasPrefix(":"), let port = PortRange(String(rest.dropFirst())), port.count == 1 else { return nil }
        return (String(host), port.first)
    }
}
