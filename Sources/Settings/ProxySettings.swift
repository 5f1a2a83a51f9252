internal import JSON

/// The section `proxySettings`: the names of the AWS sample, with its meanings.
public struct ProxySettings: Equatable, Sendable {
    /// `proxyWorkerProcesses`: worker processes, default 1. `auto` is one for each processor; 0 runs master and worker
    /// in one process.
    public var workerProcesses = Defaults.workerProcesses
    /// `proxyWorkerConnections`: client connections that one worker holds at a time, default 1,024.
    public var workerConnections = Defaults.workerConnections
    /// `keepaliveTimeout`: how long a front-door connection waits for its next request, default 120 s; nil: no
    /// second request.
    public var keepaliveTimeout: Duration? = Defaults.keepaliveTimeout
    /// `wssProxyBindPort`: the bridge's port or ports, default 10000.
    public var bridgePorts: PortRange = Defaults.bridgePorts
    /// `oAuthProxyBindPort`: the OAuth front door's port, default 11080.
    public var oauthPorts: PortRange = Defaults.oauthPorts
    /// `proxyPortScaleFactor`: backend port = listening port less this, default 1,000.
    public var portScaleFactor = Defaults.portScaleFactor
    /// `websockifyConnectTimeout`: to resolve and reach the backend, default 30 s.
    public var connectTimeout = Defaults.connectTimeout
    /// `websockifyReadTimeout`: how long a tunnel may be without data either way, default 60 s; nil: for ever.
    public var readTimeout: Duration? = Defaults.readTimeout
    /// `websockifySendTimeout`: how long pending output may make no progress, default 60 s.
    public var sendTimeout = Defaults.sendTimeout
    /// `jailBaseDir`: the directory that becomes the workers' root; nil: no jail. `security.jailBaseDir` goes before.
    public var jailBaseDir: String?

    /// The defaults.
    public init() {}

    mutating func read(_ section: Section, _ directory: String) {
        section.processes("proxyWorkerProcesses", &workerProcesses)
        section.integer("proxyWorkerConnections", &workerConnections, in: 1...1_000_000)
        section.duration("keepaliveTimeout", &keepaliveTimeout, in: .seconds(1)...Limits.day, zero: "no keep-alive")
        section.ports("wssProxyBindPort", &bridgePorts)
        section.ports("oAuthProxyBindPort", &oauthPorts)
        section.integer("proxyPortScaleFactor", &portScaleFactor, in: 0...65_534)
        section.duration("websockifyConnectTimeout", &connectTimeout, in: Limits.timeout)
        section.duration("websockifyReadTimeout", &readTimeout, in: .milliseconds(1)...Limits.year, zero: "no limit")
        section.duration("websockifySendTimeout", &sendTimeout, in: Limits.timeout)
        section.jail("jailBaseDir", &jailBaseDir, from: directory)
        // Of use to the sample's deployment scripts only; accepted so that its file works unchanged.
        section.reference("proxyBaseDir")
        section.reference("proxyCloudwatchLogGroup")
        section.reference("kernel_ports_range_start")
        section.reference("kernel_ports_range_end")
    }
}

/// How many workers are started.
public enum WorkerCount: Equatable, Sendable, CustomStringConvertible {
    /// One for each processor.
    case automatic
    /// So many; 0: master and one worker in a single process.
    case fixed(Int)

    /// As it is written in the file.
    public var description: String {
        switch self {
        case .automatic: "auto"
        case .fixed(let count): "\(count)"
        }
    }
}

extension Section {
    fileprivate func processes(_ name: String, _ target: inout WorkerCount) {
        guard let value = value(name, .processes, default: .string(target.description)) else { return }
        if value == "auto" {
            target = .automatic
        } else if let count = Self.integer(value), (0...1024).contains(count) {
            target = .fixed(count)
        } else {
            problem(
                name, "\(Self.quoted(value)) is not a number of processes",
                remedy: "write a whole number from 0 to 1024, or \"auto\" for one a processor")
        }
    }

    /// A name that is accepted for the sake of other tools; any text or number.
    fileprivate func reference(_ name: String) {
        guard let value = value(name, .reference, default: nil), value.string == nil, value.integer == nil else {
            return
        }
        problem(
            name, "\(Self.quoted(value)) is neither a text nor a number", remedy: "leave the name out: it isn't used")
    }
}

/// Bounds that several sections share.
enum Limits {
    static let day: Duration = .seconds(86_400)
    static let year: Duration = .seconds(365 * 86_400)
    /// A time that somebody waits for.
    static let timeout: ClosedRange<Duration> = .milliseconds(1)...day
}
