import Testing
import WebSocket

@Suite struct WebSocketStreamTests {
    static func client() -> WebSocketStream {
        WebSocketStream(role: .client, maxOutgoingFrame: 10, makeKey: { 0x3D21_FA37 })
    }

    static func server() -> WebSocketStream { WebSocketStream(role: .server, maxOutgoingFrame: 10) }

    @Test("RFC 6455 5.1: the client masks, the server does not; both understand each other")
    func bothWays() {
        var (client, server) = (Self.client(), Self.server())
        #expect(client.send([1, 2, 3]) == true)
        let upload = client.takeOutput()
        #expect(upload == WireFrame.binary([1, 2, 3]))
        #expect(server.receive(upload) == [.data([1, 2, 3], endsMessage: true)])
        #expect(server.send([4]) == true)
        let download = server.takeOutput()
        #expect(download == WireFrame.binary([4], key: nil))
        #expect(client.receive(download) == [.data([4], endsMessage: true)])
        #expect(!client.hasOutput)
        #expect(client.takeOutput().isEmpty)
    }

    @Test(
        "RFC 6455 5.4: large messages are fragmented, and put together again by who wants it",
        arguments: [0, 1, 9, 10, 11, 20, 25])
    func fragmentation(_ size: Int) throws {
        let message = (0..<size).map { UInt8($0) }
        var (client, server) = (Self.client(), Self.server())
        client.send(message)
        let wire = client.takeOutput()
        var assembly = MessageAssembly(limit: 100)
        var messages: [[UInt8]] = []
        for byte in wire {
            for event in server.receive([byte]) {
                guard case .data(let piece, let endsMessage) = event else {
                    Issue.record("unexpected \(event)")
                    continue
                }
                if let whole = try assembly.append(piece, endsMessage: endsMessage) { messages.append(whole) }
            }
        }
        #expect(messages == [message])
        #expect(wire.count == size + 6 * max(1, (size + 9) / 10))
    }

    @Test("RFC 6455 5.5.2: a ping is answered at once, in its place between data, with its own payload")
    func pings() {
        var server = Self.server()
        let events = server.receive(
            WireFrame.binary([1]) + WireFrame.ping([7, 8]) + WireFrame.binary([2]) + WireFrame.pong([9]))
        #expect(
            events == [
                .data([1], endsMessage: true), .ping([7, 8]), .data([2], endsMessage: true), .pong([9]),
            ])
        #expect(server.takeOutput() == WireFrame.pong([7, 8], key: nil))
        var client = Self.client()
        client.ping([5])
        #expect(client.takeOutput() == WireFrame.ping([5]))
    }

    @Test("RFC 6455 5.5.1 and 7.1.1: the server answers a Close with its code and ends the transport")
    func peerCloses() {
        var server = Self.server()
        let events = server.receive(WireFrame.binary([1]) + WireFrame.close(code: 1001, "bye") + [0xFF])
        #expect(events == [.data([1], endsMessage: true), .close(CloseStatus(code: .goingAway, reason: "bye"))])
        #expect(server.takeOutput() == WireFrame.close(code: 1001, key: nil))
        #expect(server.state == .closed)
        #expect(server.shouldEndTransport)
        #expect(server.receive(WireFrame.binary([2])) == [])
        #expect(server.send([1]) == false)
        #expect(server.ping() == false)
        #expect(server.sendFrame(.binary, []) == false)
        #expect(server.receiveEndOfFile() == [])
    }

    @Test("RFC 6455 5.5.1: a Close without a code is answered by one without")
    func closeWithoutCode() {
        var server = Self.server()
        #expect(server.receive(WireFrame.close()) == [.close(CloseStatus(code: nil, reason: ""))])
        #expect(server.takeOutput() == WireFrame.close(key: nil))
    }

    @Test("RFC 6455 7.1.2: after our Close data is still received, nothing more is sent")
    func weClose() {
        var client = Self.client()
        client.close(reason: "done")
        client.close(.goingAway)
        #expect(client.takeOutput() == WireFrame.close(code: 1000, "done"))
        #expect(client.state == .closeSent)
        #expect(client.receive(WireFrame.binary([1], key: nil)) == [.data([1], endsMessage: true)])
        #expect(client.receive(WireFrame.ping(key: nil)) == [.ping([])])
        #expect(!client.hasOutput)
        #expect(
            client.receive(WireFrame.close(code: 1000, key: nil))
                == [.close(CloseStatus(code: .normalClosure, reason: ""))])
        #expect(!client.hasOutput)
        // Section 7.1.1: the client leaves the end of the transport to the server.
        #expect(!client.shouldEndTransport)
        #expect(client.receiveEndOfFile() == [])
        #expect(client.shouldEndTransport)
    }

    @Test("RFC 6455 7.1.7: a misdeed fails the connection with its code")
    func misdeed() {
        var server = Self.server()
        let events = server.receive(WireFrame.binary([1]) + WireFrame.make(first: 0x81, [0x61]))
        #expect(events == [.data([1], endsMessage: true), .failed(.textFrame)])
        #expect(server.takeOutput() == WireFrame.close(code: 1003, WebSocketError.textFrame.description, key: nil))
        #expect(server.state == .closed)
        #expect(server.shouldEndTransport)
        var client = Self.client()
        #expect(client.receive(WireFrame.binary([1])) == [.failed(.maskedFrame)])
        #expect(client.shouldEndTransport)
    }

    @Test func misdeedAfterOurCloseIsNotAnswered() {
        var server = Self.server()
        server.close()
        _ = server.takeOutput()
        #expect(server.receive(WireFrame.make(first: 0x81)) == [.failed(.textFrame)])
        #expect(!server.hasOutput)
    }

    @Test("RFC 6455 7.1.5: a transport that ends without a Close is an abnormal closure")
    func endOfFile() {
        var server = Self.server()
        #expect(server.receive(WireFrame.binary([1]).dropLast()) == [])
        #expect(server.receiveEndOfFile() == [.abnormalClosure])
        #expect(server.receiveEndOfFile() == [])
        #expect(server.shouldEndTransport)
    }

    @Test("RFC 6455 5.3: each frame has a key of its own")
    func keysDiffer() {
        var client = WebSocketStream(role: .client)
        client.send([])
        client.send([])
        client.ping()
        let wire = client.takeOutput()
        let keys = Set([wire[2..<6], wire[8..<12], wire[14..<18]].map { Array($0) })
        #expect(keys.count == 3)
    }

    @Test func framesAsAskedFor() {
        var client = Self.client()
        client.sendFrame(.text, [0x61], isFinal: false)
        #expect(client.takeOutput() == WireFrame.make(first: 0x01, [0x61]))
    }
}
