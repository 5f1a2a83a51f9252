// A backend that has finished only its own side still takes what the client sends, until the client closes; and the other
// way round, a client that has closed is still what the backend finishes for. Neither side's end is the other's.
import BridgeClient
import JSON
import MockServers
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct HalfCloseTests {
    @Test func theClientsBytesReachABackendThatHasFinished() throws {
        let stage = try Stage(["listens": .sink])
        let application = try stage.application("listens")
        let client = try stage.connect("listens")
        // From here on the client doesn't look, so it doesn't answer the proxy's Close, which will be on its way.
        client.readsOnDemand = true
        try client.send("while both are open")
        try #require(application.wait { $0.bytesReceived == 19 })
        application.finishSending()
        // The proxy is given the time to hear of it; nothing would show that it has.
        try client.idle(for: .milliseconds(100))
        let count = 2 * 1024 * 1024
        for offset in stride(from: 0, to: count, by: 16_384) {
            client.connection.sendFrame(.binary, BytePattern.bytes(at: UInt64(offset), count: 16_384))
        }
        let total = UInt64(count + 19)
        let deadline = Deadline(in: .seconds(10))
        while application.statistics.bytesReceived < total, !deadline.hasPassed {
            try client.idle(for: .milliseconds(2))
        }
        #expect(application.statistics.bytesReceived == total)
        #expect(application.statistics.peersFinished == 0, "the backend hears of the end when the client closes")
        let closure = try client.closure()
        #expect(closure.code == .normalClosure && closure.isOrderly)
        let report = try #require(application.reports(1).first)
        #expect(report.bytesReceived == total)
        #expect(report.ending == .finished)
    }

    /// A backend that answers only when its input has ended, such as a sort: the Close frame leaves it no way to the
    /// client (RFC 6455 section 1.4), but it is not cut off while it works.
    @Test func aBackendMayFinishAfterTheClient() throws {
        let stage = try Stage(["slow": .slowReader(bytes: 20_000, every: .milliseconds(20))])
        let client = try stage.connect("slow")
        try client.send(BytePattern.bytes(count: 400_000))
        #expect(try client.close().code == .normalClosure)
        let report = try #require(try stage.application("slow").reports(1).first)
        #expect(report.bytesReceived == 400_000)
        #expect(report.sha256 == BytePattern.sha256(count: 400_000))
        #expect(report.ending == .finished)
    }

    /// A backend that never reads and never stops talking doesn't notice the client's end: it has `closeTimeout`.
    @Test func aBackendThatTalksForEverIsGivenUp() throws {
        var behaviour = TCPBehaviour.source(bytes: 1 << 40)
        behaviour.ending = .never
        let stage = try Stage(["talks": behaviour]) { $0["limits", "closeTimeout"] = "500ms" }
        let client = try stage.connect("talks")
        _ = try client.receive(atLeast: 100_000)
        #expect(try client.close().code == .normalClosure)
        let application = try stage.application("talks")
        let report = application.reports(1).first
        #expect(report != nil, "the backend is still there\n\(stage.daemon.account)")
        #expect(report?.ending != .finished, "it never finished its side, so it was cut off")
    }
}
