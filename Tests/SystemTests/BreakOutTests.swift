import Glibc
import System
import Testing

/// The misdeeds in a process that nothing confines, as far as that is harmless beside other tests. All of them, in a
/// confined one, are tried by a process of its own.
@Suite struct BreakOutTests {
    private func outcome(_ name: String, _ targets: BreakOut.Targets) throws -> BreakOut.Outcome {
        try #require(BreakOut.all(targets).first { $0.name == name }).attempt()
    }

    @Test func readingTellsWhetherItWorked() throws {
        var targets = BreakOut.Targets()
        targets.secretFiles = ["/proc/self/mem", "/etc/passwd", "/nonexistent/key.pem"]
        targets.outsidePath = "/etc/passwd"
        #expect(try outcome("read /proc/self/mem", targets) == .succeeded)
        #expect(try outcome("read /etc/passwd", targets) == .succeeded)
        #expect(try outcome("read /nonexistent/key.pem", targets) == .refused("ENOENT"))
        #expect(try outcome("open /etc/passwd outside the jail", targets) == .succeeded)
        #expect(try outcome("climb out of the jail with ..", targets) == .succeeded)
    }

    @Test func aFileThatCouldBeMadeIsGoneAfterwards() throws {
        var targets = BreakOut.Targets()
        targets.directory = "/tmp"
        #expect(try outcome("make a file in /tmp", targets) == .succeeded)
        #expect(!File.exists("/tmp/.secure-proxy-trial"))
        targets.directory = "/nonexistent"
        #expect(try outcome("make a file in /nonexistent", targets) == .refused("ENOENT"))
        #expect(try outcome("make a device in /nonexistent", targets) != .succeeded)
    }

    @Test func aLogIsWrittenOverAndStaysWhatItWas() throws {
        let path = "/tmp/secure-proxy-log-\(ThisProcess.id)"
        let log = try File.openForAppending(path, permissions: 0o600)
        defer { try? File.remove(path) }
        let flags = fcntl(log.number, F_GETFL)
        var targets = BreakOut.Targets()
        targets.log = log.number
        #expect(try outcome("rewrite the log", targets) == .succeeded)
        #expect(fcntl(log.number, F_GETFL) == flags && flags & O_APPEND != 0)
        targets.log = -1
        #expect(try outcome("rewrite the log", targets) == .refused("EBADF"))
    }

    @Test func aDescriptorIsSent() throws {
        #expect(try outcome("send a descriptor", BreakOut.Targets()) == .succeeded)
    }

    @Test func childrenAndProgramsAreHadAndEnded() throws {
        #expect(try outcome("fork", BreakOut.Targets()) == .succeeded)
        #expect(try outcome("execute /bin/sh", BreakOut.Targets()) == .succeeded)
        var targets = BreakOut.Targets()
        targets.program = "/nonexistent"
        #expect(try outcome("execute /nonexistent", targets) == .refused("ENOENT"))
    }

    @Test func targetsMakeTheList() {
        var targets = BreakOut.Targets()
        let few = BreakOut.all(targets)
        #expect(Set(few.map(\.name)).count == few.count)
        #expect(few.allSatisfy { !$0.layers.isEmpty })
        targets.processes = [BreakOut.Process(name: "master", id: 1)]
        targets.secretFiles = ["/a", "/b"]
        targets.outsidePath = "/c"
        targets.readableFile = "/d"
        #expect(BreakOut.all(targets).count == few.count + 5 + 2 + 2 + 1)
    }

    @Test func successIsABreachOnlyWhereALayerShouldHaveHeld() {
        let landlock = ConfinementFinding(.landlock, .holds, "")
        let off = ConfinementFinding(.systemCalls, .switchedOff, "")
        let exec = ConfinementTrial.Line.attempt(
            name: "execute", layers: [.landlock, .systemCalls], outcome: .succeeded)
        let fork = ConfinementTrial.Line.attempt(name: "fork", layers: [.systemCalls], outcome: .succeeded)
        let refused = ConfinementTrial.Line.attempt(name: "x", layers: [.landlock], outcome: .refused("EACCES"))
        let lines = [.layer(landlock), .layer(off), exec, fork, refused]
        #expect(ConfinementTrial.breaches(in: lines) == [exec])
        #expect(fork.description == "fork: SUCCEEDED")
        #expect(refused.description == "x: refused (EACCES)")
    }
}
