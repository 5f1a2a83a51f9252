/// The section `admin`: health, metrics and status over plain HTTP.
public struct AdminSettings: Equatable, Sendable {
    /// `enabled`: whether it listens at all, default true.
    public var enabled = true
    /// `address`: where it listens, default 127.0.0.1. It has no access control of its own.
    public var address = BindAddress.loopback
    /// `port`: its port, default 11090.
    public var port = Defaults.adminPort

    /// The defaults.
    public init() {}

    mutating func read(_ section: Section) {
        section.flag("enabled", &enabled)
        section.address("address", &address)
        section.port("port", &port)
    }
}
