/// The section `admin`: health, metrics and status over plain HTTP, and the file with the daemon's process number.
public struct AdminSettings: Equatable, Sendable {
    /// `enabled`: whether it listens at all, default true.
    public var enabled = true
    /// `address`: where it listens, default 127.0.0.1. It has no access control of its own.
    public var address = BindAddress.loopback
    /// `port`: its port, default 11090.
    public var port = Defaults.adminPort
    /// `checkBackends`: whether `/readyz` fails while a backend can't be reached, default false: a proxy whose backend is
    /// down is still the one to answer 502.
    public var checkBackends = false
    /// `hostNames`: names under which it may be asked, beside IP addresses and `localhost`; others are answered 421, so that
    /// no web page can read it through a name of its own.
    public var hostNames: [String] = []
    /// `pidFile`: where the number of the master process stands; nil: see ``Settings/pidFile``.
    public var pidFile: String?

    /// The defaults.
    public init() {}

    mutating func read(_ section: Section, _ directory: String) {
        section.flag("enabled", &enabled)
        section.address("address", &address)
        section.port("port", &port)
        section.flag("checkBackends", &checkBackends)
        section.hosts("hostNames", &hostNames)
        section.file("pidFile", &pidFile, from: directory)
    }
}

extension Settings {
    /// The file with the number of the master process: `admin.pidFile`, or else `secure-proxy.pid` beside the logs.
    public var pidFile: String {
        admin.pidFile ?? Section.resolve("secure-proxy.pid", from: logs.directory)
    }
}
