// Whoever speaks first loses nothing. A backend that greets as soon as it is connected does so before the client has its
// 101; a client that doesn't wait for the 101 sends frames right behind its request, in the same segment.
import BridgeClient
import HTTP1
import MockServers
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct FirstWordsTests {
    static let greeting = BytePattern.bytes(count: 3000)
    static let stage = Result {
        var leaving = TCPBehaviour.greeting(greeting)
        leaving.ending = .closeAfterSending
        return try Stage(["greets": .greeting(greeting), "greetsAndLeaves": leaving])
    }

    @Test func aGreetingArrivesAsOneMessage() throws {
        let stage = try Self.stage.get()
        for _ in 0..<20 {
            let client = try stage.connect("greets")
            #expect(try client.receiveMessage() == Self.greeting)
            try client.send("and the echo")
            #expect(try client.receiveMessage() == Array("and the echo".utf8))
            #expect(try client.close().code == .normalClosure)
        }
    }

    @Test func aBackendThatGreetsAndLeavesIsHeard() throws {
        let stage = try Self.stage.get()
        for _ in 0..<20 {
            let client = try stage.connect("greetsAndLeaves")
            #expect(try client.receiveToEnd() == Self.greeting)
            #expect(try client.closure().code == .normalClosure)
        }
    }

    /// From a few bytes to more than the proxy takes before it has a backend to give them to.
    @Test(arguments: [1, 100, 16_384, 40_000, 200_000])
    func framesBehindTheRequestArrive(_ count: Int) throws {
        let stage = try Self.stage.get()
        let client = try BlockingBridgeClient(stage.options())
        try client.open()
        let payload = BytePattern.bytes(count: count)
        var bytes = HeadSerializer.serialize(client.connection.request)
        for start in stride(from: 0, to: count, by: 10_000) {
            bytes += RawFrame(.binary, Array(payload[start..<min(count, start + 10_000)])).bytes
        }
        client.connection.sendRaw(bytes)
        #expect(try client.answer().status == 101)
        #expect(try client.receive(exactly: count) == payload)
        #expect(try client.close().code == .normalClosure)
    }

    @Test func aCloseBehindTheRequestIsAnsweredAfterTheData() throws {
        let stage = try Self.stage.get()
        let client = try BlockingBridgeClient(stage.options())
        try client.open()
        client.connection.sendRaw(
            HeadSerializer.serialize(client.connection.request) + RawFrame(.binary, Array("last words".utf8)).bytes
                + RawFrame(.close, [0x03, 0xE8]).bytes)
        #expect(try client.answer().status == 101)
        #expect(try client.closure().code == .normalClosure)
    }
}
