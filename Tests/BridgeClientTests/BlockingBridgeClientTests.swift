import HTTP1
import System
import TLS
import Testing
import WebSocket

@testable import BridgeClient

@Suite struct BlockingBridgeClientTests {
    @Test func sendsAndReceivesAndCloses() throws {
        let server = try TestServer.socket()
        let client = try BlockingBridgeClient(server.options)
        let answer = try client.connect()
        #expect(answer.status == 101)
        #expect(answer.fields.first("Sec-WebSocket-Protocol") == "binary")
        try client.send("hello")
        #expect(try client.receive(exactly: 5) == Array("hello".utf8))
        let closure = try client.close(reason: "done")
        #expect(closure.code == .normalClosure)
        #expect(closure.isOrderly)
        #expect(closure.startedHere)
        try server.wait("the client's Close") { $0.closes == [CloseStatus(code: .normalClosure, reason: "done")] }
        #expect(server.seen.requests.first?.fields.first("Authorization") == "Bearer test-token")
    }

    @Test func optionsShapeTheRequest() throws {
        let server = try TestServer.socket()
        var options = BridgeOptions(server.endpoint)
        options.target = "/a?b=c"
        options.subprotocols = ["other", "binary"]
        options.fields = ["Origin": "https://origin.example", "Upgrade": "websocket"]
        options.host = "proxy.example"
        options.nonce = Array(1...16)
        _ = try BlockingBridgeClient(connecting: options)
        let head = try #require(server.seen.requests.first)
        #expect(head.target == "/a?b=c")
        #expect(head.fields.all("Upgrade") == ["websocket", "websocket"])
        #expect(head.fields.list("Sec-WebSocket-Protocol") == ["other", "binary"])
        #expect(head.host == "proxy.example")
        #expect(head.fields.first("Sec-WebSocket-Key") == "AQIDBAUGBwgJCgsMDQ4PEA==")
        #expect(!head.fields.contains("Authorization"))
        #expect(head.fields.first("Origin") == "https://origin.example")
    }

    @Test func aRefusalIsAnAnswer() throws {
        let server = try TestServer { _, _ in .text(403, "invalid jwt", ["WWW-Authenticate": "Bearer"]) }
        let response = try BlockingBridgeClient(server.options).refusal()
        #expect(response.status == 403)
        #expect(response.text == "invalid jwt")
        #expect(response.field("www-authenticate") == "Bearer")

        let client = try BlockingBridgeClient(server.options)
        let error = try clientError { () throws(ClientError) in try client.connect() }
        guard case .refused(response) = error else { throw error }
        #expect(error.description == "the server answered 403 Forbidden: invalid jwt")
    }

    @Test func anUpgradeIsNoRefusal() throws {
        let server = try TestServer.socket()
        let client = try BlockingBridgeClient(server.options)
        let error = try clientError { () throws(ClientError) in _ = try client.refusal() }
        guard case .unexpected = error else { throw error }
    }

    /// RFC 6455 section 4.1: the client fails the connection where the 101 is not for its request.
    @Test func aFalseUpgradeIsFound() throws {
        var script = SocketScript()
        script.fields = ["Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": "wrong"]
        let server = try TestServer.socket(script)
        let client = try BlockingBridgeClient(server.options)
        let error = try clientError { () throws(ClientError) in try client.connect() }
        guard case .upgrade(let reason) = error else { throw error }
        #expect(reason.contains("Sec-WebSocket-Accept"))
    }

    @Test func rawRequestsArriveByteForByte() throws {
        let server = try TestServer { head, _ in .text(405, head.method, ["Allow": "GET"]) }
        var options = server.options
        options.requestBytes = Array("BREW / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        let response = try BlockingBridgeClient(options).refusal()
        #expect(response.status == 405)
        #expect(response.text == "BREW")
    }

    @Test func aRequestCanBeSentInPieces() throws {
        let server = try TestServer.socket()
        let client = try BlockingBridgeClient(server.options)
        try client.open()
        #expect(client.connection.tls?.protocolVersion == .tls13)
        for byte in HeadSerializer.serialize(client.connection.request) { try client.sendRaw([byte]) }
        #expect(try client.answer().status == 101)
        try client.send("x")
        #expect(try client.receive() == Array("x".utf8))
    }

    @Test func openThenConnect() throws {
        let server = try TestServer.socket()
        let client = try BlockingBridgeClient(server.options)
        try client.open()
        #expect(server.seen.requests.isEmpty)
        #expect(try client.connect().status == 101)
    }

    @Test func plainBytesOnATLSPort() throws {
        let server = try TestServer.socket()
        var options = server.options
        options.endpoint.security = .plain
        let client = try BlockingBridgeClient(options)
        // The test server just closes; a proxy would answer 400.
        let error = try clientError { () throws(ClientError) in _ = try client.refusal() }
        guard case .closedEarly(awaiting: "an answer") = error else { throw error }
    }

    // MARK: Data

    @Test func muchDataComesBackWhole() throws {
        let server = try TestServer.socket()
        let client = try BlockingBridgeClient(connecting: server.options)
        let bytes = pattern(3_000_000)
        try client.send(bytes, frameSize: 60_000)
        expectSame(try client.receive(exactly: bytes.count), bytes)
        #expect(client.messageSizes.count >= 50)
        #expect(client.available == 0)
    }

    @Test func anExchangeGoesBothWaysAtOnce() throws {
        let server = try TestServer.socket()
        let client = try BlockingBridgeClient(connecting: server.options)
        let bytes = pattern(2_000_000)
        var position = 0
        var size = 0
        var back: [UInt8] = []
        try client.exchange(
            sending: {
                guard position < bytes.count else { return nil }
                size = (size * 7 + 1) % 65_536
                let end = min(bytes.count, position + size)
                defer { position = end }
                return Array(bytes[position..<end])
            }, receiving: { back += $0 }, count: bytes.count)
        expectSame(back, bytes)
    }

    @Test func messagesKeepTheirBorders() throws {
        var script = SocketScript()
        script.greeting = [Array("first".utf8), [], Array("second".utf8)]
        let server = try TestServer.socket(script)
        let client = try BlockingBridgeClient(connecting: server.options)
        #expect(try client.receiveMessage() == Array("first".utf8))
        #expect(try client.receiveMessage() == [])
        #expect(try client.receiveMessage() == Array("second".utf8))
        #expect(client.messageSizes == [5, 0, 6])
    }

    @Test func dataUpToADelimiter() throws {
        var script = SocketScript()
        script.greeting = [Array("RFB 003".utf8), Array(".008\nrest".utf8)]
        let server = try TestServer.socket(script)
        let client = try BlockingBridgeClient(connecting: server.options)
        #expect(try client.receive(through: [0x0A]) == Array("RFB 003.008\n".utf8))
        #expect(try client.receive(exactly: 4) == Array("rest".utf8))
    }

    @Test func piecesOfAMessageAndPingsBetweenThem() throws {
        let server = try TestServer.socket()
        let client = try BlockingBridgeClient(connecting: server.options)
        try client.sendFrame(.binary, [1], isFinal: false)
        try client.ping([7, 8])
        try client.sendFrame(.continuation, [2], isFinal: true)
        #expect(try client.receive(exactly: 2) == [1, 2])
        #expect(client.pongs == [[7, 8]])
    }

    @Test func theServersPingIsAnswered() throws {
        var script = SocketScript()
        script.ping = [1, 2, 3]
        let server = try TestServer.socket(script)
        let client = try BlockingBridgeClient(connecting: server.options)
        try client.wait("ping") { client.pings == [[1, 2, 3]] }
    }

    @Test func waitingForWhatDoesNotComeEnds() throws {
        let server = try TestServer.socket()
        let client = try BlockingBridgeClient(connecting: server.options)
        try client.send("ab")
        let error = try clientError { () throws(ClientError) in
            _ = try client.receive(exactly: 3, within: .milliseconds(200))
        }
        guard case .timedOut = error else { throw error }
        // What did come is still there.
        #expect(try client.receive(exactly: 2) == Array("ab".utf8))
    }

    // MARK: Slow readers and writers

    @Test func aSlowReaderHoldsTheServerUp() throws {
        var script = SocketScript()
        let bytes = pattern(8_000_000)
        script.greeting = stride(from: 0, to: bytes.count, by: 50_000).map { Array(bytes[$0..<$0 + 50_000]) }
        let server = try TestServer.socket(script)
        var options = server.options
        options.endpoint.wire.receiveBufferBytes = 64 * 1024
        let client = try BlockingBridgeClient(options)
        client.readsOnDemand = true
        try client.connect()
        try client.idle(for: .milliseconds(50))
        #expect(client.available < 200_000)
        var back: [UInt8] = []
        back += try client.receive(exactly: 10)
        // More than was asked for came, at most what was decrypted at one go.
        #expect(client.available < 200_000)
        while back.count < bytes.count { back += try client.receive(exactly: min(400_000, bytes.count - back.count)) }
        expectSame(back, bytes)
    }

    @Test func aServerThatDoesNotReadHoldsTheClientUp() throws {
        var script = SocketScript()
        script.readsAtMost = 1
        let server = try TestServer.socket(script)
        var options = server.options
        options.endpoint.wire.sendBufferBytes = 8_192
        let client = try BlockingBridgeClient(connecting: options)
        try client.send([1])
        try server.wait("the first byte") { $0.data.count == 1 }
        let error = try clientError { () throws(ClientError) in
            try client.send(pattern(20_000_000), within: .milliseconds(300))
        }
        guard case .timedOut(let awaited, _) = error else { throw error }
        #expect(awaited.hasPrefix("room to send"))
    }

    // MARK: Endings

    @Test func theServersCloseIsToldWithItsReason() throws {
        var script = SocketScript()
        script.greeting = [pattern(100_000)]
        script.close = (.internalError, "backend reset")
        let server = try TestServer.socket(script)
        let client = try BlockingBridgeClient(connecting: server.options)
        expectSame(try client.receiveToEnd(), pattern(100_000))
        let closure = try client.closure()
        #expect(closure.code == .internalError)
        #expect(closure.reason == "backend reset")
        #expect(closure.isOrderly)
        #expect(!closure.startedHere)
        #expect(closure.description == "Close 1011 \"backend reset\"")
        // The code was echoed (RFC 6455 section 5.5.1).
        try server.wait("the echo") { $0.closes.first?.code == .internalError }
    }

    @Test func waitingForDataThrowsWhatEndedIt() throws {
        var script = SocketScript()
        script.close = (.goingAway, "")
        let server = try TestServer.socket(script)
        let client = try BlockingBridgeClient(connecting: server.options)
        let error = try clientError { () throws(ClientError) in _ = try client.receive() }
        guard case .ended(let closure) = error else { throw error }
        #expect(closure.code == .goingAway)
        let second = try clientError { () throws(ClientError) in try client.send("x") }
        guard case .ended = second else { throw second }
    }

    @Test(arguments: [(Reply.RawEnding.finish, "finished"), (.cut, "truncated"), (.reset, "failed")])
    func anEndWithoutAClose(_ ending: Reply.RawEnding, _ expected: String) throws {
        var script = SocketScript()
        script.greeting = [[1, 2, 3]]
        script.ending = ending
        let server = try TestServer.socket(script)
        let client = try BlockingBridgeClient(connecting: server.options)
        let closure = try client.closure()
        #expect(closure.code == .abnormalClosure)
        #expect(closure.received == nil)
        #expect(!closure.isOrderly)
        switch closure.transport {
        case .finished: #expect(expected == "finished")
        case .truncated: #expect(expected == "truncated")
        case .failed: #expect(expected == "failed")
        }
        if expected != "failed" { #expect(client.available == 3) }
    }

    @Test func aCloseWithoutCloseNotifyIsNotOrderly() throws {
        var script = SocketScript()
        script.endsTLS = false
        let server = try TestServer.socket(script)
        let client = try BlockingBridgeClient(connecting: server.options)
        let closure = try client.close()
        #expect(closure.code == .normalClosure)
        #expect(!closure.isOrderly)
        #expect(closure.description == "Close 1000, TLS cut off")
    }

    @Test func anUnansweredCloseIsGivenUp() throws {
        var script = SocketScript()
        script.answersClose = false
        let server = try TestServer.socket(script)
        var options = server.options
        options.closeTimeout = .milliseconds(200)
        let client = try BlockingBridgeClient(connecting: options)
        let closure = try client.close()
        guard case .failed(.timedOut(awaiting: "Close frame", _)) = closure.transport else {
            throw ClientError.ended(closure)
        }
    }

    /// RFC 6455 section 7.1.7: a server's breach of the protocol fails the connection.
    @Test func aMaskedFrameFromTheServerIsAViolation() throws {
        var script = SocketScript()
        script.greeting = [[5]]
        script.rawGreeting = [0x82, 0x81, 1, 2, 3, 4, 5]
        let server = try TestServer.socket(script)
        let client = try BlockingBridgeClient(connecting: server.options)
        let error = try clientError { () throws(ClientError) in _ = try client.closure() }
        guard case .webSocket(.maskedFrame) = error else { throw error }
        try server.wait("Close 1002") { $0.closes.first?.code == .protocolError }
    }

    @Test func theClientCanBreakTheRules() throws {
        let server = try TestServer.socket()
        let client = try BlockingBridgeClient(connecting: server.options)
        try client.sendRaw([0x82, 0x01, 0x41])
        #expect(try client.closure().code == .protocolError)
    }

    @Test func halfCloseResetAndDisconnect() throws {
        let server = try TestServer.socket()
        let halfClosed = try BlockingBridgeClient(connecting: server.options)
        try halfClosed.finishWriting()
        try server.wait("close_notify") { $0.endings.contains("finished") }

        let cut = try BlockingBridgeClient(connecting: server.options)
        try cut.finishWritingAbruptly()
        try server.wait("a bare FIN") { $0.endings.contains("truncated") }

        let gone = try BlockingBridgeClient(connecting: server.options)
        gone.reset()
        try server.wait("a reset") { $0.endings.contains("failed") }

        let before = server.seen.endings.count
        try BlockingBridgeClient(connecting: server.options).disconnect()
        try server.wait("an end") { $0.endings.count > before }
    }

    @Test func manyClientsShareARuntime() throws {
        let server = try TestServer.socket()
        let runtime = try ClientRuntime()
        let clients = try (0..<20).map { _ in try BlockingBridgeClient(connecting: server.options, runtime: runtime) }
        for (index, client) in clients.enumerated() { try client.send("client \(index)") }
        for (index, client) in clients.enumerated().reversed() {
            #expect(try client.receive() == Array("client \(index)".utf8))
        }
        for client in clients { #expect(try client.close().isOrderly) }
    }
}
