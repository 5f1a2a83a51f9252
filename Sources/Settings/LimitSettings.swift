/// The section `limits`: every bound on what a peer can make the proxy hold, wait for or do.
public struct LimitSettings: Equatable, Sendable {
    /// `maxFrameSize`: the largest payload of a frame from a client in bytes, default 65,535.
    public var maxFrameSize = Defaults.maxFrameSize
    /// `outgoingFrameSize`: the largest payload of a frame to a client in bytes, default 32,768.
    public var outgoingFrameSize = Defaults.outgoingFrameSize
    /// `stalledBytes`: bytes from a client that are kept while the backend doesn't take them, default 128 KiB.
    public var stalledBytes = Defaults.stalledBytes
    /// `turnBytes`: bytes that one connection may move before the others have their turn, default 256 KiB.
    public var turnBytes = Defaults.turnBytes
    /// `maxHeadBytes`: the largest head of a request or answer in bytes, default 32 KiB.
    public var maxHeadBytes = Defaults.maxHeadBytes
    /// `maxFields`: the most field lines in a head, default 100.
    public var maxFields = Defaults.maxFields
    /// `maxTargetBytes`: the longest request target in bytes, default 8 KiB.
    public var maxTargetBytes = Defaults.maxTargetBytes
    /// `maxTokenBytes`: the longest token in bytes, default 16 KiB.
    public var maxTokenBytes = Defaults.maxTokenBytes
    /// `maxJWKSBytes`: the largest key set in bytes, default 1 MiB.
    public var maxJWKSBytes = Defaults.maxKeySetBytes
    /// `maxDiscoveryBytes`: the largest discovery document in bytes, default 256 KiB.
    public var maxDiscoveryBytes = Defaults.maxDiscoveryBytes
    /// `handshakeTimeout`: from the connection to the end of the TLS handshake, default 10 s.
    public var handshakeTimeout = Defaults.handshakeTimeout
    /// `headTimeout`: from there to the end of a request's head, default 10 s.
    public var headTimeout = Defaults.headTimeout
    /// `keysTimeout`: how long an upgrade waits for the provider's keys, default 10 s.
    public var keysTimeout = Defaults.keysTimeout
    /// `pingInterval`: a client silent for this long is sent a ping, default 30 s; nil: never.
    public var pingInterval: Duration? = Defaults.pingInterval
    /// `pingTimeout`: a client that doesn't answer a ping within this is dropped, default 20 s.
    public var pingTimeout = Defaults.pingTimeout
    /// `closeTimeout`: how long each step of closing may make no progress, default 10 s.
    public var closeTimeout = Defaults.closeTimeout
    /// `maxLifetime`: how long a tunnel may last, default nil: no limit.
    public var maxLifetime: Duration?
    /// `shutdownTimeout`: how long shutdown and reload wait for tunnels to end by themselves, default 30 s.
    public var shutdownTimeout = Defaults.shutdownTimeout
    /// `workerStartTimeout`: how long a new worker may take until it is ready, default 30 s.
    public var workerStartTimeout = Defaults.workerStartTimeout
    /// `workerHangTimeout`: a worker whose event loop stood still for this long is killed and replaced, default 60 s; nil:
    /// never.
    public var workerHangTimeout: Duration? = Defaults.workerHangTimeout
    /// `restartDelay`: how long the next worker waits when several in a row ended soon after their start, default 1 s; the
    /// time doubles while they go on ending.
    public var restartDelay = Defaults.restartDelay
    /// `maxRestartDelay`: the longest such wait, default 30 s.
    public var maxRestartDelay = Defaults.maxRestartDelay
    /// `retryAfter`: what clients turned away with 503 are told to wait, default 5 s.
    public var retryAfter = Defaults.retryAfter
    /// `tcpKeepAlive`: when the kernel starts to probe a silent peer, default 60 s; nil: never.
    public var tcpKeepAlive: Duration? = Defaults.tcpKeepAlive
    /// `maxConnectionsPerAddress`: connections of one worker from one client address, default 0: no limit.
    public var maxConnectionsPerAddress = 0
    /// `listenBacklog`: connections that wait to be accepted, default 511.
    public var listenBacklog = Defaults.listenBacklog

    /// The defaults.
    public init() {}

    mutating func read(_ section: Section) {
        // A control frame's payload has up to 125 bytes (RFC 6455 section 5.5).
        section.size("maxFrameSize", &maxFrameSize, in: 125...16 * 1024 * 1024)
        section.size("outgoingFrameSize", &outgoingFrameSize, in: 125...65_535)
        section.size("stalledBytes", &stalledBytes, in: 4096...16 * 1024 * 1024)
        section.size("turnBytes", &turnBytes, in: 16 * 1024...64 * 1024 * 1024)
        section.size("maxHeadBytes", &maxHeadBytes, in: 1024...1024 * 1024)
        section.integer("maxFields", &maxFields, in: 10...1000)
        section.size("maxTargetBytes", &maxTargetBytes, in: 256...1024 * 1024)
        section.size("maxTokenBytes", &maxTokenBytes, in: 256...1024 * 1024)
        section.size("maxJWKSBytes", &maxJWKSBytes, in: 1024...16 * 1024 * 1024)
        section.size("maxDiscoveryBytes", &maxDiscoveryBytes, in: 1024...16 * 1024 * 1024)
        section.duration("handshakeTimeout", &handshakeTimeout, in: .milliseconds(100) ... .seconds(600))
        section.duration("headTimeout", &headTimeout, in: .milliseconds(100) ... .seconds(600))
        section.duration("keysTimeout", &keysTimeout, in: .milliseconds(100) ... .seconds(600))
        section.duration(
            "pingInterval", &pingInterval, in: Defaults.shortestPingInterval...Limits.day, zero: "no pings")
        section.duration("pingTimeout", &pingTimeout, in: .milliseconds(100)...Limits.day)
        section.duration("closeTimeout", &closeTimeout, in: .milliseconds(100) ... .seconds(600))
        section.duration("maxLifetime", &maxLifetime, in: .seconds(1)...Limits.year, zero: "no limit")
        section.duration("shutdownTimeout", &shutdownTimeout, in: .zero...Limits.day)
        section.duration("workerStartTimeout", &workerStartTimeout, in: .milliseconds(100) ... .seconds(600))
        section.duration("workerHangTimeout", &workerHangTimeout, in: .seconds(5)...Limits.day, zero: "never")
        section.duration("restartDelay", &restartDelay, in: .milliseconds(10) ... .seconds(600))
        section.duration("maxRestartDelay", &maxRestartDelay, in: .milliseconds(10) ... .seconds(3600))
        section.duration("retryAfter", &retryAfter, in: .seconds(1) ... .seconds(3600))
        section.duration("tcpKeepAlive", &tcpKeepAlive, in: .seconds(1) ... .seconds(7200), zero: "no probes")
        section.integer("maxConnectionsPerAddress", &maxConnectionsPerAddress, in: 0...1_000_000)
        section.integer("listenBacklog", &listenBacklog, in: 1...65_535)
        check(section)
    }

    /// Bounds that contain one another.
    private func check(_ section: Section) {
        checkFits("maxTargetBytes", maxTargetBytes, section)
        checkFits("maxTokenBytes", maxTokenBytes, section)
        if restartDelay > maxRestartDelay {
            let wrong = section.has("restartDelay") ? "restartDelay" : "maxRestartDelay"
            section.problem(
                wrong,
                "restartDelay (\(DurationText.format(restartDelay))) is longer than maxRestartDelay "
                    + "(\(DurationText.format(maxRestartDelay)))",
                remedy: "make maxRestartDelay at least as long as restartDelay")
        }
    }

    private func checkFits(_ name: String, _ size: Int, _ section: Section) {
        guard size >= maxHeadBytes else { return }
        let wrong = section.has(name) ? name : "maxHeadBytes"
        section.problem(
            wrong, "\(name) (\(size)) doesn't fit into maxHeadBytes (\(maxHeadBytes))",
            remedy: "make maxHeadBytes larger than \(name)")
    }
}
