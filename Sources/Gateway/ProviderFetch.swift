internal import Bytes
public import JOSE
public import OIDC
internal import Reactor
internal import System

/// What one flight to a provider brought: for the operator's commands, which ask once and wait.
public struct ProviderDocuments: Sendable {
    /// What the provider says about itself; nil where a key address is configured instead.
    public let metadata: ProviderMetadata?
    /// What tokens must carry in `iss`.
    public let issuer: String
    /// The provider's keys.
    public let keys: JWKSet

    /// Fetches discovery document and key set from `source`, as the daemon does, and runs the loop until both are there
    /// or one failed.
    ///
    /// - Throws: what was wrong with the provider's answers; a system error is told as an unreachable provider.
    public static func fetch(
        from source: KeySource, limits: DocumentLimits, context: FetchContext
    ) throws(ProviderError) -> ProviderDocuments {
        let flight = Flight(KeyCache(source: source, limits: limits, at: context.loop.now), context)
        flight.start()
        while flight.progress == nil {
            do throws(SystemError) { try context.loop.turn() } catch {
                throw .fetch(.discovery, .unreachable(reason: "\(error)"))
            }
        }
        if case .failed(let error) = flight.progress { throw error }
        guard let keys = flight.cache.usableKeys(at: context.loop.now), let issuer = flight.cache.issuer else {
            throw flight.cache.lastFailure ?? .noUsableKeys(skipped: 0)
        }
        return ProviderDocuments(metadata: flight.cache.metadata, issuer: issuer, keys: keys)
    }
}

/// The fetches of one flight, one after the other.
private final class Flight {
    var cache: KeyCache
    /// How it ended; nil as long as it hasn't.
    private(set) var progress: KeyProgress?
    private let context: FetchContext
    private var fetch: DocumentFetch?

    init(_ cache: KeyCache, _ context: FetchContext) {
        self.cache = cache
        self.context = context
    }

    func start() {
        guard let next = cache.advance(at: context.loop.now) else { return progress = .ignored }
        perform(next)
    }

    private func perform(_ next: KeyFetch) {
        fetch = DocumentFetch(next.url, limit: next.limit, context: context) { [weak self] outcome in
            self?.received(outcome)
        }
    }

    private func received(_ outcome: FetchOutcome) {
        fetch = nil
        let progress = cache.finish(outcome, at: context.loop.now)
        if case .fetch(let next) = progress { perform(next) } else { self.progress = progress }
    }
}
