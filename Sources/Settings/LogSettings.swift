internal import JSON

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

/// How messages are written.
public enum LogFormat: String, CaseIterable, Equatable, Sendable {
    /// As people read them.
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
    /// The machine's syslog, at its local socket.
    case syslog
    /// systemd's journal, with fields.
    case journald
}

/// Which requests the access log has.
public enum AccessLogScope: String, CaseIterable, Equatable, Sendable {
    /// All of them.
    case all
    /// Tunnels, and requests answered otherwise than with 2xx and 3xx.
    case failures
    /// None.
    case none
}

/// What syslog takes lines to be about (RFC 3164 section 4.1.1), with the names that syslog.conf has.
public enum SyslogFacility: String, CaseIterable, Equatable, Sendable {
    case kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, ftp
    case local0, local1, local2, local3, local4, local5, local6, local7

    /// The number that goes into a line's priority.
    public var code: Int {
        let index = Self.allCases.firstIndex(of: self) ?? 3
        // 12 to 15 are the system's own: nobody else writes under these.
        return index < 12 ? index : index + 4
    }
}

extension Section {
    /// Reads the name of a file whose directory is said elsewhere, so it is kept as it stands.
    fileprivate func fileName(_ name: String, _ target: inout String) {
        guard let value = value(name, .path, default: .string(target)) else { return }
        if let text = text(value, at: path.appending(name)) { target = text }
    }
}

/// The section `logs`.
public struct LogSettings: Equatable, Sendable {
    /// `directory`: where the files are, default `logs` beside the settings file.
    public var directory = Defaults.logDirectory
    /// `errorLog`: the file of what master and workers go through, default `nginx-error.log`; in the directory unless
    /// it begins with a slash, as the next two.
    public var errorLog = "nginx-error.log"
    /// `httpErrorLog`: the file of what happens with clients, backends and the provider, default `http-error.log`.
    public var httpErrorLog = "http-error.log"
    /// `accessLog`: the file of requests and tunnels, default `http-access.log`.
    public var accessLog = "http-access.log"
    /// `output`: where lines go, default files.
    public var output = LogOutput.files
    /// `syslogSocket`: where syslog listens on this machine, default `/dev/log`.
    public var syslogSocket = "/dev/log"
    /// `syslogFacility`: what syslog takes lines to be about, default daemon.
    public var syslogFacility = SyslogFacility.daemon
    /// `level`: how grave messages have to be, default error.
    public var level = LogLevel.error
    /// `format`: how messages are written, default text.
    public var format = LogFormat.text
    /// `accessFormat`: how the access log is written, default the predecessor's `main`.
    public var accessFormat = AccessFormat.main
    /// `access`: which requests the access log has, default tunnels and those that failed.
    public var access = AccessLogScope.failures

    /// The defaults.
    public init() {}

    /// The paths of the three files: errors, HTTP errors, access.
    public var paths: [String] { [errorLog, httpErrorLog, accessLog].map { Section.resolve($0, from: directory) } }

    mutating func read(_ section: Section, _ directory: String) {
        section.file("directory", &self.directory, from: directory)
        section.fileName("errorLog", &errorLog)
        section.fileName("httpErrorLog", &httpErrorLog)
        section.fileName("accessLog", &accessLog)
        section.choice("output", &output)
        section.file("syslogSocket", &syslogSocket, from: directory)
        section.choice("syslogFacility", &syslogFacility)
        section.choice("level", &level)
        section.choice("format", &format)
        section.accessFormat("accessFormat", &accessFormat)
        section.choice("access", &access)
    }
}
