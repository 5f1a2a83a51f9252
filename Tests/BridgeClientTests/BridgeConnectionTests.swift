import Bytes
import HTTP1
import Reactor
import System
import Testing
import WebSocket

@testable import BridgeClient

@Suite struct BridgeConnectionTests {
    /// Notes the order in which things are told.
    private final class Owner: BridgeConnectionOwner {
        var told: [String] = []
        var onData: ([UInt8]) -> Void = { _ in }
        func bridgeOpened(_ answer: ResponseHead) { told.append("opened \(answer.status)") }
        func bridgeReceived(_ bytes: [UInt8], endsMessage: Bool) {
            told.append("data \(bytes.count)\(endsMessage ? "." : "")")
            onData(bytes)
        }
        func bridgeReceivedPing(_ payload: [UInt8]) { told.append("ping \(payload.count)") }
        func bridgeDrained() { told.append("drained") }
        func bridgeEnded(_ end: BridgeEnd) {
            switch end {
            case .closed(let closure): told.append("closed \(closure.code)")
            case .refused(let response): told.append("refused \(response.status)")
            case .failed(let error): told.append("failed \(error)")
            }
        }
        var hasEnded: Bool { told.last.map { $0.hasPrefix("closed") || $0.hasPrefix("failed") } ?? false }
    }

    @Test func thingsAreToldInOrder() throws {
        var script = SocketScript()
        script.greeting = [[1, 2]]
        script.ping = [9]
        script.close = (.normalClosure, "")
        let server = try TestServer.socket(script)
        let runtime = try ClientRuntime()
        let owner = Owner()
        let connection = BridgeConnection(server.options, runtime: runtime)
        connection.owner = owner
        #expect(!connection.isOpen)
        connection.connect()
        try runtime.run(until: { owner.hasEnded }, deadline: Clock.monotonic + .seconds(10))
        #expect(owner.told.filter { $0 != "drained" } == ["opened 101", "data 2.", "ping 1", "closed 1000"])
        #expect(!connection.isOpen)
    }

    @Test func anOwnerMayDisconnectFromWithinACall() throws {
        var script = SocketScript()
        script.greeting = [[1], [2], [3]]
        let server = try TestServer.socket(script)
        let runtime = try ClientRuntime()
        let owner = Owner()
        let connection = BridgeConnection(server.options, runtime: runtime)
        connection.owner = owner
        owner.onData = { _ in connection.disconnect() }
        connection.connect()
        try runtime.run(until: { owner.told.contains("data 1.") }, deadline: Clock.monotonic + .seconds(10))
        _ = try runtime.run(until: { false }, deadline: Clock.monotonic + .milliseconds(50))
        #expect(owner.told.filter { $0 != "drained" } == ["opened 101", "data 1."])
        #expect(!connection.send([1]))
        owner.onData = { _ in }
    }

    @Test func nothingCanBeSentBeforeItIsOpenOrAfterAClose() throws {
        let server = try TestServer.socket()
        let runtime = try ClientRuntime()
        let owner = Owner()
        let connection = BridgeConnection(server.options, runtime: runtime)
        connection.owner = owner
        #expect(!connection.send([1]))
        #expect(!connection.ping())
        connection.connect()
        try runtime.run(until: { connection.isOpen }, deadline: Clock.monotonic + .seconds(10))
        #expect(connection.send([1]))
        connection.close()
        #expect(connection.isClosing)
        #expect(!connection.send([2]))
        #expect(!connection.sendFrame(.binary, [2]))
        try runtime.run(until: { owner.hasEnded }, deadline: Clock.monotonic + .seconds(10))
        #expect(owner.told.last == "closed 1000")
    }

    @Test func longMessagesAreFragmented() throws {
        let server = try TestServer.socket()
        let runtime = try ClientRuntime()
        let owner = Owner()
        var options = server.options
        options.frameSize = 100
        let connection = BridgeConnection(options, runtime: runtime)
        connection.owner = owner
        connection.connect()
        try runtime.run(until: { connection.isOpen }, deadline: Clock.monotonic + .seconds(10))
        let bytes = pattern(250)
        var back: [UInt8] = []
        owner.onData = { back += $0 }
        #expect(connection.send(bytes))
        try runtime.run(until: { back.count == 250 }, deadline: Clock.monotonic + .seconds(10))
        expectSame(back, bytes)
        connection.disconnect()
    }

    @Test func aReleasedConnectionIsGone() throws {
        let server = try TestServer.socket()
        let runtime = try ClientRuntime()
        do {
            let connection = BridgeConnection(server.options, runtime: runtime)
            connection.connect()
            try runtime.run(until: { connection.isOpen }, deadline: Clock.monotonic + .seconds(10))
            #expect(runtime.loop.watched == 1)
        }
        #expect(runtime.loop.watched == 0)
        try server.wait("the end") { $0.endings.count == 1 }
    }
}
