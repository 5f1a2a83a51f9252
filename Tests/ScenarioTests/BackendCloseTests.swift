// A backend that says what it has to say and closes: the client is given all of it and then Close 1000, however slowly
// it reads and however the backend ends its side. Told many times, because what loses data here is a race.
// (SECURE_PROXY_REPEAT sets how many.)
import BridgeClient
import MockServers
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct BackendCloseTests {
    static let count = 1024 * 1024
    static let expected = BytePattern.bytes(count: count)
    static let stage = Result {
        var closing = TCPBehaviour.source(bytes: UInt64(count))
        closing.ending = .closeAfterSending
        return try Stage(["halfCloses": .source(bytes: UInt64(count)), "closes": closing])
    }

    @Test(arguments: ["halfCloses", "closes"])
    func theClientReceivesEverythingAndThenClose1000(_ name: String) throws {
        let stage = try Self.stage.get()
        let runtime = try ClientRuntime()
        for round in 0..<Repetitions.count(50) {
            let client = try stage.connect(name, runtime: runtime)
            let received = try client.receiveToEnd()
            #expect(received.count == Self.count, "round \(round)")
            #expect(received == Self.expected, "round \(round)")
            let closure = try client.closure()
            #expect(closure.code == .normalClosure && closure.isOrderly, "\(closure) in round \(round)")
        }
    }

    /// Small kernel buffers and pauses between reads: the proxy waits for the client, not the other way round.
    @Test(arguments: ["halfCloses", "closes"])
    func aSlowClientReceivesEverythingToo(_ name: String) throws {
        let stage = try Self.stage.get()
        let runtime = try ClientRuntime()
        for round in 0..<Repetitions.count(2) {
            var options = stage.options(name)
            options.endpoint.wire.receiveBufferBytes = 128 * 1024
            let client = try BlockingBridgeClient(connecting: options, runtime: runtime)
            client.readsOnDemand = true
            var received: [UInt8] = []
            while received.count < Self.count {
                received += try client.receive(exactly: min(64 * 1024, Self.count - received.count))
                try client.idle(for: .milliseconds(3))
            }
            #expect(received == Self.expected, "round \(round)")
            let closure = try client.closure()
            #expect(closure.code == .normalClosure && closure.isOrderly, "\(closure) in round \(round)")
        }
    }
}
