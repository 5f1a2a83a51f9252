/// How grave a message has to be to be written, with nginx's names, most talkative first.
public enum LogLevel: String, CaseIterable, Comparable, Sendable {
    /// Everything.
    case debug
    /// What happens in the ordinary course.
    case info
    /// What happens in the ordinary course and matters.
    case notice
    /// What somebody should look at some day.
    case warn
    /// What failed.
    case error
    /// What must be mended.
    case crit
    /// What must be mended at once.
    case alert
    /// What leaves the proxy unusable.
    case emerg

    /// Whether `left` is less grave than `right`.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.gravity < right.gravity }

    private var gravity: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// How lines are written.
public enum LogFormat: String, CaseIterable, Equatable, Sendable {
    /// As people read it; the access log as `key=value` pairs.
    case text
    /// One JSON object a line.
    case json
}

/// Where lines go.
public enum LogOutput: String, CaseIterable, Equatable, Sendable {
    /// Files in the directory.
    case files
    /// Standard error, as containers have it.
    case stderr
}

/// Which requests the access log has.
public enum AccessLogScope: String, CaseIterable, Equatable, Sendable {
    /// All of them.
    case all
    /// Those answered otherwise than with 2xx and 3xx.
    case failures
    /// None.
    case none
}

/// The section `logs`.
public struct LogSettings: Equatable, Sendable {
    /// `directory`: where the files are, default `logs` beside the settings file.
    public var directory = Defaults.logDirectory
    /// `output`: files or standard error, default files.
    public var output = LogOutput.files
    /// `level`: how grave messages have to be, default error.
    public var level = LogLevel.error
    /// `format`: how messages are written, default text.
    public var format = LogFormat.text
    /// `accessFormat`: how the access log is written, default text.
    public var accessFormat = LogFormat.text
    /// `access`: which requests the access log has, default those that failed.
    public var access = AccessLogScope.failures

    /// The defaults.
    public init() {}

    mutating func read(_ section: Section, _ directory: String) {
        section.file("directory", &self.directory, from: directory)
        section.choice("output", &output)
        section.choice("level", &level)
        section.choice("format", &format)
        section.choice("accessFormat", &accessFormat)
        section.choice("access", &access)
    }
}
