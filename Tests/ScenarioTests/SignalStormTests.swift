// Signals come when they like: a hundred HUPs in a second, TERM and QUIT in the middle of a reload, QUIT and then TERM.
// Afterwards the daemon is what it was asked to be, its exit code says how it went, and it leaves no process, no zombie,
// no pid file and no port behind.
import BridgeClient
import Glibc
import JSON
import MockServers
import System
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct SignalStormTests {
    private func expectNothingLeft(_ daemon: DaemonProcess) {
        #expect(daemon.waitForEverybodysEnd(), "\(daemon.family) are left\n\(daemon.account)")
        #expect(!File.exists(daemon.pidFilePath))
        for port in daemon.ports.all.union([daemon.ports.admin]) {
            #expect(throws: Never.self, "\(port)") { _ = try Socket.listen(at: FreePorts.loopback(port)) }
        }
    }

    @Test func aHundredReloadsInASecond() throws {
        let stage = try Stage {
            $0.workers = 2
            $0["limits", "shutdownTimeout"] = "1h"
        }
        let daemon = stage.daemon
        let options = stage.options()
        let load = try SteadyLoad(SteadyLoad.Plan(tunnels: 10, upgradesPerSecond: 10)) { options }
        #expect(load.waitUntilSteady(), "\(load.report.account)")
        for _ in 0..<100 {
            daemon.process.signal(SIGHUP)
            Deadline(in: .milliseconds(10)).pause(.milliseconds(10))
        }
        // The last of them counts: what serves in the end was started after it.
        #expect(load.waitForMessages(100), "\(load.report.account)\n\(daemon.account)")
        #expect(load.waitForUpgrades(20), "\(load.report.account)\n\(daemon.account)")
        let report = load.stop()
        #expect(report.isFlawless && report.sentAway == 0, "\(report.account)\n\(daemon.account)")
        #expect(try daemon.generation > 1)
        #expect(daemon.waitForWorkers(2), "\(daemon.workerPIDs)\n\(daemon.account)")
        let children = ProcessTable.children(of: daemon.pid)
        #expect(!children.contains { ProcessTable.state($0) == "Z" }, "zombies")
        #expect(try daemon.stop() == 0, "\(daemon.account)")
        expectNothingLeft(daemon)
    }

    /// With different pauses, so that the end comes at different stages of the reload.
    @Test(arguments: [SIGTERM, SIGINT, SIGQUIT], [0, 20, 60, 150])
    func anEndInTheMiddleOfAReload(_ signal: Int32, _ milliseconds: Int) throws {
        let stage = try Stage { $0.workers = 2 }
        let daemon = stage.daemon
        daemon.process.signal(SIGHUP)
        let pause = Duration.milliseconds(milliseconds)
        Deadline(in: pause).pause(pause)
        #expect(try daemon.stop(signal, within: .seconds(15)) == 0, "\(daemon.account)")
        expectNothingLeft(daemon)
    }

    @Test func quitAndThenTerm() throws {
        let stage = try Stage { $0.workers = 2 }
        let daemon = stage.daemon
        let client = try stage.connect()
        daemon.process.signal(SIGQUIT)
        try client.send("draining")
        #expect(try client.receive(exactly: 8) == Array("draining".utf8))
        daemon.process.signal(SIGTERM)
        let closure = try client.closure()
        #expect(closure.code == .goingAway && closure.isOrderly, "\(closure)")
        #expect(daemon.process.waitForExit(within: .seconds(15)) == 0, "\(daemon.account)")
        expectNothingLeft(daemon)
    }

    @Test func everythingAtOnce() throws {
        let stage = try Stage {
            $0.workers = 2
            $0["limits", "shutdownTimeout"] = "2s"
        }
        let daemon = stage.daemon
        let options = stage.options()
        let load = try SteadyLoad(SteadyLoad.Plan(tunnels: 4, upgradesPerSecond: 4)) { options }
        #expect(load.waitUntilSteady(), "\(load.report.account)")
        var random = Segmentation(sizes: 0...1_000_000, seed: 11)
        for _ in 0..<60 {
            switch random.next() % 4 {
            case 0: daemon.process.signal(SIGUSR1)
            case 1:
                let workers = daemon.workerPIDs
                if !workers.isEmpty { kill(workers[random.next() % workers.count], SIGKILL) }
            default: daemon.process.signal(SIGHUP)
            }
            let pause = Duration.milliseconds(random.next() % 40)
            Deadline(in: pause).pause(pause)
        }
        #expect(daemon.process.isRunning, "\(daemon.account)")
        #expect(load.waitForMessages(40), "\(load.report.account)\n\(daemon.account)")
        #expect(load.waitForUpgrades(8), "\(load.report.account)\n\(daemon.account)")
        #expect(load.report.refused == 0 && load.report.corrupt == 0, "\(load.report.account)")
        _ = load.stop()
        #expect(daemon.waitForWorkers(2, within: .seconds(40)), "\(daemon.workerPIDs)\n\(daemon.account)")
        #expect(try daemon.stop() == 0, "\(daemon.account)")
        expectNothingLeft(daemon)
    }

    /// Who was cut off because the time was over makes the exit code 1, as without workers.
    @Test func aDrainThatTimesOutIsAFailure() throws {
        let stage = try Stage {
            $0.workers = 2
            $0["limits", "shutdownTimeout"] = "500ms"
        }
        let client = try stage.connect()
        stage.daemon.process.signal(SIGQUIT)
        #expect(try client.closure().code == .goingAway)
        #expect(stage.daemon.process.waitForExit(within: .seconds(15)) == 1, "\(stage.daemon.account)")
        expectNothingLeft(stage.daemon)
    }

    @Test(arguments: [SIGTERM, SIGINT]) func aFastStopClosesTunnelsWith1001(_ signal: Int32) throws {
        let stage = try Stage(["sink": .sink]) { $0.workers = 2 }
        let runtime = try ClientRuntime()
        let clients = try (0..<6).map { _ in try stage.connect("sink", runtime: runtime) }
        for client in clients { try client.send(BytePattern.bytes(count: 100_000)) }
        stage.daemon.process.signal(signal)
        for client in clients {
            let closure = try client.closure()
            #expect(closure.code == .goingAway && closure.isOrderly, "\(closure)")
        }
        #expect(stage.daemon.process.waitForExit(within: .seconds(15)) == 0, "\(stage.daemon.account)")
        let reports = try stage.application("sink").reports(6)
        #expect(reports.count == 6)
        for report in reports { #expect(report.sha256 == BytePattern.sha256(count: 100_000)) }
        expectNothingLeft(stage.daemon)
    }
}
