// Everything that an operator does to a running daemon, under a load that never rests: reloads, new certificates, another
// binary, and workers that are killed. Not one connection is refused, and not one byte is lost or doubled, except that the
// connections of a killed worker end with it.
//
// SECURE_PROXY_FULL=1 tells the long form: 200 tunnels, 50 new clients a second, 20 reloads, 5 certificates, 2 binaries,
// 10 killed workers.
import BridgeClient
import Glibc
import JSON
import MockServers
import System
import TestSupport
import Testing

/// What is done, and how often.
private struct Course: Sendable {
    enum Deed: CaseIterable { case reload, changeCertificate, replaceBinary, killWorker }

    var tunnels: Int
    var upgradesPerSecond: Double
    var counts: [Deed: Int]

    static let ordinary = Course(
        tunnels: 40, upgradesPerSecond: 20,
        counts: [.reload: 4, .changeCertificate: 2, .replaceBinary: 1, .killWorker: 2])
    static let full = Course(
        tunnels: 200, upgradesPerSecond: 50,
        counts: [.reload: 20, .changeCertificate: 5, .replaceBinary: 2, .killWorker: 10])

    /// All deeds in a random order that is the same in every run.
    var deeds: [Deed] {
        var left = Deed.allCases.flatMap { Array(repeating: $0, count: counts[$0] ?? 0) }
        var random = Segmentation(sizes: 1...1_000_000, seed: 7)
        var order: [Deed] = []
        while !left.isEmpty { order.append(left.remove(at: random.next() % left.count)) }
        return order
    }
}

@Suite(.serialized) struct LifeCycleUnderLoadTests {
    @Test func nobodyNotices() throws {
        let course = FullForm.choose(Course.full, otherwise: Course.ordinary)
        let authority = try TestAuthority()
        let stage = try Stage { settings in
            settings.workers = 2
            settings.authority = authority
            settings["tls", "reloadInterval"] = "1s"
            // Longer than the story: tunnels outlive every generation.
            settings["limits", "shutdownTimeout"] = "1h"
        }
        let daemon = stage.daemon
        let options = stage.options()
        let load = try SteadyLoad(
            SteadyLoad.Plan(tunnels: course.tunnels, upgradesPerSecond: course.upgradesPerSecond)
        ) { options }
        #expect(load.waitUntilSteady(), "\(load.report.account)")

        var predecessors: [ChildProcess] = []
        var lost = 0
        var certificates = 1
        var kills = 0
        for deed in course.deeds {
            switch deed {
            case .reload: try daemon.reload()
            case .replaceBinary: predecessors.append(try daemon.replaceBinary())
            case .changeCertificate:
                try TestAuthority.install(authority.issue(), in: daemon.directory)
                certificates += 1
                let wanted = certificates
                #expect(
                    Deadline(in: .seconds(30)).poll { load.report.certificates.count == wanted },
                    "the new certificate isn't shown\n\(load.report.account)\n\(daemon.account)")
            case .killWorker:
                // In turn the one with the most connections, of whatever generation and master, and any that is new.
                kills += 1
                let table = ConnectionTable()
                func connections(_ pid: pid_t) -> Int { table.connections(of: pid, at: daemon.ports.all) }
                let victim =
                    kills % 2 == 1
                    ? daemon.workerPIDsOfAllMasters.max { connections($0) < connections($1) }
                    : daemon.workerPIDs.suffix(2).randomElement()
                lost += daemon.killWorker(try #require(victim))
            }
            // Everybody has had a word with the daemon since.
            #expect(load.waitForMessages(course.tunnels * 2), "\(deed)\n\(load.report.account)\n\(daemon.account)")
            #expect(load.waitForUpgrades(Int(course.upgradesPerSecond)), "\(deed)\n\(load.report.account)")
            #expect(
                load.report.isFlawlessButForCutOffs && load.report.cutOff <= lost,
                "\(deed), \(lost) connections of killed workers\n\(load.report.account)\n\(daemon.account)")
        }

        let report = load.stop()
        print(report.account)
        #expect(report.isFlawlessButForCutOffs, "\(report.account)")
        #expect(report.opened > course.tunnels, "no tunnel was on a killed worker")
        #expect(report.cutOff <= lost, "\(lost) connections of killed workers\n\(report.account)")
        #expect(report.sentAway == 0, "\(report.account)")
        #expect(report.opened <= course.tunnels + lost, "\(report.account)")
        #expect(report.certificates.count == certificates)
        // Old masters go when their last tunnel has gone. Workers of theirs that were killed count as a failure.
        for predecessor in predecessors {
            #expect(predecessor.waitForExit(within: .seconds(20)) != nil, "an old master stays\n\(daemon.account)")
        }
        #expect(daemon.waitForWorkers(2), "old generations stay\n\(daemon.account)")
        // What came to the application has gone back, and nobody is left there.
        let application = try stage.application()
        #expect(application.wait { $0.open == 0 && $0.bytesReceived == $0.bytesSent })
        #expect(try daemon.stop() == 0, "\(daemon.account)")
        #expect(daemon.waitForEverybodysEnd(), "\(daemon.family) are left")
        #expect(!File.exists(daemon.pidFilePath))
    }
}
