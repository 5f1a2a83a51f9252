public import Bytes
internal import CLinux

/// The machine's clocks. Only drivers read them; protocol code is given the time.
public enum Clock {
    /// `CLOCK_MONOTONIC`.
    public static var monotonic: MonotonicTime { MonotonicTime(nanoseconds: clinux_monotonic_nanoseconds()) }

    /// The calendar's time, in whole seconds.
    public static var unix: UnixTime { UnixTime(seconds: clinux_unix_nanoseconds() / 1_000_000_000) }

    /// The calendar's time in nanoseconds since 1970, for log lines.
    public static var unixNanoseconds: Int64 { clinux_unix_nanoseconds() }
}
