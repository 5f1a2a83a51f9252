public import HTTP1
public import OIDC
public import TLS

/// The gate as the bridge sees it: a verdict at once, or a call when the provider's keys have settled.
public protocol Gatekeeper: AnyObject {
    /// The verdict on an upgrade request.
    ///
    /// - Parameter afterRefresh: whether the request has waited for keys already.
    func decide(_ head: RequestHead, afterRefresh: Bool) -> GateVerdict
    /// Calls `waiter` once when the refresh under way has ended, well or not.
    func whenKeysSettle(_ waiter: @escaping () -> Void)
}

/// What one listening port bridges to.
public struct BridgeRoute {
    /// The backend's host: a name or an address.
    public let host: String
    /// The backend's port.
    public let port: UInt16
    /// What logs call the port and its backend.
    public let names: RouteNames
    /// TLS as clients of this port see it.
    public var tls: TLSContext
    /// Who may pass; nil: everybody whom TLS lets in.
    public var gatekeeper: (any Gatekeeper)?
    /// How refusals are put.
    public var challenge: Challenge
    /// To resolve and reach the backend; nil: ``BridgeLimits/connectTimeout``.
    public var connectTimeout: Duration?

    /// A route from a port to a backend.
    ///
    /// - Parameter listener: The listener's name, for logs; `listeningPort` is the port that clients come to.
    public init(
        host: String, port: UInt16, tls: TLSContext, gatekeeper: (any Gatekeeper)?, challenge: Challenge,
        connectTimeout: Duration? = nil, listener: String = "", listeningPort: UInt16 = 0
    ) {
        self.host = host
        self.port = port
        names = RouteNames(
            listener: listener, port: listeningPort, backend: RouteNames.authority(host, port))
        self.tls = tls
        self.gatekeeper = gatekeeper
        self.challenge = challenge
        self.connectTimeout = connectTimeout
    }
}
