import Bytes
import HTTP1
import Reactor
import System
import Testing

@testable import Gateway

/// Large bodies in both directions: whole, in bounded memory, and never waiting for an event that won't come.
@Suite struct ExchangeStreamingTests {
    private let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

    /// 8 MiB with both sides of the proxy limited to 64 KiB of kernel buffer.
    private static let size = 8 << 20

    @Test(arguments: ["length", "chunked", "close"])
    func aDownloadWaitsForASlowClientAndArrivesWhole(framing: String) throws {
        let bench = try GatewayBench { $0.smallBuffers = true }
        let client = try bench.connect(receiveBuffer: 64 * 1024)
        client.isReading = false
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the request") { bench.upstream.connections.first?.text.hasSuffix("\r\n\r\n") == true }
        let peer = try #require(bench.upstream.connections.first)
        let body = pattern(Self.size)
        switch framing {
        case "length": peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.size)\r\n\r\n")
        case "chunked":
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(String(Self.size, radix: 16))\r\n")
        default: peer.send("HTTP/1.1 200 OK\r\n\r\n")
        }
        peer.send(body)
        if framing == "chunked" { peer.send("\r\n0\r\n\r\n") }
        peer.finish()
        try bench.bench.settle { peer.transport.pendingOutput }
        // What left the upstream is in kernel buffers and in the proxy's bounded output, the rest has to wait.
        #expect(peer.transport.pendingOutput > Self.size / 2)
        client.isReading = true
        let response = try bench.response(at: client)
        #expect(equal(response.body, body))
        #expect(client.ending == nil)
    }

    @Test(arguments: [(true, true), (false, true), (false, false)])
    func anUploadWaitsForASlowUpstreamAndArrivesWhole(chunked: Bool, smallUpstream: Bool) throws {
        // With the kernel's own buffers towards the upstream, all that waits in the proxy leaves at once when the
        // upstream reads again: then no further event tells the proxy to go on.
        let size = smallUpstream ? Self.size : 3 * Self.size
        let bench = try GatewayBench {
            $0.smallBuffers = true
            $0.smallUpstreamBuffers = smallUpstream
            $0.limits.maxRequestBody = 64 << 20
        }
        let client = try bench.connect(receiveBuffer: 64 * 1024)
        Socket.setBuffers(client.transport.descriptor.number, receive: 0, send: 64 * 1024)
        let body = pattern(size)
        client.send(
            "POST / HTTP/1.1\r\nHost: a\r\n"
                + (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: \(size)\r\n\r\n"))
        try bench.bench.run("the dial") { bench.upstream.connections.first?.text.hasSuffix("\r\n\r\n") == true }
        let peer = try #require(bench.upstream.connections.first)
        peer.isReading = false
        if chunked {
            client.send("\(String(size, radix: 16))\r\n")
            client.send(body)
            client.send("\r\n0\r\n\r\n")
        } else {
            client.send(body)
        }
        try bench.bench.settle { client.transport.pendingOutput }
        #expect(client.transport.pendingOutput > size / 8)
        peer.isReading = true
        try bench.bench.run("the body") { peer.received.count >= size && client.transport.pendingOutput == 0 }
        try bench.bench.settle { peer.received.count }
        let request = try #require(TestServer.request(in: &peer.received))
        #expect(equal(request.body, body))
        peer.send(hello)
        #expect(try bench.response(at: client).text == "hello")
    }

    @Test func bothDirectionsAtOnce() throws {
        let bench = try GatewayBench {
            $0.smallBuffers = true
            $0.limits.maxRequestBody = 64 << 20
        }
        // The upstream echoes the body while it comes; the response outruns nothing.
        var headSeen = false
        var echoed = 0
        bench.upstream.changed = { peer in
            if !headSeen, let end = peer.text.range(ofHeadEnd: ()) {
                headSeen = true
                peer.received.removeFirst(end)
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.size)\r\n\r\n")
            }
            guard headSeen, !peer.received.isEmpty else { return }
            echoed += peer.received.count
            let bytes = peer.received
            peer.received = []
            peer.send(bytes)
        }
        let client = try bench.connect(receiveBuffer: 64 * 1024)
        let body = pattern(Self.size)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.size)\r\n\r\n")
        client.send(body)
        let response = try bench.response(at: client)
        #expect(equal(response.body, body))
        #expect(echoed == Self.size)
        // The response began before the request had ended, so the connection is of no further use.
        #expect(response.head.fields.first("Connection") == "close")
    }

    @Test func aTurnThatEndsEarlyIsContinued() throws {
        // Everything of the response waits in the proxy's socket, and nothing more will come: no event will tell.
        let bench = try GatewayBench {
            $0.limits.readsPerTurn = 1
            $0.limits.pendingBytes = 1
            $0.smallBuffers = true
        }
        let client = try bench.connect(receiveBuffer: 64 * 1024)
        client.isReading = false
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the request") { bench.upstream.connections.first?.text.hasSuffix("\r\n\r\n") == true }
        let body = pattern(600_000)
        let peer = try #require(bench.upstream.connections.first)
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 600000\r\n\r\n")
        peer.send(body)
        try bench.bench.settle { peer.transport.pendingOutput }
        client.isReading = true
        #expect(equal(try bench.response(at: client).body, body))
    }

    @Test func manySmallChunksAreJoined() throws {
        let bench = try GatewayBench()
        bench.upstream.answer { Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\($0.body.count)".utf8) }
        let chunks = String(repeating: "1\r\nx\r\n", count: 20_000)
        let request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n"
        #expect(try bench.exchange(request).text == "20000")
    }

    @Test func aClientThatTakesNothingIsGivenUp() throws {
        let bench = try GatewayBench {
            $0.smallBuffers = true
            $0.limits.sendTimeout = .milliseconds(100)
        }
        bench.upstream.answer { _ in
            Array("HTTP/1.1 200 OK\r\nContent-Length: \(4 << 20)\r\n\r\n".utf8) + pattern(4 << 20)
        }
        let client = try bench.connect(receiveBuffer: 64 * 1024)
        client.isReading = false
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.expectNoSessions()
        #expect(bench.log.contains { $0.contains("cut short") })
    }
}

/// Byte for byte, at the speed of memory also in debug builds.
private func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe left.withUnsafeBytes { first in
        unsafe right.withUnsafeBytes { second in
            for offset in stride(from: 0, to: first.count & ~7, by: 8)
            where unsafe first.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                != second.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            {
                return false
            }
            return unsafe first.suffix(first.count & 7).elementsEqual(second.suffix(second.count & 7))
        }
    }
}

extension String {
    /// Where the bytes behind the first empty line begin.
    fileprivate func range(ofHeadEnd: Void) -> Int? {
        let bytes = Array(utf8.prefix(32 * 1024))
        guard bytes.count >= 4 else { return nil }
        return (4...bytes.count).first { Array(bytes[($0 - 4)..<$0]) == [13, 10, 13, 10] }
    }
}
