internal import Bytes

/// What a tunnel's clock has come to.
enum DueAction: Equatable {
    /// Send a ping: the client has been silent for a while.
    case ping
    /// The last ping was not answered: drop the client.
    case pingUnanswered
    /// No data either way for too long: close 1001.
    case idle
    /// The backend takes nothing: close 1011.
    case backendStalled
    /// The client takes nothing: drop it.
    case clientStalled
    /// The token ended: close 1008.
    case tokenExpired
    /// The tunnel lasted as long as it may: close 1008.
    case lifetimeReached
    /// A step of closing made no progress for too long: stop waiting.
    case closeOverdue
}

/// The deadlines of one tunnel: a few times, from which the next deadline follows. No timer is touched while data
/// flows; the tunnel's one timer is set again when it fires too early.
struct Deadlines {
    /// What of a tunnel's state the deadlines depend on.
    struct Situation {
        /// Output waits for the backend.
        var backendBlocked = false
        /// Output waits for the client.
        var clientBlocked = false
        /// A Close frame was sent or received, or one side is gone.
        var isClosing = false
    }

    /// The last data either way.
    var lastData: MonotonicTime
    /// The last byte of any kind from the client.
    var lastFromClient: MonotonicTime
    /// The last time that output to the client moved on or began to wait.
    var clientProgress: MonotonicTime
    /// The last time that output to the backend moved on or began to wait.
    var backendProgress: MonotonicTime
    /// When closing last made progress.
    var closeProgress: MonotonicTime
    /// When the ping that waits for an answer was sent.
    var pingSent: MonotonicTime?
    /// When the tunnel has to end because its token does.
    let tokenEnd: MonotonicTime
    /// When the tunnel has to end because it lasted as long as it may.
    let lifetimeEnd: MonotonicTime

    init(openedAt now: MonotonicTime, tokenEnd: MonotonicTime?, limits: BridgeLimits) {
        lastData = now
        lastFromClient = now
        clientProgress = now
        backendProgress = now
        closeProgress = now
        self.tokenEnd = tokenEnd ?? .distantFuture
        lifetimeEnd = limits.maxLifetime.map { now + $0 } ?? .distantFuture
    }

    /// The first deadline and what it means.
    func next(_ situation: Situation, _ limits: BridgeLimits) -> (at: MonotonicTime, DueAction) {
        if situation.isClosing {
            // A backend that is slow to take the rest has as long as it would have otherwise.
            let patience = situation.backendBlocked ? max(limits.closeTimeout, limits.sendTimeout) : limits.closeTimeout
            return (closeProgress + patience, .closeOverdue)
        }
        var first: (at: MonotonicTime, DueAction) = (tokenEnd, .tokenExpired)
        func consider(_ at: MonotonicTime, _ action: DueAction) {
            if at < first.at { first = (at, action) }
        }
        consider(lifetimeEnd, .lifetimeReached)
        if let idle = limits.idleTimeout { consider(lastData + idle, .idle) }
        if situation.backendBlocked { consider(backendProgress + limits.sendTimeout, .backendStalled) }
        if situation.clientBlocked { consider(clientProgress + limits.sendTimeout, .clientStalled) }
        // While output is blocked, a ping would wait behind it and say nothing: that client is judged by its progress.
        if situation.clientBlocked { return first }
        if let pingSent, lastFromClient <= pingSent {
            consider(max(pingSent, clientProgress) + limits.pingTimeout, .pingUnanswered)
        } else if let interval = limits.pingInterval {
            consider(lastFromClient + interval, .ping)
        }
        return first
    }
}
