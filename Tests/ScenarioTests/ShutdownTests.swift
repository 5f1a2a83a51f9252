// How the daemon ends: TERM and INT at once, QUIT when the tunnels have ended or the time for it is over. Clients get a
// Close 1001, backends an orderly end with everything that came before; the exit code says whether anybody was cut off.
import BridgeClient
import Glibc
import HTTP1
import JSON
import MockServers
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct ShutdownTests {
    @Test(arguments: [SIGTERM, SIGINT]) func tunnelsAreClosedWith1001(_ signal: Int32) throws {
        let stage = try Stage(["sink": .sink])
        let runtime = try ClientRuntime()
        let clients = try (0..<5).map { _ in try stage.connect("sink", runtime: runtime) }
        for client in clients { try client.send(BytePattern.bytes(count: 100_000)) }
        stage.daemon.process.signal(signal)
        for client in clients {
            let closure = try client.closure()
            #expect(closure.code == .goingAway && closure.isOrderly)
            #expect(closure.reason == "shutting down")
        }
        #expect(stage.daemon.process.waitForExit(within: .seconds(10)) == 0, "\(stage.daemon.account)")
        let reports = try stage.application("sink").reports(5)
        #expect(reports.count == 5)
        for report in reports {
            #expect(report.sha256 == BytePattern.sha256(count: 100_000))
            #expect(report.ending == .finished)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGQUIT]) func withoutTunnelsItEndsAtOnce(_ signal: Int32) throws {
        let stage = try Stage()
        #expect(try stage.connect().close().code == .normalClosure)
        var code: Int32?
        let time = try Deadline.measure { code = try stage.daemon.stop(signal) }
        #expect(code == 0)
        #expect(time < .seconds(5))
    }

    @Test func aRequestUnderWayIsAnswered503() throws {
        let stage = try Stage()
        let client = try BlockingBridgeClient(stage.options())
        try client.open()
        stage.daemon.process.signal(SIGTERM)
        let answer = try client.refusal()
        #expect(answer.status == 503)
        #expect(answer.field("Retry-After") == "5")
        client.disconnect()
        #expect(stage.daemon.process.waitForExit(within: .seconds(10)) == 0)
    }

    /// A client that doesn't answer the Close can't hold the shutdown up, but it was cut off: exit code 1.
    @Test func aClientThatDoesNotAnswerIsCutOff() throws {
        let stage = try Stage { $0["limits", "closeTimeout"] = "700ms" }
        let client = try stage.connect()
        client.readsOnDemand = true
        #expect(try stage.daemon.stop(SIGTERM, within: .seconds(10)) == 1)
        let closure = try client.closure()
        #expect(closure.code == .goingAway)
    }

    @Test func quitLetsTunnelsEndByThemselves() throws {
        let stage = try Stage()
        let runtime = try ClientRuntime()
        let client = try stage.connect(runtime: runtime)
        stage.daemon.process.signal(SIGQUIT)
        // New connections are refused by the kernel as soon as the listeners are closed.
        let isClosed = Deadline(in: .seconds(10)).poll {
            guard let late = try? BlockingBridgeClient(stage.options(), runtime: runtime) else { return false }
            do throws(ClientError) { try late.connect() } catch {
                if case .dial = error { return true }
            }
            return false
        }
        #expect(isClosed)
        try client.send("still here")
        #expect(try client.receive(exactly: 10) == Array("still here".utf8))
        #expect(stage.daemon.process.isRunning)
        #expect(try client.close().code == .normalClosure)
        #expect(stage.daemon.process.waitForExit(within: .seconds(10)) == 0)
    }

    /// A connection that was accepted before and asks only now is told to try elsewhere.
    @Test func anUpgradeWhileDrainingIsAnswered503() throws {
        let stage = try Stage()
        let runtime = try ClientRuntime()
        let tunnel = try stage.connect(runtime: runtime)
        let late = try BlockingBridgeClient(stage.options(), runtime: runtime)
        try late.open()
        stage.daemon.process.signal(SIGQUIT)
        let isClosed = Deadline(in: .seconds(10)).poll {
            guard let third = try? BlockingBridgeClient(stage.options(), runtime: runtime) else { return false }
            do throws(ClientError) { try third.connect() } catch {
                if case .dial = error { return true }
            }
            return false
        }
        #expect(isClosed)
        try late.sendRaw(HeadSerializer.serialize(late.connection.request))
        let answer = try late.refusal()
        #expect(answer.status == 503)
        #expect(answer.field("Retry-After") == "5")
        #expect(try tunnel.close().code == .normalClosure)
    }

    @Test func pastTheDrainLimitTunnelsAreClosedWith1001() throws {
        let stage = try Stage(["sink": .sink]) { $0["limits", "shutdownTimeout"] = "500ms" }
        let client = try stage.connect("sink")
        try client.send(BytePattern.bytes(count: 50_000))
        stage.daemon.process.signal(SIGQUIT)
        let closure = try client.closure()
        #expect(closure.code == .goingAway && closure.isOrderly)
        #expect(stage.daemon.process.waitForExit(within: .seconds(10)) == 1)
        let report = try #require(try stage.application("sink").reports(1).first)
        #expect(report.sha256 == BytePattern.sha256(count: 50_000))
        #expect(report.ending == .finished)
    }

    @Test func termEndsAGracefulShutdown() throws {
        let stage = try Stage()
        let client = try stage.connect()
        stage.daemon.process.signal(SIGQUIT)
        try client.send("draining")
        #expect(try client.receive(exactly: 8) == Array("draining".utf8))
        stage.daemon.process.signal(SIGTERM)
        #expect(try client.closure().code == .goingAway)
        #expect(stage.daemon.process.waitForExit(within: .seconds(10)) == 0)
    }
}
