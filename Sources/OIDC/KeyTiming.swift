/// When keys are fetched and how long they serve.
///
/// The defaults follow what careful clients do: answers are reused for at most ten minutes, a token can make the proxy
/// ask at most every thirty seconds, and an outage of the provider is bridged for an hour (about as long as the tokens
/// it issued before live anyway).
public struct KeyTiming: Sendable, Equatable {
    /// The least time between two fetches that tokens trigger, counted from the attempts, whatever came of them; also
    /// the pause after a failed fetch while a good set is in use.
    public var cooldown: Duration = .seconds(30)
    /// The shortest time that a fetched set counts as fresh, whatever its Cache-Control says.
    public var minimumAge: Duration = .seconds(60)
    /// The longest time that a fetched set counts as fresh; also the one used when the answer doesn't say.
    public var maximumAge: Duration = .seconds(600)
    /// The longest time that the discovery document is used before it is fetched again along with the keys.
    public var maximumMetadataAge: Duration = .seconds(3600)
    /// How long after its freshness ended the last good set still serves while the provider fails.
    public var staleLimit: Duration = .seconds(3600)
    /// The pause after the first failed fetch while there is no usable set; it doubles with each further failure.
    public var firstRetry: Duration = .seconds(1)
    /// The longest such pause.
    public var lastRetry: Duration = .seconds(10)
    /// How long the driver may take for one document. Not used here: the driver reports ``FetchFailure/timedOut``.
    public var fetchTimeout: Duration = .seconds(5)

    /// The defaults.
    public init() {}

    /// The pause after `failures` failed fetches in a row without a usable set.
    func retryPause(failures: Int) -> Duration {
        var pause = firstRetry
        // Thirty doublings lead from any pause worth its name past any limit.
        for _ in 1..<min(max(failures, 1), 30) { pause = min(pause * 2, lastRetry) }
        return min(pause, lastRetry)
    }

    /// `seconds` of freshness from an answer, held between the bounds.
    func boundedAge(_ seconds: Int64?, maximum: Duration) -> Duration {
        guard let seconds else { return maximum }
        return min(max(.seconds(seconds), minimumAge), maximum)
    }
}
