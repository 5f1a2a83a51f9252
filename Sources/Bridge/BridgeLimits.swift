public import HTTP1
public import System

/// Every limit of a bridged connection, named. Times that are nil mean "no limit".
public struct BridgeLimits: Sendable {
    /// The largest payload of a frame from the client, in bytes.
    public var maxFrameSize = 65_535
    /// The largest payload of a frame to the client, in bytes.
    public var outgoingFrameSize = 32_768
    /// Bytes from the client that are kept while the backend doesn't take them; then the client isn't read.
    public var stalledBytes = 128 * 1024
    /// Bounds of the upgrade request.
    public var head = HeadLimits()
    /// From the accepted connection to the end of the TLS handshake.
    public var handshakeTimeout: Duration = .seconds(10)
    /// From there to the end of the upgrade request's head.
    public var headTimeout: Duration = .seconds(10)
    /// How long an upgrade request waits for the provider's keys.
    public var keysTimeout: Duration = .seconds(10)
    /// To resolve and reach the backend.
    public var connectTimeout: Duration = .seconds(30)
    /// Without data either way, the tunnel is closed.
    public var idleTimeout: Duration? = .seconds(60)
    /// Without progress of pending output, the side that doesn't read is given up.
    public var sendTimeout: Duration = .seconds(60)
    /// How long each step of closing may take without progress.
    public var closeTimeout: Duration = .seconds(10)
    /// A client that was silent this long is sent a ping.
    public var pingInterval: Duration? = .seconds(30)
    /// A client that doesn't answer a ping within this time is dropped.
    public var pingTimeout: Duration = .seconds(20)
    /// How long a tunnel may last.
    public var maxLifetime: Duration?
    /// Whether the tunnel ends when its token does.
    public var endWithToken = true
    /// The gate's leeway: what a token that was let in after its end still has, less the time since then.
    public var tokenLeeway: Duration = .seconds(60)
    /// Bytes that one tunnel may move before the others have their turn.
    public var turnBytes = 256 * 1024
    /// When the kernel starts to probe a silent peer.
    public var tcpKeepAlive: Duration? = .seconds(60)
    /// How long a tunnel may outlive its token.
    public var tokenGrace: Duration = .zero

    /// The default limits.
    public init() {}

    /// Settings of a listening socket that the connections it accepts inherit, which saves five system calls for each:
    /// no Nagle delay, and the kernel's probes.
    public func prepareListener(_ descriptor: Descriptor) {
        Socket.setNoDelay(descriptor.number)
        if let tcpKeepAlive {
            Socket.setKeepAlive(descriptor.number, idle: tcpKeepAlive)
        } else {
            Socket.setNoKeepAlive(descriptor.number)
        }
    }
}
