import Bridge
import Bytes
import Foundation
import JSON
import Settings
import System
import Telemetry
import Testing

@testable import Daemon

@Suite struct LogsTests {
    let place: Workplace
    var settings = LogSettings()

    init() throws {
        place = try Workplace()
        settings.directory = place("logs")
        settings.level = .info
    }

    private func logs(_ metrics: MetricsSlot = MetricsSlot()) throws -> Logs {
        try Logs(settings, try LogTargets.open(settings), metrics: metrics)
    }

    private func lines(_ name: String) throws -> [Substring] { try place.text("logs/\(name)").split(separator: "\n") }

    @Test func eachLogHasItsFile() throws {
        let logs = try logs()
        logs.process(.notice, "started")
        logs.traffic(.error, "backend gone")
        logs.tunnelEnded(LogReports.tunnel())
        logs.finish(within: .seconds(5))
        #expect(try lines("nginx-error.log").map { $0.suffix(7) } == ["started"])
        #expect(try lines("http-error.log").map { $0.suffix(12) } == ["backend gone"])
        #expect(try lines("http-access.log").map { $0.prefix(12) } == ["remote_addr="])
        #expect(logs.dropped == 0)
    }

    @Test func nothingIsPutTogetherBelowTheLevel() throws {
        let logs = try logs()
        var asked = 0
        func words() -> String {
            asked += 1
            return "words"
        }
        logs.traffic(.debug, words())
        logs.process(.debug, words())
        logs.process(.info, words())
        logs.finish(within: .seconds(5))
        #expect(asked == 1)
        #expect(try lines("nginx-error.log").count == 1)
        #expect(try lines("http-error.log").isEmpty)
    }

    @Test(arguments: [
        (AccessLogScope.all, ["200", "302", "403", "101"]), (.failures, ["403", "101"]), (.none, []),
    ])
    func writesTheAccessLinesThatAreAskedFor(scope: AccessLogScope, expected: [String]) throws {
        var settings = settings
        settings.access = scope
        settings.accessFormat = try AccessFormat("$status")
        let logs = try Logs(settings, try LogTargets.open(settings))
        for status in [200, 302, 403] { logs.answered(LogReports.answer(status)) }
        logs.tunnelEnded(LogReports.tunnel())
        logs.finish(within: .seconds(5))
        #expect(try lines("http-access.log").map(String.init) == expected)
    }

    @Test func writesToNewFilesOnceReopened() throws {
        let logs = try logs()
        let name = "logs/nginx-error.log"
        logs.process(.error, "before")
        try eventually { try place.text(name).contains("before") }
        try FileManager.default.moveItem(atPath: place(name), toPath: place("logs/old"))
        logs.process(.error, "between")
        try eventually { try place.text("logs/old").contains("between") }
        logs.reopen(try LogTargets.open(settings))
        logs.process(.error, "after")
        logs.finish(within: .seconds(5))
        #expect(try lines("old").count == 2)
        #expect(try lines("nginx-error.log").map { $0.split(separator: " ").last } == ["after"])
    }

    // MARK: Loss

    /// A named pipe in the place of a log, as an operator may set one up, and nobody reads it.
    private func pipe(_ name: String) throws -> Descriptor {
        try File.makeDirectory(place("logs"), permissions: 0o750)
        #expect(unsafe mkfifo(place("logs/\(name)"), 0o600) == 0)
        let number = unsafe Glibc.open(place("logs/\(name)"), O_RDWR | O_CLOEXEC)
        try #require(number >= 0)
        return Descriptor(owning: number)
    }

    @Test func aLogThatNobodyReadsStallsNobodyAndIsTold() throws {
        let reading = try pipe("http-access.log")
        let metrics = MetricsSlot()
        let logs = try logs(metrics)
        let began = Clock.monotonic
        for _ in 0..<5_000 { logs.tunnelEnded(LogReports.tunnel()) }
        #expect(Clock.monotonic - began < .seconds(5))
        let lost = logs.dropped
        #expect(lost > 0)

        // The other logs go on.
        logs.process(.error, "still here")
        try eventually { try lines("nginx-error.log").count == 1 }

        // Lines go through again: that is told, once, also when no further line comes.
        let drain = try Drain(reading)
        try eventually {
            drain.read()
            logs.noteLoss()
            return try lines("nginx-error.log").count == 2
        }
        let words = try #require(try lines("nginx-error.log").last)
        #expect(words.contains("[warn]"))
        #expect(words.hasSuffix("\(logs.dropped) log lines were lost: a log was full, gone or too slow"))
        logs.finish(within: .milliseconds(1))
        #expect(try lines("nginx-error.log").count == 2)
        #expect(metrics.snapshot()[.droppedLogLines] == logs.dropped)
    }

    @Test func aFullDiskStallsNobody() throws {
        let metrics = MetricsSlot()
        var targets: [Descriptor] = []
        for _ in 0..<3 { targets.append(try File.openForAppending("/dev/full", permissions: 0o600)) }
        let logs = try Logs(settings, LogTargets(adopting: targets), metrics: metrics)
        for _ in 0..<20 { logs.process(.error, "lost") }
        try eventually { logs.dropped == 20 }
        logs.noteLoss()
        #expect(metrics.snapshot()[.droppedLogLines] == 20)
        // Space again: the next lines go through, and the first of them tells.
        logs.reopen(try LogTargets.open(settings))
        logs.process(.error, "kept")
        try eventually {
            logs.noteLoss()
            return try lines("nginx-error.log").count == 2
        }
        #expect(try lines("nginx-error.log")[1].contains("20 log lines were lost"))
        logs.finish(within: .seconds(5))
    }

    @Test mutating func otherTargetsShareAQueue() throws {
        settings.output = .syslog
        settings.syslogSocket = place("log")
        let daemon = try Socket.bindUnixDatagram(place("log"))
        let drain = try Drain(daemon)
        let logs = try logs()
        logs.process(.notice, "one\n")
        logs.traffic(.error, "two")
        logs.answered(LogReports.answer())
        logs.finish(within: .seconds(5))
        drain.read()
        #expect(drain.text.contains("secure-proxy[\(ThisProcess.id)]: [notice] one\\x0A<27>"))
        #expect(drain.text.contains("secure-proxy-http[\(ThisProcess.id)]: [error] two<30>"))
        #expect(drain.text.contains("secure-proxy-access[\(ThisProcess.id)]: remote_addr=192.0.2.7"))
    }
}
