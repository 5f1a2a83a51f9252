/// How serious a log line is; nginx's levels, from the most serious down.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable, CustomStringConvertible {
    /// The system is unusable.
    case emerg
    /// Somebody has to act at once.
    case alert
    /// A part is out of order.
    case crit
    /// Something failed that should have worked.
    case error
    /// Something looks wrong but goes on.
    case warn
    /// Worth knowing: start, stop, reload.
    case notice
    /// The normal course of things.
    case info
    /// For those who look into a problem.
    case debug

    /// Whether `left` comes first.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }

    /// nginx's word for the level.
    public var description: String {
        switch self {
        case .emerg: "emerg"
        case .alert: "alert"
        case .crit: "crit"
        case .error: "error"
        case .warn: "warn"
        case .notice: "notice"
        case .info: "info"
        case .debug: "debug"
        }
    }

    /// The level that nginx's configuration calls `name`.
    public init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = level
    }
}

/// Where log lines go. A message below the threshold is never put together.
///
/// Messages never hold a token, a key or a query: whoever writes one sees to that.
public struct Log {
    /// The least serious level that is written.
    public let threshold: LogLevel
    private let sink: (LogLevel, String) -> Void

    /// A log that gives each message at least as serious as `threshold` to `sink`.
    public init(threshold: LogLevel, sink: @escaping (LogLevel, String) -> Void) {
        self.threshold = threshold
        self.sink = sink
    }

    /// A log that keeps nothing.
    public static var none: Log { Log(threshold: .emerg) { _, _ in } }

    /// Writes `message` where `level` is serious enough.
    @inline(__always)
    public func callAsFunction(_ level: LogLevel, _ message: @autoclosure () -> String) {
        if level <= threshold { sink(level, message()) }
    }
}
