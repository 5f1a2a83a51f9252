internal import Bytes
public import Reactor
internal import System
public import TLS
public import Telemetry
internal import WebSocket

/// Who is at the client's end of a tunnel, as far as the proxy knows.
struct TunnelIdentity {
    let client: SocketAddress
    let route: RouteNames
    let request: RequestRecord
    /// From the accepted connection to the 101, and of that the dial, in milliseconds.
    let upgradeMilliseconds: UInt32
    let dialMilliseconds: UInt32
    let opened: MonotonicTime
    /// When the token's end (with grace) ends the tunnel; nil when it doesn't.
    let tokenEnd: MonotonicTime?
    /// Counts the connection for its address as long as it lasts.
    let lease: ConnectionLease?
}

/// What all bridged connections of one worker share.
public final class BridgeContext {
    let loop: EventLoop
    let resolver: Resolver
    let engine: TLSEngine
    let buffers = WorkerBuffers()
    let log: Log
    /// What the worker counts.
    let metrics: MetricsSlot
    /// The limits in force.
    public let limits: BridgeLimits
    /// The payload of a full frame to the client, such that frame and header fill whole TLS records.
    let outgoingPayload: Int
    /// Rounds of forwarding that one tunnel has before the others have their turn.
    let turnBudget: Int
    /// Is told of each tunnel that ended.
    public var onTunnelEnd: (TunnelReport) -> Void = { _ in }
    /// Is told of each request that was answered instead of upgraded.
    public var onAnswer: (AnswerReport) -> Void = { _ in }
    /// Connections at most; 0 for no limit. At the limit, upgrades are answered 503.
    public var maximumTunnels = 0

    private var tunnels: [ObjectIdentifier: Tunnel] = [:]
    private var sessions: [ObjectIdentifier: BridgeSession] = [:]
    /// No new tunnels: upgrades are answered 503.
    public private(set) var isDraining = false

    /// The shared parts of the bridged connections on `loop`.
    public init(
        loop: EventLoop, resolver: Resolver, engine: TLSEngine, limits: BridgeLimits, log: Log,
        metrics: MetricsSlot = MetricsSlot()
    ) {
        self.loop = loop
        self.resolver = resolver
        self.engine = engine
        self.limits = limits
        self.log = log
        self.metrics = metrics
        turnBudget = max(1, limits.turnBytes / WorkerBuffers.payloadCapacity)
        outgoingPayload = Self.payloadFillingRecords(limits.outgoingFrameSize)
    }

    /// The largest payload up to `limit` that with its header fills whole TLS records (16,384 bytes each).
    static func payloadFillingRecords(_ limit: Int) -> Int {
        let header = 4
        let whole = (limit + header) / 16_384 * 16_384 - header
        return whole > 0 && limit <= 65_535 ? whole : max(1, limit)
    }

    /// How many tunnels are open.
    public var tunnelCount: Int { tunnels.count }

    /// How many connections are on their way to a tunnel or an answer.
    public var sessionCount: Int { sessions.count }

    /// Settings of a socket just connected; accepted ones have them from their listener
    /// (``BridgeLimits/prepareListener(_:)``).
    func prepareBackend(_ descriptor: Descriptor) {
        if let idle = limits.tcpKeepAlive { Socket.setKeepAlive(descriptor.number, idle: idle) }
    }

    var isFull: Bool { maximumTunnels > 0 && tunnels.count >= maximumTunnels }

    /// Takes no new tunnels; those that are open go on.
    public func drain() { isDraining = true }

    /// Takes no new tunnels and closes each open one with 1001 and `reason`.
    public func closeAll(reason: String) {
        isDraining = true
        for tunnel in tunnels.values {
            tunnel.close(.goingAway, reason)
            tunnel.advance()
        }
        for session in sessions.values { session.abandon() }
    }

    /// Gives back the room that a crowd has left in the tables of connections.
    public func releaseUnused() {
        if tunnels.capacity > 2 * tunnels.count { tunnels = Dictionary(uniqueKeysWithValues: Array(tunnels)) }
        if sessions.capacity > 2 * sessions.count { sessions = Dictionary(uniqueKeysWithValues: Array(sessions)) }
    }

    func sessionBegan(_ session: BridgeSession) {
        sessions[ObjectIdentifier(session)] = session
        metrics.set(.sessions, Int64(sessions.count))
    }

    func sessionEnded(_ session: BridgeSession) {
        sessions[ObjectIdentifier(session)] = nil
        metrics.set(.sessions, Int64(sessions.count))
    }

    func tunnelOpened(_ tunnel: Tunnel) {
        tunnels[ObjectIdentifier(tunnel)] = tunnel
        metrics.add(.tunnelsOpened)
        metrics.set(.tunnels, Int64(tunnels.count))
    }

    func tunnelEnded(_ tunnel: Tunnel, _ report: TunnelReport) {
        tunnels[ObjectIdentifier(tunnel)] = nil
        metrics.set(.tunnels, Int64(tunnels.count))
        metrics.count(
            report, sent: tunnel.state.contains(.closeSent), received: tunnel.state.contains(.closeReceived))
        onTunnelEnd(report)
    }
}
