import Bytes
import MockServers
import Reactor
import Settings
import System
import Testing

@testable import Daemon

@Suite struct BackendProbeTests {
    let place: Workplace
    let host: MockHost
    let loop: EventLoop

    init() throws {
        place = try Workplace()
        host = try MockHost()
        loop = try EventLoop()
    }

    private func probe(_ backends: [UInt16]) throws -> BackendProbe {
        var settings = try SettingsFile.load(try place.settings(backendPort: backends[0])).get()
        for port in backends.dropFirst() {
            var listener = try #require(settings.listeners.first { $0.kind == .bridge })
            listener.backend.port = port
            settings.listeners.append(listener)
        }
        return BackendProbe(settings, loop: loop, resolver: try Resolver(loop: loop))
    }

    /// Runs the loop until `condition` holds.
    private func turns(until condition: () -> Bool) throws { try loop.turns(until: condition) }

    @Test func aBackendIsAProblemUntilItHasAccepted() throws {
        let application = try TCPApplication(on: host)
        let probe = try probe([application.address.port])
        #expect(probe.problem == "backend \(application.address): not looked at yet")
        try turns { probe.problem == nil }
        // The connection was for nothing but to see.
        #expect(application.wait { $0.accepted == 1 && $0.open == 0 })
    }

    @Test func aBackendThatRefusesIsNamedWithTheReason() throws {
        let port = try freePort()
        let probe = try probe([port])
        try turns { probe.problem?.contains("not looked at") == false }
        #expect(probe.problem?.hasPrefix("backend 127.0.0.1:\(port): cannot connect to ") == true)
        #expect(probe.problem?.contains("ECONNREFUSED") == true)
    }

    @Test func itLooksAgainAndBelievesTheLatestLook() throws {
        let application = try TCPApplication(on: host)
        let probe = try probe([application.address.port])
        try turns { probe.problem == nil }
        application.stopListening()
        probe.timerFired(purpose: 0)
        try turns { probe.problem != nil }
        try application.listenAgain()
        probe.timerFired(purpose: 0)
        try turns { probe.problem == nil }
    }

    @Test func eachBackendCountsOnceAndThoseThatFailAreCounted() throws {
        let application = try TCPApplication(on: host)
        let (one, two) = try twoFreePorts()
        let probe = try probe([application.address.port, application.address.port, one, two])
        #expect(probe.problem == "backend \(application.address): not looked at yet, and 2 more")
        try turns { probe.problem?.contains("not looked at") == false }
        #expect(probe.problem?.hasPrefix("backend 127.0.0.1:\(one): ") == true)
        #expect(probe.problem?.hasSuffix(", and 1 more") == true)
        #expect(application.wait { $0.accepted >= 1 })
        #expect(application.statistics.accepted == 1)
    }

    /// A look that is still under way isn't started once more, however slow the backend is.
    @Test func aLookUnderWayIsNotRepeated() throws {
        let application = try TCPApplication(on: host)
        let probe = try probe([application.address.port])
        for _ in 0..<5 { probe.timerFired(purpose: 0) }
        try turns { probe.problem == nil }
        #expect(application.wait { $0.accepted >= 1 && $0.open == 0 })
        #expect(application.statistics.accepted == 1)
    }
}

extension EventLoop {
    /// Runs turns until `condition` holds, at most for ten seconds.
    func turns(until condition: () -> Bool) throws {
        let end = Clock.monotonic + .seconds(10)
        while !condition() {
            guard Clock.monotonic < end else { throw NotInTime() }
            try turn(maximumWait: .milliseconds(10))
        }
    }
}
