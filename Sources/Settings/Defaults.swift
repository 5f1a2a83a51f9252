/// What a setting is when the file doesn't say. Every number that isn't obvious says where it comes from.
public enum Defaults {
    // MARK: proxySettings: the values of the AWS sample, except for the connections, of which it allows 20

    /// Worker processes.
    public static let workerProcesses = WorkerCount.fixed(1)
    /// Client connections of one worker: nginx's own default is 512; an idle tunnel takes about 16 KiB here.
    public static let workerConnections = 1024
    /// How long a connection to the OAuth front door waits for its next request.
    public static let keepaliveTimeout: Duration = .seconds(120)
    /// The bridge's port.
    public static let bridgePorts = PortRange(10_000 as UInt16)
    /// The OAuth front door's port.
    public static let oauthPorts = PortRange(11_080 as UInt16)
    /// Backend port = listening port less this.
    public static let portScaleFactor = 1000
    /// To resolve and reach a backend.
    public static let connectTimeout: Duration = .seconds(30)
    /// How long a tunnel may be without data, as in the predecessor.
    public static let readTimeout: Duration = .seconds(60)
    /// How long pending output may make no progress.
    public static let sendTimeout: Duration = .seconds(60)

    // MARK: oidc

    /// For clocks that differ; longer would be a gift to who holds an expired token.
    public static let leeway: Duration = .seconds(60)
    /// The name under which clients are asked for a token.
    public static let realm = "secure-proxy"
    /// The cookie that carries a token: the name that RFC 6750 section 2.3 gives it in queries.
    public static let tokenCookie = "access_token"
    /// The least time between two fetches of the keys that tokens trigger.
    public static let cooldown: Duration = .seconds(30)
    /// Bounds of how long fetched keys count as fresh.
    public static let minKeyAge: Duration = .seconds(60)
    /// See ``minKeyAge``.
    public static let maxKeyAge: Duration = .seconds(600)
    /// How long the discovery document is used before it is fetched again.
    public static let discoveryMaxAge: Duration = .seconds(3600)
    /// How long the last good keys serve while the provider fails: about as long as the tokens signed with them live.
    public static let staleFor: Duration = .seconds(3600)
    /// For one document of the provider.
    public static let fetchTimeout: Duration = .seconds(5)
    /// Verdicts kept by one worker, at about 200 bytes each.
    public static let verdictCacheSize = 1024

    // MARK: gateway

    /// The largest request body: nginx's default. Token requests have a few hundred bytes.
    public static let maxRequestBody = 1024 * 1024
    /// To resolve and reach the upstream.
    public static let upstreamConnectTimeout: Duration = .seconds(10)
    /// How long an idle connection to the upstream is kept for the next request.
    public static let upstreamIdleTimeout: Duration = .seconds(30)

    // MARK: limits: frames and buffers

    /// The largest payload that a frame with a 16-bit length can have.
    public static let maxFrameSize = 65_535
    /// Several client libraries cap what they read at this.
    public static let outgoingFrameSize = 32 * 1024
    /// Bytes from the client kept while the backend doesn't take them, so that pings behind them are still answered.
    public static let stalledBytes = 128 * 1024
    /// Bytes that one connection may move before the others have their turn.
    public static let turnBytes = 256 * 1024

    // MARK: limits: requests

    /// Room for a token of ``maxTokenBytes`` and as much again in cookies and other fields.
    public static let maxHeadBytes = 2 * maxTokenBytes
    /// Field lines of a head; browsers send about 20.
    public static let maxFields = 100
    /// Bytes of a request target, as most servers have it. Longer tokens don't fit into the query.
    public static let maxTargetBytes = 8 * 1024
    /// Bytes of a token. Those of real providers stay below 4 KiB, except where groups and roles are claims.
    public static let maxTokenBytes = 16 * 1024
    /// Bytes of a key set: more than a thousand RSA keys with a certificate each.
    public static let maxKeySetBytes = 1024 * 1024
    /// Bytes of a discovery document; real ones have 2 to 6 KiB.
    public static let maxDiscoveryBytes = 256 * 1024

    // MARK: limits: times

    /// For the TLS handshake: two round trips and a slow phone.
    public static let handshakeTimeout: Duration = .seconds(10)
    /// For the head of a request.
    public static let headTimeout: Duration = .seconds(10)
    /// How long an upgrade waits for the provider's keys: a fetch of each document.
    public static let keysTimeout: Duration = fetchTimeout * 2
    /// A silent client is sent a ping: well before the 350 s after which an AWS load balancer forgets a flow.
    public static let pingInterval: Duration = .seconds(30)
    /// The shortest ping interval: the predecessor's client takes the first frame for its answer.
    public static let shortestPingInterval: Duration = .seconds(20)
    /// For the pong.
    public static let pingTimeout: Duration = .seconds(20)
    /// For each step of closing.
    public static let closeTimeout: Duration = .seconds(10)
    /// How long shutdown and reload wait for tunnels to end by themselves.
    public static let shutdownTimeout: Duration = .seconds(30)
    /// For a new worker to be ready: its start takes milliseconds; what may take long is a key store's answer.
    public static let workerStartTimeout: Duration = .seconds(30)
    /// For an event loop to come around: it does so thousands of times a second, and each second at least.
    public static let workerHangTimeout: Duration = .seconds(60)
    /// Before a worker takes the place of several that ended soon after their start; others are replaced at once.
    public static let restartDelay: Duration = .seconds(1)
    /// The longest of these waits: a fault that goes away by itself is over half a minute later.
    public static let maxRestartDelay: Duration = .seconds(30)
    /// What clients turned away for the moment are told to wait (RFC 9110 section 10.2.3).
    public static let retryAfter: Duration = .seconds(5)
    /// When the kernel starts to probe a silent peer.
    public static let tcpKeepAlive: Duration = .seconds(60)

    // MARK: limits: connections

    /// Connections that wait to be accepted, as nginx has it.
    public static let listenBacklog = 511

    // MARK: the rest

    /// Tickets sent after a full TLS 1.3 handshake: enough for one resumption, which renews it.
    public static let sessionTickets = 1
    /// How long tickets are issued with one key; they are taken for as long again.
    public static let ticketKeyRotation: Duration = .seconds(43_200)
    /// How often certificate files are looked at: a few `stat` calls.
    public static let certificateReloadInterval: Duration = .seconds(60)
    /// Where logs are written.
    public static let logDirectory = "logs"
    /// Health, metrics and status.
    public static let adminPort: UInt16 = 11_090
    /// Whom the workers become.
    public static let user = "secure-proxy"
    /// The echo application of the mock servers.
    public static let mockTCPPort: UInt16 = 9000
    /// The OAuth server of the mock servers.
    public static let mockOAuthPort: UInt16 = 10_080
}
