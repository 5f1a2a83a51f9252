// The load that other stories have beside them: it finds nothing wrong with a daemon that is left alone, and it notices
// what is wrong: an application that echoes badly, a daemon that is killed.
import BridgeClient
import Glibc
import JSON
import MockServers
import TestSupport
import Testing

@Suite(.serialized) struct SteadyLoadTests {
    private func load(_ stage: Stage, _ plan: SteadyLoad.Plan, at bridge: String = "wss") throws -> SteadyLoad {
        let options = stage.options(bridge)
        return try SteadyLoad(plan) { options }
    }

    @Test func aDaemonLeftAloneIsFlawless() throws {
        let stage = try Stage()
        let load = try load(stage, SteadyLoad.Plan(tunnels: 20, upgradesPerSecond: 20))
        #expect(load.waitUntilSteady())
        #expect(load.waitForMessages(200))
        #expect(load.waitForUpgrades(20))
        let report = load.stop()
        #expect(report.isFlawless, "\(report.account)")
        #expect(report.opened == 20 && report.open == 0 && report.certificates.count == 1, "\(report.account)")
        #expect(try stage.daemon.stop() == 0)
    }

    /// Whether this machine can do what the full form of other stories asks for.
    @Test(.enabled(if: FullForm.isAsked)) func theFullLoad() throws {
        let stage = try Stage()
        var plan = SteadyLoad.Plan(tunnels: 200, upgradesPerSecond: 50)
        plan.messagesPerSecond = 10
        let load = try load(stage, plan)
        #expect(load.waitUntilSteady())
        #expect(load.waitForUpgrades(500))
        let report = load.stop()
        #expect(report.isFlawless && report.skipped == 0, "\(report.account)")
        print(report.account)
    }

    @Test func anEchoWithOtherBytesIsNoticed() throws {
        let stage = try Stage(["greets": .greeting([1, 2, 3])])
        let load = try load(stage, SteadyLoad.Plan(tunnels: 2, upgradesPerSecond: 2), at: "greets")
        #expect(Deadline(in: .seconds(20)).poll { load.report.corrupt >= 4 }, "\(load.report.account)")
    }

    @Test func theEndOfTheDaemonIsNoticed() throws {
        let stage = try Stage()
        let load = try load(stage, SteadyLoad.Plan(tunnels: 5, upgradesPerSecond: 10))
        #expect(load.waitUntilSteady())
        stage.daemon.process.kill()
        #expect(Deadline(in: .seconds(20)).poll { load.report.brokenOff >= 5 }, "\(load.report.account)")
        #expect(Deadline(in: .seconds(20)).poll { load.report.refused >= 5 }, "\(load.report.account)")
    }

    @Test func whoIsSentAwayComesAgain() throws {
        let stage = try Stage { $0["limits", "maxLifetime"] = "1s" }
        let load = try load(stage, SteadyLoad.Plan(tunnels: 2, upgradesPerSecond: 1))
        // The proxy ends tunnels that have lasted too long with 1008: no invitation, and counted as broken off.
        #expect(Deadline(in: .seconds(20)).poll { load.report.brokenOff >= 2 }, "\(load.report.account)")
        #expect(load.waitUntilSteady(), "\(load.report.account)")
        stage.daemon.process.signal(SIGTERM)
        #expect(Deadline(in: .seconds(20)).poll { load.report.sentAway >= 2 }, "\(load.report.account)")
    }
}
