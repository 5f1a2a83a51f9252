internal import Bytes
internal import Glibc
internal import System

/// A moment by which something has to have happened.
///
/// What tells of itself (mocks, clients) is waited for directly. What can only be looked at (a process's end, a file) is
/// looked at again and again until the deadline.
public struct Deadline: Sendable {
    private let at: MonotonicTime

    /// The moment that is `time` from now.
    public init(in time: Duration) { at = Clock.monotonic + time }

    /// What is left of the time; never negative.
    public var remaining: Duration { max(.zero, at - Clock.monotonic) }

    /// Whether the moment has come.
    public var hasPassed: Bool { remaining == .zero }

    /// Looks until `condition` holds, and answers whether it did in time.
    public func poll(until condition: () -> Bool) -> Bool {
        while !condition() {
            if hasPassed { return condition() }
            usleep(2_000)
        }
        return true
    }

    /// Lets `time` pass, or what is left until the deadline.
    public func pause(_ time: Duration) { _ = Deadline(in: min(time, remaining)).poll { false } }

    /// The time that `work` takes.
    public static func measure(_ work: () throws -> Void) rethrows -> Duration {
        let start = Clock.monotonic
        try work()
        return Clock.monotonic - start
    }
}
