public import System
public import WebSocket

/// Which side's act ended a tunnel.
public enum TunnelEnd: String, Sendable {
    /// The client sent a Close frame.
    case clientClose = "client close"
    /// The client's connection ended without a Close frame.
    case clientGone = "client gone"
    /// The client broke the protocol.
    case clientViolation = "client violation"
    /// The backend finished its side.
    case backendFinished = "backend finished"
    /// The backend's connection broke.
    case backendReset = "backend reset"
    /// This proxy ended it: a time-out, the token's end, a shutdown.
    case proxy = "proxy"
}

/// Whose act ended a tunnel.
public enum TunnelSide: String, Sendable {
    /// The client's.
    case client
    /// The backend's.
    case backend
    /// This proxy's.
    case proxy
}

extension TunnelEnd {
    /// Whose act it was.
    public var side: TunnelSide {
        switch self {
        case .clientClose, .clientGone, .clientViolation: .client
        case .backendFinished, .backendReset: .backend
        case .proxy: .proxy
        }
    }
}

/// What is told of a tunnel when it has ended: who, where, how long, how much, and how it ended.
public final class TunnelReport: Sendable {
    /// The client's address.
    public let client: SocketAddress
    /// Where it came to, and what it was bridged to.
    public let route: RouteNames
    /// The upgrade request and the token that let it in.
    public let request: RequestRecord
    /// The client's TLS connection.
    public let tls: TLSFacts
    /// From the accepted connection to the 101.
    public let timeToUpgrade: Duration
    /// How long reaching the backend took.
    public let timeToConnect: Duration
    /// How long it lasted, from the 101.
    public let duration: Duration
    /// Payload bytes from the client that the backend was given.
    public let bytesToBackend: UInt64
    /// Payload bytes from the backend that the client was given.
    public let bytesToClient: UInt64
    /// The code of the Close frame that this proxy sent, if it sent one.
    public let closeCodeSent: CloseCode?
    /// The code of the Close frame that the client sent, if it sent one.
    public let closeCodeReceived: CloseCode?
    /// Which side's act ended it.
    public let end: TunnelEnd
    /// Why, in words.
    public let reason: String

    /// A report of these parts.
    init(
        client: SocketAddress, route: RouteNames, request: RequestRecord, tls: TLSFacts, timeToUpgrade: Duration,
        timeToConnect: Duration, duration: Duration, bytesToBackend: UInt64, bytesToClient: UInt64,
        closeCodeSent: CloseCode?, closeCodeReceived: CloseCode?, end: TunnelEnd, reason: String
    ) {
        self.client = client
        self.route = route
        self.request = request
        self.tls = tls
        self.timeToUpgrade = timeToUpgrade
        self.timeToConnect = timeToConnect
        self.duration = duration
        self.bytesToBackend = bytesToBackend
        self.bytesToClient = bytesToClient
        self.closeCodeSent = closeCodeSent
        self.closeCodeReceived = closeCodeReceived
        self.end = end
        self.reason = reason
    }

    /// The code that ended it: the client's where it closed the tunnel, else the one that it was told.
    public var closeCode: CloseCode? { end == .clientClose ? closeCodeReceived : closeCodeSent }
}

/// What is told of a request that was answered instead of upgraded.
public final class AnswerReport: Sendable {
    /// What passed between this proxy and the upstream.
    public struct Upstream: Sendable {
        /// The status that it answered with; nil when it gave no answer.
        public var status: Int?
        /// How long reaching it took; nil when it was not reached.
        public var timeToConnect: Duration?
        /// From reaching it to the end of its response; nil when it was not reached.
        public var responseTime: Duration?
        /// Bytes of the request's body that it was sent.
        public var bytesSent: UInt64 = 0
        /// Bytes of the response's body that came from it.
        public var bytesReceived: UInt64 = 0

        /// It was asked, and nothing came of it yet.
        public init() {}
    }

    /// The client's address.
    public let client: SocketAddress
    /// Where it came to, and what is behind that.
    public let route: RouteNames
    /// The request, where one came.
    public let request: RequestRecord
    /// The client's TLS connection.
    public let tls: TLSFacts
    /// The answer's status.
    public let status: Int
    /// Bytes of the answer's body that the client was given.
    public let bodyBytes: UInt64
    /// What passed with the upstream; nil when it was not asked.
    public let upstream: Upstream?
    /// Why, in words.
    public let reason: String
    /// From the accepted connection (a kept one: from the request) to the answer.
    public let duration: Duration

    /// A report of these parts.
    public init(
        client: SocketAddress, route: RouteNames, request: RequestRecord, tls: TLSFacts, status: Int,
        bodyBytes: UInt64 = 0, upstream: Upstream? = nil, reason: String, duration: Duration
    ) {
        self.client = client
        self.route = route
        self.request = request
        self.tls = tls
        self.status = status
        self.bodyBytes = bodyBytes
        self.upstream = upstream
        self.reason = reason
        self.duration = duration
    }
}
