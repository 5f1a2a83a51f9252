/// A moment on a clock that never goes back: nanoseconds since an arbitrary start.
///
/// Protocol code takes it as an argument and never reads a clock, so tests can move time as they like. Deadlines and
/// time-outs are computed with it; times inside tokens are ``UnixTime``.
public struct MonotonicTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since the clock's start.
    public var nanoseconds: Int64

    /// A moment `nanoseconds` after the clock's start.
    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// A moment that never comes: the deadline of what has none.
    public static let distantFuture = MonotonicTime(nanoseconds: .max)

    /// Whether `left` comes first.
    @inlinable
    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment `delay` later; saturates at ``distantFuture`` instead of overflowing.
    @inlinable
    public static func + (time: MonotonicTime, delay: Duration) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(delay.saturatedNanoseconds)
        return MonotonicTime(nanoseconds: overflow ? (delay < .zero ? .min : .max) : sum)
    }

    /// How much later `end` is than `start`.
    @inlinable
    public static func - (end: MonotonicTime, start: MonotonicTime) -> Duration {
        .nanoseconds(end.nanoseconds.subtractingReportingOverflow(start.nanoseconds).partialValue)
    }
}

/// A moment of the calendar in whole seconds since 1970-01-01 00:00 UTC, as JWT's NumericDate has it
/// (RFC 7519 section 2).
public struct UnixTime: Comparable, Hashable, Sendable {
    /// Seconds since 1970-01-01 00:00 UTC.
    public var seconds: Int64

    /// The moment `seconds` after 1970-01-01 00:00 UTC.
    @inlinable
    public init(seconds: Int64) { self.seconds = seconds }

    /// Whether `left` comes first.
    @inlinable
    public static func < (left: UnixTime, right: UnixTime) -> Bool { left.seconds < right.seconds }

    /// The moment `seconds` later (or earlier, when negative), saturating at the ends of the range.
    @inlinable
    public func adding(seconds delta: Int64) -> UnixTime {
        let (sum, overflow) = seconds.addingReportingOverflow(delta)
        return UnixTime(seconds: overflow ? (delta < 0 ? .min : .max) : sum)
    }
}

extension Duration {
    /// The duration in nanoseconds, held within what an `Int64` can say (about 292 years).
    @inlinable
    public var saturatedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }
}
