/// Where a connection goes: a host and a port.
public struct Endpoint: Equatable, Hashable, Sendable, CustomStringConvertible {
    /// A name to be resolved, or an IP address (IPv6 without brackets).
    public var host: String
    /// The port.
    public var port: UInt16

    /// A host and a port.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `9000` (at `defaultHost`), `host:9000` or `[::1]:9000`.
    init?(_ text: String, defaultHost: String) {
        guard let colon = text.lastIndex(of: ":") else {
            guard let range = PortRange(text), range.count == 1 else { return nil }
            self.init(host: defaultHost, port: range.first)
            return
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil  // An IPv6 address without brackets: where the port begins would be a guess.
        }
        guard let range = PortRange(String(text[text.index(after: colon)...])), range.count == 1 else { return nil }
        guard WebAddress.isHost(String(host)) else { return nil }
        self.init(host: String(host), port: range.first)
    }

    /// `host:port`, with brackets around an IPv6 address.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
