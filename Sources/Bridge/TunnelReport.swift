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

/// What is told of a tunnel when it has ended.
public struct TunnelReport: Sendable {
    /// The client's address.
    public var client: SocketAddress
    /// The token's `sub`, where it had one.
    public var subject: String?
    /// How long it lasted.
    public var duration: Duration
    /// Payload bytes from the client that the backend was given.
    public var bytesToBackend: UInt64
    /// Payload bytes from the backend that the client was given.
    public var bytesToClient: UInt64
    /// The code of the Close frame that this proxy sent, if it sent one.
    public var closeCodeSent: CloseCode?
    /// The code of the Close frame that the client sent, if it sent one.
    public var closeCodeReceived: CloseCode?
    /// Which side's act ended it.
    public var end: TunnelEnd
    /// Why, in words.
    public var reason: String
}

/// What is told of a request that was answered instead of upgraded.
public struct AnswerReport: Sendable {
    /// The client's address.
    public var client: SocketAddress
    /// The request's method, where a request came.
    public var method: String?
    /// The request's path, without the query, which may hold a token.
    public var path: String?
    /// The answer's status.
    public var status: Int
    /// Why, in words.
    public var reason: String
    /// From the accepted connection (a kept one: from the request) to the answer.
    public var duration: Duration

    /// A report of these parts.
    public init(
        client: SocketAddress, method: String?, path: String?, status: Int, reason: String, duration: Duration
    ) {
        self.client = client
        self.method = method
        self.path = path
        self.status = status
        self.reason = reason
        self.duration = duration
    }
}
