internal import HTTP1
internal import System

/// Which names the admin pages may be asked for.
///
/// A web page from elsewhere can make its own name point at 127.0.0.1 (DNS rebinding) and would then be allowed to read
/// what a browser on this machine gets here. Its requests carry that name in Host, so only names that no stranger can
/// own are answered: IP addresses, `localhost`, and those that the operator listed.
struct HostGuard: Sendable {
    private let names: Set<String>

    /// Lets `names` pass beside IP addresses and `localhost`; case and a final dot don't matter.
    init(names: [String]) { self.names = Set(names.map(Self.normalized)) }

    /// Whether a request with this head is to be answered. Programs of HTTP/1.0 that send no Host are no browsers.
    func admits(_ head: RequestHead) -> Bool {
        guard head.host != nil else { return true }
        guard let host = head.authority?.host else { return false }
        if host.hasPrefix("[") {
            return SocketAddress(literal: String(host.dropFirst().dropLast()), port: 0)?.family == .ipv6
        }
        if SocketAddress(literal: host, port: 0)?.family == .ipv4 { return true }
        let name = Self.normalized(host)
        return name == "localhost" || names.contains(name)
    }

    private static func normalized(_ name: String) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }
}
