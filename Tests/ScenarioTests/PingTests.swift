// Pings go both ways. A client's ping is answered at once, whatever the backend is doing; the proxy pings a client that is
// silent, but not in the first 20 seconds, because there are clients that take the first frame for their answer; and a
// client that doesn't answer is dropped.
import BridgeClient
import JSON
import MockServers
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct PingTests {
    @Test(arguments: [0, 1, 5, 125]) func aPingIsAnsweredWithItsPayload(_ count: Int) throws {
        let client = try Stage.shared.get().connect()
        try client.ping(BytePattern.bytes(count: count), within: .seconds(5))
        #expect(client.pongs == [BytePattern.bytes(count: count)])
        #expect(try client.close().code == .normalClosure)
    }

    /// The backend reads nothing. Pings are answered until the proxy holds as much for the backend as it may; the ping
    /// behind that is answered as soon as the backend takes up again. Nothing is lost on the way.
    @Test func pingsAreAnsweredWhileTheBackendStalls() throws {
        var behaviour = TCPBehaviour.neverReads
        behaviour.digests = true
        let stage = try Stage(["stalls": behaviour])
        let client = try stage.connect("stalls")
        let (step, most) = (16 * 1024, 16 * 1024 * 1024)
        var sent = 0
        var isStalled = false
        while !isStalled, sent < most {
            client.connection.sendFrame(.binary, BytePattern.bytes(at: UInt64(sent), count: step))
            sent += step
            do throws(ClientError) { try client.ping(within: .milliseconds(500)) } catch { isStalled = true }
        }
        #expect(sent >= 512 * 1024, "no ping was left unanswered early")
        #expect(isStalled, "the proxy took \(sent) bytes for a backend that takes none")
        #expect(try stage.application("stalls").statistics.bytesReceived == 0)
        let earlier = client.pongs.count
        try stage.application("stalls").setReading(.atOnce)
        try client.wait("pong that was owed") { client.pongs.count > earlier }
        #expect(try client.close().code == .normalClosure)
        let report = try #require(try stage.application("stalls").reports(1).first)
        #expect(report.sha256 == BytePattern.sha256(count: UInt64(sent)))
    }

    /// A client that asks and asks and reads no answer doesn't make the proxy keep them all.
    @Test func aFloodOfPingsIsAnsweredWithinBounds() throws {
        let stage = try Stage()
        var options = stage.options()
        options.endpoint.wire.receiveBufferBytes = 16 * 1024
        let client = try BlockingBridgeClient(options)
        client.readsOnDemand = true
        try client.connect()
        let before = stage.daemon.residentBytes
        let ping = RawFrame(.ping, BytePattern.bytes(count: 125)).bytes
        let burst = [UInt8]((0..<200).flatMap { _ in ping })
        for _ in 0..<400 {
            client.connection.sendRaw(burst)
            try client.idle(for: .milliseconds(1))
            if client.connection.pendingOutput > 1024 * 1024 { break }
        }
        let growth = stage.daemon.residentBytes - before
        #expect(growth < 1024 * 1024, "\(growth) bytes for pings")
        client.reset()
        #expect(try stage.application().reports(1).first?.ending == .finished)
    }

    /// The time is that of the shortest interval that the settings allow.
    @Test func silentClientsArePingedAndDeadOnesDropped() throws {
        let stage = try Stage { settings in
            settings["limits", "pingInterval"] = "20s"
            settings["limits", "pingTimeout"] = "1s"
            settings["proxySettings", "websockifyReadTimeout"] = 0
        }
        let application = try stage.application()
        let runtime = try ClientRuntime()
        let alive = try stage.connect(runtime: runtime)
        // Connected, but it looks at nothing that comes: as good as dead.
        let dead = try BlockingBridgeClient(stage.options(), runtime: runtime)
        dead.readsOnDemand = true
        try dead.connect()
        try alive.idle(for: .seconds(19))
        #expect(alive.pings.isEmpty, "no ping in the first 20 seconds")
        try alive.wait("ping", .seconds(5)) { !alive.pings.isEmpty }
        // The dead one is dropped, and its backend is told in order; the other goes on.
        let reports = application.reports(1, within: .seconds(5))
        #expect(reports.first?.ending == .finished)
        #expect(stage.daemon.waitForAccessLog("ping not answered"))
        let closure = try dead.closure(within: .seconds(5))
        #expect(closure.received == nil, "there is no Close frame for a client that answers nothing")
        try alive.send("alive")
        #expect(try alive.receive(exactly: 5) == Array("alive".utf8))
        #expect(try alive.close().code == .normalClosure)
    }
}
