internal import Bytes
internal import JSON
internal import Settings
internal import System
internal import Telemetry

/// The three logs, in the order of their descriptors.
enum LogKind: Int, CaseIterable {
    /// What master and workers go through: start, settings, reload, end.
    case process
    /// What happens with clients, TLS, gate, backends and provider.
    case traffic
    /// Requests and tunnels.
    case access

    /// What syslog and the journal call its lines' origin.
    var tag: String {
        switch self {
        case .process: "secure-proxy"
        case .traffic: "secure-proxy-http"
        case .access: "secure-proxy-access"
        }
    }
}

/// Makes bytes of messages and access lines, each as its target takes it.
struct LogLine {
    private let output: LogOutput
    private let format: LogFormat
    private let accessFormat: AccessFormat
    private let facility: Int
    private let pid = ThisProcess.id

    init(_ settings: LogSettings) {
        output = settings.output
        format = settings.format
        accessFormat = settings.accessFormat
        facility = settings.syslogFacility.code
    }

    /// A message of `level`, written at `time` (nanoseconds since 1970).
    func message(_ level: Telemetry.LogLevel, _ message: String, kind: LogKind, time: Int64) -> [UInt8] {
        switch (output, format) {
        case (.files, .text), (.stderr, .text):
            return Array("\(LogTime(time)) [\(level)] \(pid): \(LogText.message(message))\n".utf8)
        case (.files, .json), (.stderr, .json):
            return object(level, message, time) + [UInt8(ascii: "\n")]
        case (.syslog, .text):
            return datagram(level, kind, time) + Array("[\(level)] \(LogText.message(message))".utf8)
        case (.syslog, .json):
            return datagram(level, kind, time) + object(level, message, time)
        case (.journald, .text):
            return journal(level, kind, Array(LogText.message(message).utf8))
        case (.journald, .json):
            return journal(level, kind, object(level, message, time))
        }
    }

    /// An access line of `values`.
    func access(_ values: AccessValues) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(1_024)
        AccessLine.append(values, accessFormat, to: &line)
        switch output {
        case .files, .stderr:
            line.append(UInt8(ascii: "\n"))
            return line
        case .syslog: return datagram(.info, .access, values.time) + line
        case .journald: return journal(.info, .access, line, AccessLine.fields(values))
        }
    }

    private func object(_ level: Telemetry.LogLevel, _ message: String, _ time: Int64) -> [UInt8] {
        JSON.serialize(
            .object([
                "time": .string(LogTime(time).description), "level": .string(level.description),
                "pid": .integer(Int64(pid)), "message": .string(LogText.forJSON(LogText.safe(message))),
            ]))
    }

    /// The head of a syslog line as local daemons take it (RFC 3164 section 4.1, without the host, as glibc's): a line a
    /// datagram, no line feed.
    private func datagram(_ level: Telemetry.LogLevel, _ kind: LogKind, _ time: Int64) -> [UInt8] {
        Array("<\(facility * 8 + level.rawValue)>\(LogTime.syslog(time)) \(kind.tag)[\(pid)]: ".utf8)
    }

    /// An entry in the journal's native protocol: `NAME=value` lines, or name, length (64 bits, low byte first) and value
    /// where the value has line feeds.
    private func journal(
        _ level: Telemetry.LogLevel, _ kind: LogKind, _ message: [UInt8], _ fields: [(name: String, value: String)] = []
    ) -> [UInt8] {
        var entry: [UInt8] = []
        func append(_ name: String, _ value: [UInt8]) {
            entry += name.utf8
            if value.contains(UInt8(ascii: "\n")) {
                entry.append(UInt8(ascii: "\n"))
                for shift in stride(from: 0, to: 64, by: 8) {
                    entry.append(UInt8(truncatingIfNeeded: value.count >> shift))
                }
            } else {
                entry.append(UInt8(ascii: "="))
            }
            entry += value
            entry.append(UInt8(ascii: "\n"))
        }
        append("MESSAGE", message)
        append("PRIORITY", Array("\(level.rawValue)".utf8))
        append("SYSLOG_FACILITY", Array("\(facility)".utf8))
        append("SYSLOG_IDENTIFIER", Array(kind.tag.utf8))
        append("SYSLOG_PID", Array("\(pid)".utf8))
        for (name, value) in fields { append(name, Array(value.utf8)) }
        return entry
    }
}
