internal import JSON
internal import Settings
internal import System
internal import Telemetry

/// Where messages and access lines are written: the predecessor's files, or standard error.
///
/// Writing never waits for a slow disk to matter: a line that can't be written is counted and dropped.
final class LogFiles {
    /// The file of messages.
    static let errorLog = "nginx-error.log"
    /// The file of requests and tunnels.
    static let accessLog = "http-access.log"

    private let settings: LogSettings
    private var errors: Descriptor?
    private var access: Descriptor?
    /// Lines that could not be written.
    private(set) var dropped: UInt64 = 0

    init(_ settings: LogSettings) throws(SystemError) {
        self.settings = settings
        try reopen()
    }

    /// Opens the files anew, for those who have moved them away.
    func reopen() throws(SystemError) {
        guard settings.output == .files else { return }
        try File.makeDirectory(settings.directory, permissions: 0o750)
        errors = try File.openForAppending("\(settings.directory)/\(Self.errorLog)", permissions: 0o640)
        access = try File.openForAppending("\(settings.directory)/\(Self.accessLog)", permissions: 0o640)
    }

    /// The log of messages that follows the settings' level.
    var log: Log {
        Log(threshold: Telemetry.LogLevel(name: settings.level.rawValue) ?? .error) { [self] level, message in
            let time = LogTime(Clock.unixNanoseconds).description
            switch settings.format {
            case .text:
                write("\(time) [\(level)] \(ThisProcess.id): \(Self.oneLine(message))\n", to: errors)
            case .json:
                write(
                    Self.object([
                        ("time", time), ("level", level.description), ("pid", "\(ThisProcess.id)"),
                        ("message", message),
                    ]), to: errors)
            }
        }
    }

    /// Writes one access line of `fields`; `isFailure` is what the setting `access` asks for.
    func access(_ fields: @autoclosure () -> [(String, String)], isFailure: Bool) {
        switch settings.access {
        case .none: return
        case .failures where !isFailure: return
        case .failures, .all: break
        }
        let all = [("time_iso8601", LogTime(Clock.unixNanoseconds).description)] + fields()
        switch settings.accessFormat {
        case .text: write(all.map { "\($0)=\(Self.word($1))" }.joined(separator: " ") + "\n", to: access)
        case .json: write(Self.object(all), to: access)
        }
    }

    /// A value that keeps a `key=value` line readable by machines: quoted where it has spaces or quotes.
    private static func word(_ text: String) -> String {
        let line = oneLine(text)
        if line.isEmpty { return "-" }
        if !line.utf8.contains(where: { $0 == 0x20 || $0 == 0x22 || $0 == 0x5C }) { return line }
        let escaped = line.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        return "\"\(escaped)\""
    }

    private static func object(_ fields: [(String, String)]) -> String {
        var object = JSONObject()
        for (name, value) in fields { object[name] = .string(value) }
        return JSON.text(.object(object)) + "\n"
    }

    private func write(_ line: String, to file: Descriptor?) {
        do throws(SystemError) {
            try File.writeAll(Array(line.utf8), to: file?.number ?? 2)
        } catch {
            dropped += 1
        }
    }

    /// What peers sent may be in a message: control characters must not make lines of their own.
    static func oneLine(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) { return text }
        return text.unicodeScalars.reduce(into: "") { line, scalar in
            if scalar.value < 0x20 || scalar.value == 0x7F {
                line += "\\x" + String(scalar.value, radix: 16)
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
    }
}
