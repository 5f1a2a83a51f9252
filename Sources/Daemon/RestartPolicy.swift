internal import Bytes

/// When a worker that ended by itself is replaced: at once, and later and later when it keeps ending.
///
/// Rules:
/// 1. ``burst`` replacements in a row are made at once: an accident, or an operator's `kill`.
/// 2. After that each waits twice as long as the one before, from `delay` to `maximum`.
/// 3. A worker that served for ``settled`` starts the count anew.
struct RestartPolicy {
    /// Replacements in a row that are made at once.
    static let burst = 3
    /// How long a worker must have served not to count as one that keeps ending.
    static let settled: Duration = .seconds(10)

    /// The first delay.
    var delay: Duration
    /// The longest.
    var maximum: Duration
    /// Ends in a row, none of them after ``settled``.
    private(set) var count = 0

    init(delay: Duration, maximum: Duration) {
        self.delay = delay
        self.maximum = maximum
    }

    /// How long to wait before a worker that lived for `lifetime` is replaced.
    mutating func next(afterLiving lifetime: Duration) -> Duration {
        if lifetime >= Self.settled { count = 0 }
        count = min(count + 1, 64)
        guard count > Self.burst else { return .zero }
        var wait = delay
        for _ in (Self.burst + 1)..<count {
            wait += wait
            if wait >= maximum { return maximum }
        }
        return min(wait, maximum)
    }
}
