public import Bytes
internal import System
public import Telemetry

/// What the admin pages are told by the process that serves them.
public protocol AdminSource: AnyObject {
    /// The numbers of all processes.
    var board: MetricsBoard { get }
    /// What doesn't count anything.
    var facts: AdminFacts { get }
    /// Why a backend can't be used, in words with its name and what to do; nil when all can, or nobody asked
    /// (`admin.checkBackends`). Called for each `/readyz`, so it answers from what is known and never waits.
    func backendProblem() -> String?
    /// The calendar's time in nanoseconds since 1970, for ages and uptime.
    var unixNanoseconds: Int64 { get }
}

extension AdminSource {
    /// The machine's clock.
    public var unixNanoseconds: Int64 { Clock.unixNanoseconds }
}

/// What the admin pages say beside the numbers. Anybody who reaches the admin port can read it: nothing of it is
/// secret.
public struct AdminFacts: Sendable, Equatable {
    /// The program's version.
    public var version: String
    /// When the daemon started: the master, or the only process.
    public var startedAt: UnixTime
    /// The settings' generation: 1 at the start, one more for each reload.
    public var generation: UInt64
    /// Whether new connections are refused and the process ends when its tunnels have.
    public var isDraining: Bool
    /// Whether some listener asks for tokens, so that nobody can come in before the provider's keys are there.
    public var needsKeys: Bool
    /// Why the last fetch of the provider's keys failed, in words without anything secret; nil when it worked.
    public var keysProblem: String?
    /// What is listened at.
    public var listeners: [AdminListener]

    /// Facts as given.
    public init(
        version: String, startedAt: UnixTime, generation: UInt64 = 1, isDraining: Bool = false, needsKeys: Bool = false,
        keysProblem: String? = nil, listeners: [AdminListener] = []
    ) {
        self.version = version
        self.startedAt = startedAt
        self.generation = generation
        self.isDraining = isDraining
        self.needsKeys = needsKeys
        self.keysProblem = keysProblem
        self.listeners = listeners
    }
}

/// A listener in the settings, as the admin pages show it.
public struct AdminListener: Sendable, Equatable {
    /// Its name in the settings.
    public var name: String
    /// `bridge`, `oauth` or `proxy`.
    public var kind: String
    /// The address listened at, `*` for all.
    public var address: String
    /// The port, or first and last port as in `10000-10009`.
    public var ports: String
    /// Where it leads, as in `127.0.0.1:9000-9009`; nil where nobody is to know.
    public var backend: String?

    /// A listener as given.
    public init(name: String, kind: String, address: String, ports: String, backend: String? = nil) {
        self.name = name
        self.kind = kind
        self.address = address
        self.ports = ports
        self.backend = backend
    }
}
