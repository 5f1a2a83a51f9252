import System
import Testing

@testable import Daemon

@Suite struct ReloadOutcomeTests {
    let place: Workplace
    var pidFile: String { place("secure-proxy.pid") }

    init() throws { place = try Workplace() }

    @Test(arguments: [
        ReloadOutcome(count: 1, problem: nil), ReloadOutcome(count: 0, problem: ""),
        ReloadOutcome(count: Int.max, problem: "error: a\n  b ok\n\nc refused\n"),
        ReloadOutcome(count: 2, problem: "ok"), ReloadOutcome(count: -1, problem: "ümläut \u{0}"),
    ])
    func isReadAsItWasWritten(_ outcome: ReloadOutcome) {
        outcome.write(pidFile)
        #expect(ReloadOutcome.read(pidFile) == outcome)
    }

    @Test func thereIsNoneBeforeTheFirstAndAfterTheLast() throws {
        #expect(ReloadOutcome.read(pidFile) == nil)
        ReloadOutcome(count: 1, problem: nil).write(pidFile)
        #expect(ReloadOutcome.path(pidFile) == "\(pidFile).reload")
        #expect(try place.names == ["secure-proxy.pid.reload"])
        // Settings can hold what others needn't know.
        #expect(File.permissions(ReloadOutcome.path(pidFile)).map { $0 & 0o007 } == 0)
        ReloadOutcome.remove(pidFile)
        ReloadOutcome.remove(pidFile)
        #expect(ReloadOutcome.read(pidFile) == nil)
        #expect(try place.names == [])
    }

    @Test func theLaterReplacesTheEarlier() {
        ReloadOutcome(count: 1, problem: String(repeating: "long ", count: 1000)).write(pidFile)
        ReloadOutcome(count: 2, problem: nil).write(pidFile)
        #expect(ReloadOutcome.read(pidFile) == ReloadOutcome(count: 2, problem: nil))
    }

    @Test(arguments: [
        "", "\n", "ok", "1", "1 maybe", "x ok", "1 ok more\n", " \n1 ok", "99999999999999999999 ok\n", "\u{0}\u{1}",
    ])
    func garbageIsNoOutcome(_ text: String) throws {
        try File.write(Array(text.utf8), to: ReloadOutcome.path(pidFile), permissions: 0o600)
        #expect(ReloadOutcome.read(pidFile) == nil)
    }

    @Test func bytesThatAreNoTextAndFilesThatAreNoFiles() throws {
        try File.write([0xFF, 0xFE, 0x20, 0x80], to: ReloadOutcome.path(pidFile), permissions: 0o600)
        #expect(ReloadOutcome.read(pidFile) == nil)
        ReloadOutcome.remove(pidFile)
        try File.makeDirectory(ReloadOutcome.path(pidFile), permissions: 0o700)
        #expect(ReloadOutcome.read(pidFile) == nil)
        // Nowhere to write to is nothing to fail for.
        ReloadOutcome(count: 1, problem: nil).write(pidFile)
        ReloadOutcome(count: 1, problem: nil).write(place("none/pid"))
        #expect(ReloadOutcome.read(place("none/pid")) == nil)
    }
}
