import Bridge
import JSON
import Settings
import System
import Telemetry
import Testing

@testable import Daemon

@Suite struct LogLineTests {
    /// 2026-01-31T12:00:00.123Z
    private let time: Int64 = 1_769_860_800_123_000_000

    private func line(_ output: LogOutput, _ format: LogFormat = .text, _ facility: SyslogFacility = .daemon) -> LogLine
    {
        var settings = LogSettings()
        settings.output = output
        settings.format = format
        settings.syslogFacility = facility
        return LogLine(settings)
    }

    private func message(
        _ line: LogLine, _ text: String = "it failed", _ kind: LogKind = .traffic
    ) -> String {
        String(decoding: line.message(.error, text, kind: kind, time: time), as: UTF8.self)
    }

    @Test(arguments: [LogOutput.files, .stderr])
    func textIsAsNginxWritesIt(output: LogOutput) {
        #expect(message(line(output)) == "2026-01-31T12:00:00.123Z [error] \(ThisProcess.id): it failed\n")
        #expect(message(line(output), "a\r\nb") == "2026-01-31T12:00:00.123Z [error] \(ThisProcess.id): a\\x0D\\x0Ab\n")
    }

    @Test func jsonIsOneObjectALine() throws {
        let text = message(line(.files, .json), "a \"quoted\"\nline eyJsecret.x.y")
        #expect(text.hasSuffix("}\n"))
        #expect(text.utf8.filter { $0 == 0x0A }.count == 1)
        let object = try JSON.parse(text)
        #expect(object["time"]?.string == "2026-01-31T12:00:00.123Z")
        #expect(object["level"]?.string == "error")
        #expect(object["pid"]?.number == Double(ThisProcess.id))
        #expect(object["message"]?.string == "a \"quoted\"\nline [redacted]")
    }

    @Test(arguments: [
        (SyslogFacility.daemon, LogKind.process, "<27>Jan 31 12:00:00 secure-proxy["),
        (.local7, .traffic, "<187>Jan 31 12:00:00 secure-proxy-http["),
        (.authpriv, .process, "<83>Jan 31 12:00:00 secure-proxy["),
    ])
    func syslogHasPriorityTimeAndTag(facility: SyslogFacility, kind: LogKind, head: String) {
        let text = message(line(.syslog, .text, facility), "a\nb", kind)
        #expect(text == head + "\(ThisProcess.id)]: [error] a\\x0Ab")
    }

    @Test func syslogTakesJSONToo() throws {
        let text = message(line(.syslog, .json))
        let object = try #require(text.firstIndex(of: "{"))
        #expect(try JSON.parse(String(text[object...]))["message"]?.string == "it failed")
    }

    @Test func theJournalGetsFields() {
        #expect(
            message(line(.journald)).split(separator: "\n") == [
                "MESSAGE=it failed", "PRIORITY=3", "SYSLOG_FACILITY=3", "SYSLOG_IDENTIFIER=secure-proxy-http",
                "SYSLOG_PID=\(ThisProcess.id)",
            ])
    }

    @Test func accessLinesGoTheSameWays() throws {
        let values = AccessValues(event: .tunnel(LogReports.tunnel()), time: time)
        func text(_ output: LogOutput) -> String { String(decoding: line(output).access(values), as: UTF8.self) }
        #expect(text(.files).hasPrefix("remote_addr=192.0.2.7 "))
        #expect(text(.files).hasSuffix(" up_bytes_r=22\n"))
        #expect(text(.syslog).hasPrefix("<30>Jan 31 12:00:00 secure-proxy-access[\(ThisProcess.id)]: remote_addr="))
        #expect(text(.syslog).hasSuffix(" up_bytes_r=22"))
        let fields = text(.journald).split(separator: "\n")
        #expect(fields[0].hasPrefix("MESSAGE=remote_addr=192.0.2.7 "))
        #expect(fields.contains("PRIORITY=6"))
        #expect(fields.contains("PROXY_STATUS=101"))
        #expect(fields.contains("PROXY_CLOSED_BY=client"))
    }

    /// The journal's own rules: a field is `NAME=value`, or its name, a length and so many bytes.
    @Test(arguments: AccessLineTests.hostile)
    func noValueForgesAField(bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        var tls = LogReports.tls
        tls.serverName = text
        let report = LogReports.tunnel(tls: tls, reason: "x\n\(text)\nPRIORITY=0\nx")
        let entry = line(.journald).access(AccessValues(event: .tunnel(report), time: time))
        let names = try journalNames(entry)
        #expect(names.prefix(5) == ["MESSAGE", "PRIORITY", "SYSLOG_FACILITY", "SYSLOG_IDENTIFIER", "SYSLOG_PID"])
        #expect(Set(names).count == names.count)
        #expect(names.dropFirst(5).allSatisfy { $0.hasPrefix("PROXY_") })
    }

    private func journalNames(_ entry: [UInt8]) throws -> [String] {
        var names: [String] = []
        var rest = entry[...]
        while !rest.isEmpty {
            let end = try #require(rest.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "\n") })
            names.append(String(decoding: rest[..<end], as: UTF8.self))
            if rest[end] == UInt8(ascii: "=") {
                rest = rest[try #require(rest.firstIndex(of: UInt8(ascii: "\n")))...].dropFirst()
            } else {
                let length = rest[(end + 1)..<(end + 9)].reversed().reduce(0) { $0 << 8 | Int($1) }
                let last = end + 9 + length
                #expect(rest[last] == UInt8(ascii: "\n"))
                rest = rest[(last + 1)...]
            }
        }
        return names
    }
}
