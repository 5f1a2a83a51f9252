extension Duration {
    /// Whole milliseconds, as far as 32 bits hold them; none below zero.
    var milliseconds: UInt32 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : UInt32(clamping: scaled &+ attoseconds / 1_000_000_000_000_000)
    }
}

/// What logs call a listening port and what is behind it; shared by all connections of the port.
public final class RouteNames: Sendable {
    /// The listener's name in the settings.
    public let listener: String
    /// The port that clients come to; 0 where it isn't told.
    public let port: UInt16
    /// Host and port of the backend or upstream.
    public let backend: String

    /// The names of a port.
    public init(listener: String, port: UInt16, backend: String) {
        self.listener = listener
        self.port = port
        self.backend = backend
    }

    /// Host and port as they are written together: an IPv6 address in brackets.
    public static func authority(_ host: String, _ port: UInt16) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
