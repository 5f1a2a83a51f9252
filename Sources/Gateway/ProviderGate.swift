public import Bridge
internal import Bytes
public import HTTP1
public import OIDC
public import Reactor
internal import System
public import Telemetry

/// One provider's gate at work: the pure ``TokenGate``, and the driver that performs the fetches it asks for.
///
/// One for each worker and provider; each listener has a ``ListenerGate`` with its own policy in front of it.
public final class ProviderGate: TimerTarget {
    private var gate: TokenGate
    private let context: FetchContext
    private let log: Log
    private let metrics: MetricsSlot
    private var fetch: DocumentFetch?
    private var timer: TimerID?
    private var waiters: [() -> Void] = []
    /// What was logged last, so that a provider that stays down isn't logged with each attempt.
    private var loggedFailure: ProviderError?

    /// A gate that starts to fetch its provider's keys at once.
    public init(_ gate: TokenGate, context: FetchContext, log: Log, metrics: MetricsSlot = MetricsSlot()) {
        self.gate = gate
        var context = context
        context.metrics = metrics
        self.context = context
        self.log = log
        self.metrics = metrics
        wake()
    }

    deinit {
        fetch?.cancel()
        if let timer { context.loop.cancel(timer) }
    }

    /// Where the keys stand, for status pages.
    public var status: KeyCacheStatus { gate.keys.status(at: context.loop.now) }

    /// What the provider said about itself, once it has been asked.
    public var metadata: ProviderMetadata? { gate.keys.metadata }

    func judge(
        _ head: RequestHead, sources: TokenSources, policy: ClaimsPolicy, afterRefresh: Bool
    ) -> GateVerdict {
        let verdict = gate.judge(
            head, sources: sources, policy: policy, at: context.loop.now, time: Clock.unix, afterRefresh: afterRefresh)
        metrics.count(verdict)
        if case .awaitKeys = verdict { wake() }
        return verdict
    }

    /// Calls `waiter` once when the refresh under way has ended, well or not.
    public func whenKeysSettle(_ waiter: @escaping () -> Void) { waiters.append(waiter) }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        timer = nil
        wake()
    }

    /// Begins a flight if one is due, otherwise sets the timer to when it will be.
    private func wake() {
        if let next = gate.keys.advance(at: context.loop.now) { start(next) }
        rearm()
    }

    private func rearm() {
        if let timer { context.loop.cancel(timer) }
        timer = nil
        let next = gate.keys.nextWake
        if next != .distantFuture { timer = context.loop.schedule(at: next, self, purpose: 0) }
    }

    private func start(_ next: KeyFetch) {
        fetch = DocumentFetch(next.url, limit: next.limit, context: context) { [weak self] outcome in
            self?.received(outcome)
        }
    }

    private func received(_ outcome: FetchOutcome) {
        fetch = nil
        switch gate.keys.finish(outcome, at: context.loop.now) {
        case .fetch(let next):
            start(next)
        case .refreshed(let changed):
            metrics.add(.jwksRefreshesOK)
            noteKeys()
            if loggedFailure != nil {
                log(.notice, "the identity provider answers again")
                loggedFailure = nil
            }
            if changed { log(.notice, "fetched the provider's keys: \(status.keyCount) usable") }
            if let failure = gate.keys.lastFailure { log(.warn, "identity provider: \(failure)") }
            settle()
        case .failed(let error):
            metrics.add(.jwksRefreshesFailed)
            noteKeys()
            if error != loggedFailure { log(.error, "identity provider: \(error)") }
            loggedFailure = error
            settle()
        case .ignored:
            break
        }
        rearm()
    }

    /// Keys may also have expired.
    private func noteKeys() {
        let status = status
        metrics.set(.jwksKeys, Int64(status.state == .expired ? 0 : status.keyCount))
        if let age = status.age {
            metrics.set(.jwksFetchedAt, Clock.unix.adding(seconds: -age.components.seconds).seconds)
        }
    }

    private func settle() {
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter() }
    }
}

/// The gate of one listener: its policy and token sources over the provider's gate.
public final class ListenerGate: Gatekeeper {
    private let provider: ProviderGate
    private let sources: TokenSources
    private let policy: ClaimsPolicy

    /// A gate with its own policy.
    public init(_ provider: ProviderGate, sources: TokenSources, policy: ClaimsPolicy) {
        self.provider = provider
        self.sources = sources
        self.policy = policy
    }

    /// The verdict on a request.
    public func decide(_ head: RequestHead, afterRefresh: Bool) -> GateVerdict {
        provider.judge(head, sources: sources, policy: policy, afterRefresh: afterRefresh)
    }

    /// Calls `waiter` once when the refresh under way has ended.
    public func whenKeysSettle(_ waiter: @escaping () -> Void) { provider.whenKeysSettle(waiter) }
}
