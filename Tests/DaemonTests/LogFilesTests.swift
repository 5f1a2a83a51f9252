import Foundation
import JSON
import Settings
import System
import Telemetry
import Testing

@testable import Daemon

@Suite struct LogFilesTests {
    let place: Workplace
    var settings = LogSettings()

    init() throws {
        place = try Workplace()
        settings.directory = place("logs")
        settings.level = .info
    }

    private var errors: [Substring] {
        get throws { try place.text("logs/\(LogFiles.errorLog)").split(separator: "\n") }
    }
    private var access: [Substring] {
        get throws { try place.text("logs/\(LogFiles.accessLog)").split(separator: "\n") }
    }

    @Test func makesTheDirectoryAndKeepsStrangersOut() throws {
        _ = try LogFiles(settings)
        #expect(File.permissions(place("logs")) == 0o750)
        #expect(File.permissions(place("logs/\(LogFiles.errorLog)")) == 0o640)
        #expect(File.permissions(place("logs/\(LogFiles.accessLog)")) == 0o640)
    }

    @Test func writesMessagesThatAreGraveEnough() throws {
        let logs = try LogFiles(settings)
        logs.log(.error, "it \u{1B}[31mfailed\r\nbadly")
        logs.log(.debug, "not this one")
        let lines = try errors
        #expect(lines.count == 1)
        let words = try #require(lines.first).split(separator: " ", maxSplits: 3)
        #expect(words[0].hasSuffix("Z") && words[0].contains("T"))
        #expect(words[1] == "[error]")
        #expect(words[2] == "\(ThisProcess.id):")
        #expect(words[3] == #"it \x1b[31mfailed\xd\xabadly"#)
        #expect(logs.dropped == 0)
    }

    @Test mutating func writesMessagesAsJSON() throws {
        settings.format = .json
        let logs = try LogFiles(settings)
        logs.log(.warn, "a \"quoted\"\nline")
        let line = try JSON.parse(String(try #require(try errors.first)))
        #expect(line["level"]?.string == "warn")
        #expect(line["message"]?.string == "a \"quoted\"\nline")
        #expect(line["pid"]?.string == "\(ThisProcess.id)")
        #expect(try errors.count == 1)
    }

    @Test func writesAccessLinesAsPairs() throws {
        let logs = try LogFiles(settings)
        logs.access(
            [("status", "403"), ("reason", "a b"), ("uri", "/x\"y\\"), ("sub", ""), ("end", "a\nb=c")], isFailure: true)
        let line = try #require(try access.first)
        #expect(line.hasPrefix("time_iso8601="))
        #expect(line.hasSuffix(#" status=403 reason="a b" uri="/x\"y\\" sub=- end="a\\xab=c""#))
        #expect(try access.count == 1)
    }

    @Test mutating func writesAccessLinesAsJSON() throws {
        settings.accessFormat = .json
        let logs = try LogFiles(settings)
        logs.access([("status", "403"), ("sub", "a b")], isFailure: true)
        let line = try JSON.parse(String(try #require(try access.first)))
        #expect(line.object?.keys == ["time_iso8601", "status", "sub"])
        #expect(line["sub"]?.string == "a b")
    }

    @Test(arguments: [
        (AccessLogScope.all, ["200", "403"]), (.failures, ["403"]), (.none, []),
    ])
    func writesTheAccessLinesThatAreAskedFor(scope: AccessLogScope, expected: [String]) throws {
        var settings = settings
        settings.access = scope
        let logs = try LogFiles(settings)
        logs.access([("status", "200")], isFailure: false)
        logs.access([("status", "403")], isFailure: true)
        #expect(try access.map { String($0.suffix(3)) } == expected)
    }

    @Test func writesToNewFilesOnceReopened() throws {
        let logs = try LogFiles(settings)
        logs.log(.error, "before")
        try FileManager.default.moveItem(atPath: place("logs/\(LogFiles.errorLog)"), toPath: place("logs/old"))
        logs.log(.error, "between")
        try logs.reopen()
        logs.log(.error, "after")
        #expect(
            try place.text("logs/old").split(separator: "\n").map { $0.split(separator: " ").last } == [
                "before", "between",
            ])
        #expect(try errors.map { $0.split(separator: " ").last } == ["after"])
    }

    @Test mutating func takesNoFilesForStandardError() throws {
        settings.output = .stderr
        _ = try LogFiles(settings)
        #expect(try place.names == [])
    }

    @Test func saysWhyTheDirectoryCannotBeMade() throws {
        try place.write("", to: "logs")
        #expect { _ = try LogFiles(settings) } throws: { "\($0)".contains(place("logs")) }
    }

    @Test func makesOneLineOfAnything() {
        #expect(LogFiles.oneLine("plain äöü") == "plain äöü")
        #expect(LogFiles.oneLine("a\tb\u{7F}") == #"a\x9b\x7f"#)
        #expect(LogFiles.oneLine("\r\n") == #"\xd\xa"#)
        #expect(LogFiles.oneLine("") == "")
    }
}
