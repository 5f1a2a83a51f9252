// A worker that dies takes its own connections with it and nothing else: the others never notice, it is replaced at once,
// and clients that come in between wait in the kernel's queue, which the master keeps. Workers that keep dying are
// replaced later and later, and the daemon says so.
import BridgeClient
import Glibc
import JSON
import MockServers
import System
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct WorkerCrashTests {
    @Test(arguments: [SIGKILL, SIGSEGV]) func onlyItsOwnConnectionsEnd(_ signal: Int32) throws {
        let stage = try Stage { $0.workers = 2 }
        let daemon = stage.daemon
        let options = stage.options()
        let load = try SteadyLoad(SteadyLoad.Plan(tunnels: 20, upgradesPerSecond: 10)) { options }
        #expect(load.waitUntilSteady(), "\(load.report.account)")
        let workers = daemon.workerPIDs
        #expect(workers.count == 2)
        let victim = try #require(workers.first)
        var lost = ConnectionTable().connections(of: victim, at: daemon.ports.all)
        if signal == SIGKILL { lost = daemon.killWorker(victim) } else { kill(victim, signal) }
        // A second or two, not the back-off's.
        let time = try Deadline.measure {
            try #require(
                Deadline(in: .seconds(10)).poll {
                    let now = daemon.workerPIDs
                    return now.count == 2 && !now.contains(victim) && now.allSatisfy(ProcessTable.isAlive)
                }, "\(daemon.account)")
        }
        #expect(time < .seconds(5))
        #expect(load.waitForMessages(100), "\(load.report.account)")
        #expect(load.waitForUpgrades(20), "\(load.report.account)")
        let report = load.stop()
        #expect(report.isFlawlessButForCutOffs, "\(report.account)")
        // A visit that came between the count and the signal may be one more.
        #expect(report.cutOff <= lost + (signal == SIGKILL ? 0 : 3), "\(lost) connections\n\(report.account)")
        #expect(report.opened <= 20 + lost, "\(lost) connections\n\(report.account)")
        #expect(try daemon.metrics().sum("secure_proxy_worker_restarts_total") == 1)
        #expect(daemon.waitForErrorLog("worker"), "\(daemon.account)")
        // What the dead worker held is off the gauges.
        #expect(try daemon.metrics().sum("secure_proxy_tunnels") == 0)
        #expect(try daemon.stop() == 0, "\(daemon.account)")
    }

    /// One worker, killed as soon as it is there: three times it comes back at once, then later and later; who comes
    /// meanwhile waits and is served.
    @Test func whoKeepsCrashingIsReplacedLater() throws {
        let stage = try Stage {
            $0.workers = 1
            $0["limits", "restartDelay"] = "600ms"
            $0["limits", "maxRestartDelay"] = "1500ms"
        }
        let daemon = stage.daemon
        var times: [Duration] = []
        for _ in 0..<6 {
            let worker = try #require(daemon.workerPIDs.first { ProcessTable.isAlive($0) }, "\(daemon.account)")
            kill(worker, SIGKILL)
            times.append(
                try Deadline.measure {
                    try #require(
                        Deadline(in: .seconds(20)).poll {
                            daemon.workerPIDs.contains { $0 != worker && ProcessTable.isAlive($0) }
                        }, "\(daemon.account)")
                })
        }
        #expect(times[0] < .milliseconds(600) && times[1] < .milliseconds(600), "\(times)")
        #expect(times[4] > .milliseconds(600) && times[5] > .milliseconds(900), "\(times)")
        #expect(times.allSatisfy { $0 < .seconds(5) }, "\(times)")
        #expect(daemon.errorLog.contains("keeps ending"), "\(daemon.account)")

        let worker = try #require(daemon.workerPIDs.first { ProcessTable.isAlive($0) })
        kill(worker, SIGKILL)
        let client = try stage.connect()
        try client.send("patience")
        #expect(try client.receive(exactly: 8) == Array("patience".utf8))
        #expect(try client.close().code == .normalClosure)
        // In the middle of a pause it still ends at once.
        let last = try #require(daemon.workerPIDs.first { ProcessTable.isAlive($0) })
        kill(last, SIGKILL)
        // The master knows: otherwise it would have died while the daemon stopped, which is a failure.
        #expect(Deadline(in: .seconds(5)).poll { ProcessTable.state(last) == nil })
        #expect(try daemon.stop(within: .seconds(10)) == 0)
        #expect(daemon.waitForEverybodysEnd())
    }
}
