public import HTTP1

/// How a client opens a WebSocket at the bridge.
public struct BridgeOptions: Sendable {
    /// Where, and with what trust.
    public var endpoint: ClientEndpoint
    /// Sent as `Authorization: Bearer …`; nil: no such field.
    public var token: String?
    /// Path and query.
    public var target = "/"
    /// The subprotocols to offer, the preferred first; empty: none is offered.
    public var subprotocols = ["binary"]
    /// Further fields of the request.
    public var fields: HeaderFields = [:]
    /// The Host field; nil: the endpoint's host and port.
    public var host: String?
    /// The 16 bytes of Sec-WebSocket-Key; nil: random ones, as RFC 6455 demands.
    public var nonce: [UInt8]?
    /// Sent instead of the request, byte for byte; the answer is then taken as it comes. For tests.
    public var requestBytes: [UInt8]?
    /// The largest frame accepted from the server, in bytes.
    public var maxFrameSize = 65_535
    /// The largest frame sent, in bytes; longer data leaves in several.
    public var frameSize = 32_768
    /// Ends a closing handshake that the server doesn't complete.
    public var closeTimeout: Duration = .seconds(10)

    /// Options for a bridge at `endpoint`.
    public init(_ endpoint: ClientEndpoint, token: String? = nil) {
        self.endpoint = endpoint
        self.token = token
    }

    /// Options for a bridge at `host` and `port`.
    ///
    /// - Parameter serverName: what the certificate must bear, where that is not `host`.
    public init(
        host: String, port: UInt16, serverName: String? = nil, trust: ServerTrust = .system, token: String? = nil
    ) {
        self.init(ClientEndpoint(host: host, port: port, serverName: serverName, trust: trust), token: token)
    }
}
