// The master is killed. Nobody outlives it: workers close their tunnels with 1001 and end, the key holder ends, the ports
// are free, and the next start takes no offence at the pid file that was left behind.
import BridgeClient
import Glibc
import JSON
import MockServers
import System
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct MasterDeathTests {
    @Test(arguments: [false, true]) func nobodyOutlivesIt(_ keyIsolation: Bool) throws {
        let stage = try Stage {
            $0.workers = 2
            $0["security", "keyIsolation"] = .bool(keyIsolation)
        }
        let daemon = stage.daemon
        #expect(daemon.keyHolderPIDs.count == (keyIsolation ? 1 : 0))
        let runtime = try ClientRuntime()
        let clients = try (0..<6).map { _ in try stage.connect(runtime: runtime) }
        let others = daemon.workerPIDs + daemon.keyHolderPIDs
        daemon.process.kill()
        for client in clients {
            let closure = try client.closure()
            #expect(closure.code == .goingAway && closure.isOrderly, "\(closure)")
        }
        #expect(Deadline(in: .seconds(5)).poll { !others.contains(where: ProcessTable.isAlive) }, "\(daemon.account)")
        #expect(daemon.waitForEverybodysEnd())
        for port in daemon.ports.all.union([daemon.ports.admin]) {
            #expect(throws: Never.self) { _ = try Socket.listen(at: FreePorts.loopback(port)) }
        }
        // A killed master can't tidy up.
        #expect(daemon.pidInFile == daemon.pid)

        try daemon.startAgain()
        #expect(daemon.pidInFile == daemon.pid)
        let client = try stage.connect()
        try client.send("again")
        #expect(try client.receive(exactly: 5) == Array("again".utf8))
        #expect(try client.close().code == .normalClosure)
        #expect(try daemon.stop() == 0, "\(daemon.account)")
        #expect(!File.exists(daemon.pidFilePath))
    }

    /// The one stale file that matters: its number is somebody else's by now.
    @Test func aPidFileWithTheNumberOfAnotherProcessIsStale() throws {
        let stage = try Stage { $0.workers = 1 }
        let daemon = stage.daemon
        daemon.process.kill()
        #expect(daemon.waitForEverybodysEnd())
        try File.write(Array("\(ThisProcess.id)\n".utf8), to: daemon.pidFilePath, permissions: 0o644)
        try daemon.startAgain()
        #expect(daemon.pidInFile == daemon.pid)
        #expect(try stage.connect().close().code == .normalClosure)
    }

    /// A second daemon with the same pid file is refused, and the first one doesn't notice.
    @Test func aSecondDaemonIsRefused() throws {
        let stage = try Stage { $0.workers = 1 }
        let daemon = stage.daemon
        let errors = "\(daemon.directory)/second"
        let second = try ChildProcess(
            BuiltProgram.path("secure-proxy"), ["run", "--config", daemon.settingsPath], output: errors, errors: errors)
        #expect(second.waitForExit(within: .seconds(20)) == 1)
        let words = String(decoding: try File.read(errors), as: UTF8.self)
        #expect(words.contains("\(daemon.pid)"), "\(words)")
        #expect(daemon.pidInFile == daemon.pid)
        #expect(try stage.connect().close().code == .normalClosure)
    }
}
