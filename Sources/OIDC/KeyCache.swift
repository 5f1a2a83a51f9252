public import Bytes
internal import HTTP1
public import JOSE
internal import JSON

/// The provider's signing keys: when to fetch them, which answers to believe, and how long they serve.
///
/// A state machine without I/O. Its driver performs the fetches, one after the other as told, never following a
/// redirect, and reports each outcome; time is an argument.
///
/// Rules:
/// 1. One flight at a time. A flight fetches the discovery document when that is due, then the key set.
/// 2. A good set is replaced only by a good set: one with at least one usable key, from a 200 answer within the caps.
/// 3. A set is fresh for its `max-age` within bounds. At three quarters of that it is fetched again in the background.
/// 4. When that fails, the last good set serves on (stale) for a bounded time, while fetches go on at the cool-down's pace.
/// 5. While there is no usable set, fetches are retried with a growing pause.
/// 6. A token that the set can't verify may trigger a flight, at most one per cool-down, counted from the attempts. So a
///    stream of forged tokens costs the provider two requests a minute, and rotated keys are found within that time.
/// 7. A failed flight makes the discovery document due: perhaps the keys moved. If only *that* fails, the last known
///    address of the keys is tried all the same.
///
/// ```
///            advance / requestRefresh        .fetch(keys)
///   resting ───────────────► expectDiscovery ───────────► expectKeys
///      ▲  └──────────────────────(metadata still good)───────▲ │
///      └───────────────── finish: refreshed or failed ─────────┘
/// ```
public struct KeyCache: Sendable {
    /// What the machine waits for.
    private enum Phase {
        case resting
        case expectDiscovery(HTTPURL)
        case expectKeys(HTTPURL)
    }

    /// Where the keys come from.
    public let source: KeySource
    /// When they are fetched and how long they serve.
    public let timing: KeyTiming
    /// How large the provider's documents may be.
    public let limits: DocumentLimits
    /// What the provider said about itself; nil before the first discovery, and always for a direct key address.
    public private(set) var metadata: ProviderMetadata?
    /// Grows by one each time that the set or the issuer changed, so that verdicts reached before can be told apart.
    public private(set) var generation: UInt64 = 0
    /// What went wrong last; nil once a flight has succeeded.
    public private(set) var lastFailure: ProviderError?
    /// Fetched sets and failed flights so far, for the metrics.
    public private(set) var counts = KeyCacheCounts()

    private var phase = Phase.resting
    private var goodSet: GoodSet?
    private var metadataDue: MonotonicTime
    private var nextFlight: MonotonicTime
    private var lastTriggered: MonotonicTime?
    private var failuresInARow = 0

    /// The last set that was taken over.
    private struct GoodSet {
        var keys: JWKSet
        var body: [UInt8]
        var fetchedAt: MonotonicTime
        var freshUntil: MonotonicTime
        var usableUntil: MonotonicTime
    }

    /// An empty cache whose first flight is due at `now`.
    public init(
        source: KeySource, timing: KeyTiming = KeyTiming(), limits: DocumentLimits = DocumentLimits(),
        at now: MonotonicTime
    ) {
        self.source = source
        self.timing = timing
        self.limits = limits
        self.metadataDue = now
        self.nextFlight = now
    }

    // MARK: What is known

    /// The issuer whose tokens the keys verify, or nil before it is known.
    public var issuer: String? {
        switch source {
        case .discovery(_, let configured): configured ?? metadata?.issuer
        case .keys(_, let issuer): issuer
        }
    }

    /// The keys, unless none were ever fetched or the last good set is older than its bound.
    public func usableKeys(at now: MonotonicTime) -> JWKSet? {
        guard let goodSet, now < goodSet.usableUntil else { return nil }
        return goodSet.keys
    }

    /// Whether a flight is under way.
    public var isFetching: Bool { if case .resting = phase { false } else { true } }

    /// When to call ``advance(at:)`` next; ``MonotonicTime/distantFuture`` during a flight, whose end is what to wait
    /// for then.
    public var nextWake: MonotonicTime { isFetching ? .distantFuture : nextFlight }

    /// Where the cache stands, for the status page.
    public func status(at now: MonotonicTime) -> KeyCacheStatus {
        let state: KeyCacheStatus.State
        if let goodSet {
            state = now < goodSet.freshUntil ? .fresh : now < goodSet.usableUntil ? .stale : .expired
        } else {
            state = .neverFetched
        }
        return KeyCacheStatus(
            state: state, age: goodSet.map { now - $0.fetchedAt }, keyCount: goodSet?.keys.keys.count ?? 0,
            isFetching: isFetching, generation: generation, lastFailure: lastFailure)
    }

    // MARK: Transitions

    /// Begins a flight if one is due. To be called at start, at ``nextWake``, and after a verdict that awaits keys.
    public mutating func advance(at now: MonotonicTime) -> KeyFetch? {
        guard case .resting = phase, now >= nextFlight else { return nil }
        switch source {
        case .keys(let url, _): return begin(.expectKeys(url))
        case .discovery(let url, _):
            guard let metadata, now < metadataDue else { return begin(.expectDiscovery(url)) }
            return begin(.expectKeys(metadata.keysURL))
        }
    }

    /// A token asks for newer keys: an unknown key identifier, or a signature that doesn't match.
    public mutating func requestRefresh(at now: MonotonicTime) -> RefreshAnswer {
        if isFetching || now >= nextFlight { return .awaited }
        if let lastTriggered, now < lastTriggered + timing.cooldown {
            return .coolingDown(until: lastTriggered + timing.cooldown)
        }
        lastTriggered = now
        nextFlight = now
        return .awaited
    }

    /// Takes the outcome of the fetch that was asked for last, and says how to go on.
    public mutating func finish(_ outcome: FetchOutcome, at now: MonotonicTime) -> KeyProgress {
        switch phase {
        case .resting:
            return .ignored
        case .expectDiscovery(let url):
            return discovered(outcome, url, at: now)
        case .expectKeys:
            phase = .resting
            return received(outcome, at: now)
        }
    }

    private mutating func begin(_ next: Phase) -> KeyFetch? {
        phase = next
        switch next {
        case .resting: return nil
        case .expectDiscovery(let url): return KeyFetch(document: .discovery, url: url, limit: limits.discovery)
        case .expectKeys(let url): return KeyFetch(document: .keySet, url: url, limit: limits.keySet)
        }
    }

    private mutating func discovered(
        _ outcome: FetchOutcome, _ url: HTTPURL, at now: MonotonicTime
    ) -> KeyProgress {
        do throws(ProviderError) {
            let (body, fields) = try Self.answer(.discovery, outcome, limit: limits.discovery)
            let found = try ProviderMetadata(
                body: body, discoveryURL: url, configuredIssuer: source.configuredIssuer, limit: limits.discovery)
            if let metadata, !metadata.issuer.isExactly(found.issuer) { generation += 1 }
            metadata = found
            let age = CacheControl.freshness(in: fields)
            metadataDue = now + timing.boundedAge(age, maximum: timing.maximumMetadataAge)
        } catch {
            guard metadata != nil else {
                phase = .resting
                return fail(error, at: now)
            }
            lastFailure = error
        }
        // Rule 7: with or without a new document there is an address for the keys now.
        guard let keysURL = metadata?.keysURL, let fetch = begin(.expectKeys(keysURL)) else { return .ignored }
        return .fetch(fetch)
    }

    private mutating func received(_ outcome: FetchOutcome, at now: MonotonicTime) -> KeyProgress {
        let body: [UInt8]
        let fields: HeaderFields
        let keys: JWKSet
        do throws(ProviderError) {
            (body, fields) = try Self.answer(.keySet, outcome, limit: limits.keySet)
            // The same bytes are the same keys: what they cost to build need not be paid again.
            let isKnown = goodSet?.body == body
            keys = if isKnown, let goodSet { goodSet.keys } else { try Self.keySet(in: body, limit: limits.keySet) }
        } catch {
            return fail(error, at: now)
        }
        let changed = goodSet?.body != body
        if changed { generation += 1 }
        let age = timing.boundedAge(CacheControl.freshness(in: fields), maximum: timing.maximumAge)
        goodSet = GoodSet(
            keys: keys, body: body, fetchedAt: now, freshUntil: now + age, usableUntil: now + (age + timing.staleLimit))
        // A document that failed on the way stays due (rule 7), and its failure visible, until the next flight.
        if metadata == nil || now < metadataDue { lastFailure = nil }
        failuresInARow = 0
        nextFlight = now + age * 3 / 4
        counts.fetched += 1
        return .refreshed(changed: changed)
    }

    private mutating func fail(_ error: ProviderError, at now: MonotonicTime) -> KeyProgress {
        lastFailure = error
        counts.failed += 1
        failuresInARow += 1
        metadataDue = now
        if let goodSet, now < goodSet.usableUntil {
            // Fresh keys may rest until their refresh was due anyway; stale ones are tried again after the cool-down.
            let refresh = goodSet.fetchedAt + (goodSet.freshUntil - goodSet.fetchedAt) * 3 / 4
            nextFlight = max(refresh, now + timing.cooldown)
        } else {
            nextFlight = now + timing.retryPause(failures: failuresInARow)
        }
        return .failed(error)
    }

    // MARK: Answers

    /// The body and fields of a 200 answer; everything else is an error.
    private static func answer(
        _ document: KeyDocument, _ outcome: FetchOutcome, limit: Int
    ) throws(ProviderError) -> (body: [UInt8], fields: HeaderFields) {
        switch outcome {
        case .failure(let failure): throw .fetch(document, failure)
        case .response(200, let fields, let body):
            guard body.count <= limit else { throw .tooLarge(document, limit: limit) }
            return (body, fields)
        case .response(let status, _, _):
            if (300...399).contains(status) { throw .redirected(document, status: status) }
            throw .badStatus(document, status: status)
        }
    }

    /// The key set in `body`, with at least one key that can verify something.
    static func keySet(
        in body: [UInt8], limit: Int = KeyDocument.keySet.maxBytes
    ) throws(ProviderError) -> JWKSet {
        let document = try ProviderMetadata.object(in: body, .keySet, limit: limit)
        let set: JWKSet
        do { set = try JWKSet(json: document) } catch { throw .badKeySet(reason: "\(error)") }
        guard !set.keys.isEmpty else { throw .noUsableKeys(skipped: set.skipped.count) }
        return set
    }
}
