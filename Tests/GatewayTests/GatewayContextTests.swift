import HTTP1
import TLS
import Testing

@testable import Gateway

/// How the front door's connections come to their end: draining for a shutdown or a successor, closing.
@Suite struct GatewayContextTests {
    private let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

    @Test func drainingClosesIdleConnectionsAndFinishesRequests() throws {
        let bench = try GatewayBench()
        let idle = try bench.connect()
        let busy = try bench.connect()
        busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let late = try bench.connect()
        late.send("GET /late HTTP/1.1\r\n")
        try bench.bench.run("the request") { bench.upstream.connections.first?.text.hasSuffix("\r\n\r\n") == true }
        try bench.bench.settle()
        bench.context.drain()
        try bench.bench.run("the idle one's end") { idle.isEnded }
        #expect(idle.ending == .finished)
        late.send("Host: a\r\n\r\n")
        let refused = try bench.response(at: late)
        #expect(refused.status == 503)
        #expect(refused.head.fields.first("Retry-After") != nil)
        try #require(bench.upstream.connections.first).send(hello)
        let response = try bench.response(at: busy)
        #expect(response.text == "hello")
        #expect(response.head.fields.first("Connection") == "close")
        for client in [idle, busy, late] { client.close() }
        try bench.expectNoSessions()
    }

    /// Others take over: who has come already is served once more, and told to ask elsewhere next time.
    @Test func retiringServesWhoHasComeAndKeepsNobody() throws {
        let bench = try GatewayBench()
        bench.upstream.answer(hello)
        let kept = try bench.connect()
        kept.send("GET /kept HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try bench.response(at: kept).head.fields.first("Connection") == nil)
        let fresh = try bench.connect()
        let half = try bench.connect()
        half.send("GET /half HTTP/1.1\r\n")
        try bench.bench.settle()
        bench.context.drain(isShutdown: false)
        #expect(bench.context.isDraining)
        try bench.bench.run("the kept one's end") { kept.isEnded }
        #expect(kept.ending == .finished)
        try bench.bench.settle()
        #expect(!fresh.isEnded && !half.isEnded)
        fresh.send("GET /fresh HTTP/1.1\r\nHost: a\r\n\r\n")
        half.send("Host: a\r\n\r\n")
        // The kernel may hand out one more that waited in the queue.
        let late = try bench.connect()
        late.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
        for client in [fresh, half, late] {
            let response = try bench.response(at: client)
            #expect(response.text == "hello")
            #expect(response.head.fields.first("Connection") == "close")
            try bench.bench.run("the end") { client.isEnded }
            #expect(client.ending == .finished)
        }
        for client in [kept, fresh, half, late] { client.close() }
        try bench.expectNoSessions()
    }

    @Test func aRetirementCanBecomeAShutdown() throws {
        let bench = try GatewayBench()
        let fresh = try bench.connect()
        let half = try bench.connect()
        half.send("GET / HTTP/1.1\r\n")
        try bench.bench.settle()
        bench.context.drain(isShutdown: false)
        try bench.bench.settle()
        #expect(!fresh.isEnded)
        bench.context.drain()
        try bench.bench.run("the fresh one's end") { fresh.isEnded }
        half.send("Host: a\r\n\r\n")
        #expect(try bench.response(at: half).status == 503)
        #expect(bench.upstream.connections.isEmpty)
    }

    /// A request under way has the time that it is given; nobody else holds up the end.
    @Test func closingAllLeavesRequestsAlone() throws {
        let bench = try GatewayBench()
        let busy = try bench.connect()
        busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the request") { bench.upstream.connections.first?.text.hasSuffix("\r\n\r\n") == true }
        let silent = try TestPeer.connect(to: bench.address, tls: nil, engine: TLSEngine(), loop: bench.loop)
        let fresh = try bench.connect()
        let half = try bench.connect()
        half.send("GET /half HTTP/1.1\r\n")
        // Its side stays open after its answer, so the front door waits for it to end.
        let lingering = try bench.connect()
        lingering.send("GET / HTTP/1.1\r\n\r\n")
        #expect(try bench.response(at: lingering).status == 400)
        try bench.bench.settle()
        #expect(bench.context.sessionCount == 5)
        bench.context.closeAll()
        #expect(bench.context.sessionCount == 1)
        try bench.bench.run("their end") { [silent, fresh, half].allSatisfy(\.isEnded) }
        try #require(bench.upstream.connections.first).send(hello)
        let response = try bench.response(at: busy)
        #expect(response.text == "hello")
        #expect(response.head.fields.first("Connection") == "close")
        busy.close()
        try bench.expectNoSessions()
        // Twice is as good as once.
        bench.context.closeAll()
    }
}
