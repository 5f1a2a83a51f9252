// Old generations. A reload leaves tunnels where they are: they go on in workers that accept nobody any more, until they
// end by themselves or `shutdownTimeout` is over, which closes them with 1001. QUIT drains everything, and says so to load
// balancers.
import BridgeClient
import Glibc
import HTTP1
import JSON
import MockServers
import System
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct DrainTests {
    @Test func aTunnelGoesOnInTheOldGeneration() throws {
        let stage = try Stage {
            $0.workers = 1
            $0["limits", "shutdownTimeout"] = "1h"
        }
        let daemon = stage.daemon
        let runtime = try ClientRuntime()
        let tunnel = try stage.connect(runtime: runtime)
        let old = try #require(daemon.workerPIDs.first)
        try daemon.reload()
        #expect(daemon.workerPIDs.count == 2 && daemon.workerPIDs.contains(old))
        try tunnel.send("still here")
        #expect(try tunnel.receive(exactly: 10) == Array("still here".utf8))
        // Newcomers are the new generation's.
        let newcomer = try stage.connect(runtime: runtime)
        let table = ConnectionTable()
        #expect(table.connections(of: old, at: daemon.ports.all) == 1)
        // Once nobody is left, the old generation goes.
        #expect(try tunnel.close().code == .normalClosure)
        #expect(Deadline(in: .seconds(10)).poll { !daemon.workerPIDs.contains(old) }, "\(daemon.account)")
        try newcomer.send("new")
        #expect(try newcomer.receive(exactly: 3) == Array("new".utf8))
        #expect(try daemon.admin("/readyz").status == 200)
    }

    @Test func pastTheLimitTheOldGenerationClosesWith1001() throws {
        let stage = try Stage {
            $0.workers = 2
            $0["limits", "shutdownTimeout"] = "1s"
        }
        let daemon = stage.daemon
        let runtime = try ClientRuntime()
        let tunnels = try (0..<6).map { _ in try stage.connect(runtime: runtime) }
        let old = daemon.workerPIDs
        try daemon.reload()
        let newcomer = try stage.connect(runtime: runtime)
        for tunnel in tunnels {
            let closure = try tunnel.closure()
            #expect(closure.code == .goingAway && closure.isOrderly, "\(closure)")
        }
        #expect(Deadline(in: .seconds(10)).poll { Set(daemon.workerPIDs).isDisjoint(with: old) }, "\(daemon.account)")
        try newcomer.send("untouched")
        #expect(try newcomer.receive(exactly: 9) == Array("untouched".utf8))
        #expect(try newcomer.close().code == .normalClosure)
        // Old generations don't make a later shutdown fail.
        #expect(try daemon.stop(SIGQUIT) == 0, "\(daemon.account)")
    }

    /// A reload isn't a shutdown: who was accepted by the old generation and asks only now is served by it.
    @Test func whoWasAcceptedBeforeIsServed() throws {
        let stage = try Stage { $0.workers = 1 }
        let client = try BlockingBridgeClient(stage.options())
        try client.open()
        try stage.daemon.reload()
        try client.connect()
        try client.send("served")
        #expect(try client.receive(exactly: 6) == Array("served".utf8))
        #expect(try client.close().code == .normalClosure)
    }

    @Test func quitDrains() throws {
        let stage = try Stage {
            $0.workers = 2
            $0["limits", "shutdownTimeout"] = "1h"
        }
        let daemon = stage.daemon
        // At the start a worker may still be without keys.
        #expect(Deadline(in: .seconds(20)).poll { (try? daemon.admin("/readyz").status) == 200 })
        let runtime = try ClientRuntime()
        let tunnels = try (0..<4).map { _ in try stage.connect(runtime: runtime) }
        let late = try BlockingBridgeClient(stage.options(), runtime: runtime)
        try late.open()
        daemon.process.signal(SIGQUIT)
        var ready = 0
        #expect(
            Deadline(in: .seconds(10)).poll {
                ready = (try? daemon.admin("/readyz").status) ?? 0
                return ready == 503
            }, "/readyz answers \(ready)\n\(daemon.account)")
        #expect(try daemon.status()["state"]?.string == "draining")
        // Nobody else comes in.
        let isClosed = Deadline(in: .seconds(10)).poll { !ConnectionTable().isListening(daemon.port()) }
        #expect(isClosed, "\(daemon.account)")
        try late.sendRaw(HeadSerializer.serialize(late.connection.request))
        let answer = try late.refusal()
        #expect(answer.status == 503 && answer.field("Retry-After") != nil)
        for tunnel in tunnels {
            try tunnel.send("draining")
            #expect(try tunnel.receive(exactly: 8) == Array("draining".utf8))
        }
        #expect(daemon.process.isRunning)
        for tunnel in tunnels { #expect(try tunnel.close().code == .normalClosure) }
        #expect(daemon.process.waitForExit(within: .seconds(15)) == 0, "\(daemon.account)")
        #expect(daemon.waitForEverybodysEnd())
    }

    /// Settings are really new after a reload: another backend, and another answer for bad tokens.
    @Test func aReloadTakesTheNewSettings() throws {
        var adjusted: DaemonSettings?
        let stage = try Stage {
            $0.workers = 2
            adjusted = $0
        }
        let bad = stage.daemon.bridge(token: "bad")
        #expect(try BlockingBridgeClient(bad).refusal().status == 403)
        var settings = try #require(adjusted)
        settings["oidc", "rejectStatus"] = 401
        settings["backend", "port"] = .integer(
            Int64(try stage.world.application(.greeting(Array("other".utf8))).address.port))
        try stage.daemon.write(settings)
        try stage.daemon.reload()
        #expect(try BlockingBridgeClient(bad).refusal().status == 401)
        #expect(try stage.connect().receive(exactly: 5) == Array("other".utf8))
        #expect(try stage.daemon.metrics().sum("secure_proxy_reloads_total", "result=\"ok\"") == 1)
    }
}
