public import Bridge
public import HTTP1
internal import OIDC
public import Reactor
internal import System
public import TLS
public import Telemetry

/// Every limit of a proxied request, named.
public struct GatewayLimits: Sendable {
    /// Bounds of request heads.
    public var head = HeadLimits()
    /// The largest request body, in bytes.
    public var maxRequestBody: UInt64 = 1024 * 1024
    /// From the accepted connection to the end of the TLS handshake.
    public var handshakeTimeout: Duration = .seconds(10)
    /// From a request's first byte to the end of its head.
    public var headTimeout: Duration = .seconds(10)
    /// How long a connection may wait for its next request; nil: each connection serves one.
    public var keepAliveTimeout: Duration? = .seconds(120)
    /// How long a request waits for the provider's keys, where a token is asked for.
    public var keysTimeout: Duration = .seconds(10)
    /// To resolve and reach the upstream, TLS included.
    public var connectTimeout: Duration = .seconds(10)
    /// Without a byte from the upstream (or of the request's body), the request is given up.
    public var readTimeout: Duration = .seconds(60)
    /// Without progress of pending output, the side that doesn't read is given up.
    public var sendTimeout: Duration = .seconds(60)
    /// How long each step of closing may take.
    public var closeTimeout: Duration = .seconds(5)
    /// Output waiting for a peer above which the other side isn't read, in bytes.
    public var pendingBytes = 64 * 1024
    /// Reads each way (of 16 KiB at most) that one request has before others have their turn.
    public var readsPerTurn = 16

    /// The default limits.
    public init() {}
}

/// The origin that requests are passed to.
public struct Upstream {
    /// Its host: a name or an address.
    public var host: String
    /// Its port.
    public var port: UInt16
    /// The `Host` that it expects: its own authority.
    public var authority: String
    /// How TLS is spoken to it; nil for plain HTTP.
    public var tls: StreamTLS?

    /// An origin.
    public init(host: String, port: UInt16, authority: String, tls: StreamTLS?) {
        self.host = host
        self.port = port
        self.authority = authority
        self.tls = tls
    }
}

/// What one listening port passes on, and to whom.
public struct GatewayRoute {
    /// Where requests for a path go.
    public enum Target: Equatable {
        /// To this path of the upstream; the query is kept.
        case path(String)
        /// To the same path.
        case same
        /// Nowhere: 404.
        case notFound
        /// It isn't known yet where: 503.
        case notYetKnown
    }

    /// What a listener is, for metrics.
    public enum Kind: Sendable, CaseIterable {
        /// A front door of the OAuth server.
        case oauth
        /// A proxy of a whole server.
        case proxy
    }

    /// What the listener is.
    public var kind = Kind.oauth
    /// TLS as clients of this port see it.
    public var tls: TLSContext
    /// The origin.
    public let upstream: Upstream
    /// What logs call the port and its origin.
    public let names: RouteNames
    /// Where a request's path goes.
    public var target: (String) -> Target
    /// Whether the upstream sees the client's Host instead of its own.
    public var preservesHost: Bool
    /// Whether the upstream is told about the client in `X-Forwarded-*`.
    public var tellsClient: Bool
    /// Who may pass; nil: everybody whom TLS lets in.
    public var gatekeeper: (any Gatekeeper)?
    /// How refusals are put.
    public var challenge: Challenge

    /// A route from a port to an origin.
    ///
    /// - Parameter listener: The listener's name, for logs; `listeningPort` is the port that clients come to.
    public init(
        tls: TLSContext, upstream: Upstream, target: @escaping (String) -> Target, preservesHost: Bool = false,
        tellsClient: Bool = false, gatekeeper: (any Gatekeeper)? = nil, challenge: Challenge = Challenge(),
        listener: String = "", listeningPort: UInt16 = 0
    ) {
        self.tls = tls
        self.upstream = upstream
        names = RouteNames(
            listener: listener, port: listeningPort, backend: RouteNames.authority(upstream.host, upstream.port))
        self.target = target
        self.preservesHost = preservesHost
        self.tellsClient = tellsClient
        self.gatekeeper = gatekeeper
        self.challenge = challenge
    }
}

/// What all proxied connections of one worker share.
public final class GatewayContext {
    let loop: EventLoop
    let resolver: Resolver
    let engine: TLSEngine
    let log: Log
    /// What the worker counts.
    let metrics: MetricsSlot
    /// The limits in force.
    public let limits: GatewayLimits
    /// Is told of each request that was answered, by the upstream or by this proxy itself.
    public var onAnswer: (AnswerReport) -> Void = { _ in }
    private var sessions: [ObjectIdentifier: GatewaySession] = [:]
    /// No connection is kept for a next request any more.
    public private(set) var isDraining = false
    /// What still comes is answered 503.
    private(set) var refusesRequests = false

    /// The shared parts of the proxied connections on `loop`.
    public init(
        loop: EventLoop, resolver: Resolver, engine: TLSEngine, limits: GatewayLimits, log: Log,
        metrics: MetricsSlot = MetricsSlot()
    ) {
        self.loop = loop
        self.resolver = resolver
        self.engine = engine
        self.limits = limits
        self.log = log
        self.metrics = metrics
    }

    /// How many connections are open.
    public var sessionCount: Int { sessions.count }

    /// Closes idle connections, and the others after the request that they are at.
    ///
    /// - Parameter isShutdown: nobody takes over: requests that still come are answered 503. Otherwise they are served.
    public func drain(isShutdown: Bool = true) {
        isDraining = true
        if isShutdown { refusesRequests = true }
        for session in sessions.values { session.drain() }
    }

    /// Closes every connection that isn't at a request; those have the time that they are given.
    public func closeAll() {
        drain()
        for session in sessions.values { session.abandon() }
    }

    /// Gives back the room that a crowd has left in the table of connections.
    public func releaseUnused() {
        if sessions.capacity > 2 * sessions.count { sessions = Dictionary(uniqueKeysWithValues: Array(sessions)) }
    }

    func began(_ session: GatewaySession) { sessions[ObjectIdentifier(session)] = session }
    func ended(_ session: GatewaySession) { sessions[ObjectIdentifier(session)] = nil }
}
