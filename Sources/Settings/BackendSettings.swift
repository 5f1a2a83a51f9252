internal import JSON

/// The section `backend`, and the one of a listener: where a bridge's connections go.
public struct BackendSettings: Equatable, Sendable {
    /// `host`: name or address of the TCP application, default 127.0.0.1.
    public var host = "127.0.0.1"
    /// `port`: the application's port whatever port the client came to; nil: by port scaling.
    public var port: UInt16?
    /// `portScaleFactor`: backend port = listening port less this; default `proxySettings.proxyPortScaleFactor`.
    public var portScaleFactor = Defaults.portScaleFactor
    /// `portMap`: where single listening ports go instead.
    public var portMap: [UInt16: Endpoint] = [:]
    /// `connectTimeout`: to resolve and reach the application; default `proxySettings.websockifyConnectTimeout`.
    public var connectTimeout = Defaults.connectTimeout

    /// The defaults.
    public init() {}

    /// Where a connection to the listening port `listeningPort` goes; nil when scaling leaves no port.
    public func endpoint(for listeningPort: UInt16) -> Endpoint? {
        if let mapped = portMap[listeningPort] { return mapped }
        if let port { return Endpoint(host: host, port: port) }
        let (scaled, overflow) = Int(listeningPort).subtractingReportingOverflow(portScaleFactor)
        guard !overflow, scaled >= 1, let port = UInt16(exactly: scaled) else { return nil }
        return Endpoint(host: host, port: port)
    }

    mutating func read(_ section: Section) {
        section.host("host", &host)
        section.port("port", &port)
        section.integer("portScaleFactor", &portScaleFactor, in: 0...65_534)
        section.duration("connectTimeout", &connectTimeout, in: Limits.timeout)
        var map = portMap
        section.table("portMap") { key, value, place in
            guard let listening = PortRange(key), listening.count == 1 else {
                section.report.problem(
                    place, "\(Section.quoted(.string(key))) is not a listening port",
                    remedy: "write a number from 1 to 65535 in quotation marks", part: .key)
                return
            }
            guard let endpoint = Endpoint(value.string ?? JSON.text(value), defaultHost: host) else {
                section.report.problem(
                    place, "\(Section.quoted(value)) is not a backend",
                    remedy:
                        "write a port such as 9000, or host and port such as \"app.internal:9000\" or \"[::1]:9000\"")
                return
            }
            map[listening.first] = endpoint
        }
        portMap = map
    }
}
