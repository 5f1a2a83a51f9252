import Bridge
import Bytes
import HTTP1
import Reactor
import System
import TLS
import Testing

@testable import Gateway
@testable import OIDC

/// A client's connection: requests one after the other, what is refused, how it ends.
@Suite struct GatewaySessionTests {
    private let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

    /// Heads that leave a doubt about where a message ends, and other misdeeds (RFC 9112 section 11.2).
    @Test(arguments: [
        ("two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
        ("two different lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        ("a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", 400),
        ("a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (
            "length with chunked",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400
        ),
        ("another coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("chunked not last", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400),
        ("chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400),
        ("bare LF in a field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400),
        ("a folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400),
        ("space before the colon", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n", 400),
        ("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
        ("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
        ("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 400),
        ("the asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("another version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("another expectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n", 417),
        ("a body above the limit", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413),
    ])
    func refusedBeforeTheUpstreamIsReached(what: String, request: String, status: Int) throws {
        let bench = try GatewayBench()
        let client = try bench.connect()
        client.send(request)
        #expect(try bench.response(at: client).status == status, "\(what)")
        try bench.bench.run("the end") { client.isEnded }
        #expect(client.ending == .finished)
        client.close()
        try bench.expectNoSessions()
        #expect(bench.upstream.connections.isEmpty, "\(what)")
    }

    @Test(arguments: [
        "x\r\n", "-1\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "0x5\r\nhello\r\n", "5\nhello\r\n", "5\r\nhello!!\r\n",
        "fffffffffffffffff\r\n", "5;a=\u{1}\r\nhello\r\n", "100001\r\n", "0\r\nX : y\r\n\r\n", "0\r\n x\r\n\r\n",
    ])
    func badChunksAreRefusedAndNeverCompleteARequest(chunks: String) throws {
        let bench = try GatewayBench()
        bench.upstream.answer(hello)
        let response = try bench.exchange("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        #expect([400, 413].contains(response.status))
        #expect(bench.upstream.requests.isEmpty)
    }

    @Test func oversizedHeadsAreRefused() throws {
        let bench = try GatewayBench()
        let long = String(repeating: "a", count: 9000)
        #expect(try bench.exchange("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n").status == 414)
        let many = String(repeating: "X: y\r\n", count: 200)
        #expect(try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\(many)\r\n").status == 431)
    }

    @Test func pathsAreMappedAndQueriesKept() throws {
        let bench = try GatewayBench { options in
            options.target = { path in
                switch path {
                case "/token": .path("/awsexample/token")
                case "/same": .same
                case "/later": .notYetKnown
                default: .notFound
                }
            }
        }
        bench.upstream.answer(hello)
        #expect(try bench.exchange("GET /token?a=1&b=%2F?x HTTP/1.1\r\nHost: a\r\n\r\n").text == "hello")
        #expect(try bench.exchange("GET /same HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        #expect(try bench.exchange("GET https://a/token?q HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        #expect(try bench.exchange("GET /token/x HTTP/1.1\r\nHost: a\r\n\r\n").status == 404)
        let later = try bench.exchange("GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(later.status == 503)
        #expect(later.head.fields.first("Retry-After") == "5")
        #expect(
            bench.upstream.requests.map(\.head.target) == [
                "/awsexample/token?a=1&b=%2F?x", "/same", "/awsexample/token?q",
            ])
    }

    @Test func headOfAnErrorHasNoBody() throws {
        let bench = try GatewayBench { $0.target = { _ in .notFound } }
        let client = try bench.connect()
        client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try bench.response(to: "HEAD", at: client).status == 404)
        try bench.bench.run("the end") { client.isEnded }
        #expect(client.received.isEmpty)
    }

    // MARK: Several requests

    @Test func aConnectionServesOneRequestAfterTheOther() throws {
        let bench = try GatewayBench()
        bench.upstream.answer { Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\($0.head.path)".utf8) }
        let client = try bench.connect()
        for index in 1...5 {
            client.send("POST /\(index) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            let response = try bench.response(at: client)
            #expect(response.text == "/\(index)")
            #expect(response.head.fields.first("Connection") == nil)
        }
        client.send("GET /6 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let last = try bench.response(at: client)
        #expect(last.text == "/6")
        #expect(last.head.fields.first("Connection") == "close")
        try bench.bench.run("the end") { client.ending == .finished }
        client.close()
        try bench.expectNoSessions()
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let bench = try GatewayBench()
        bench.upstream.answer { request in
            Array("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\(request.head.path)\(request.body.count)".utf8)
        }
        let client = try bench.connect()
        var text = ""
        for index in 1...9 {
            text +=
                index % 2 == 0
                ? "GET /\(index)- HTTP/1.1\r\nHost: a\r\n\r\n"
                : "POST /\(index)- HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
        }
        client.send(text)
        for index in 1...9 {
            #expect(try bench.response(at: client).text == "/\(index)-\(index % 2 == 0 ? 0 : 3)")
        }
        #expect(bench.upstream.requests.count == 9)
        #expect(client.ending == nil)
    }

    @Test func aHeadMayComeByteByByte() throws {
        let bench = try GatewayBench()
        bench.upstream.answer(hello)
        let client = try bench.connect()
        for byte in "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab".utf8 {
            client.send([byte])
            try bench.loop.turn(maximumWait: .milliseconds(1))
        }
        #expect(try bench.response(at: client).text == "hello")
        #expect(bench.upstream.requests.first?.body == Array("ab".utf8))
    }

    @Test func anIdleConnectionIsClosedInOrder() throws {
        let bench = try GatewayBench { $0.limits.keepAliveTimeout = .milliseconds(30) }
        bench.upstream.answer(hello)
        let client = try bench.connect()
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try bench.response(at: client).status == 200)
        try bench.bench.run("the end") { client.isEnded }
        #expect(client.ending == .finished)
    }

    @Test func withoutKeepAliveEachConnectionServesOne() throws {
        let bench = try GatewayBench { $0.limits.keepAliveTimeout = nil }
        bench.upstream.answer(hello)
        let response = try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(response.head.fields.first("Connection") == "close")
    }

    // MARK: Time

    @Test func aSlowHeadIsAnswered408() throws {
        let bench = try GatewayBench { $0.limits.headTimeout = .milliseconds(400) }
        #expect(try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n").status == 408)
    }

    @Test func aSilentClientIsClosedWithoutAnAnswer() throws {
        let bench = try GatewayBench { $0.limits.headTimeout = .milliseconds(40) }
        let client = try bench.connect()
        try bench.bench.run("the end") { client.isEnded }
        #expect(client.ending == .finished)
        #expect(client.received.isEmpty)
    }

    @Test func noHandshakeInTime() throws {
        let bench = try GatewayBench { $0.limits.handshakeTimeout = .milliseconds(40) }
        let client = try TestPeer.connect(to: bench.address, tls: nil, engine: TLSEngine(), loop: bench.loop)
        try bench.bench.run("the end") { client.isEnded }
        #expect(client.received.isEmpty)
        try bench.expectNoSessions()
    }

    @Test func plainHTTPIsToldSo() throws {
        let bench = try GatewayBench()
        let client = try TestPeer.connect(to: bench.address, tls: nil, engine: TLSEngine(), loop: bench.loop)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let response = try bench.response(at: client)
        #expect(response.status == 400)
        #expect(response.text.contains("TLS"))
    }

    // MARK: Clients that leave

    @Test(arguments: [true, false])
    func aClientThatFinishedItsSideGetsItsResponse(inOrder: Bool) throws {
        let bench = try GatewayBench()
        let client = try bench.connect()
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        if inOrder { client.finish() } else { Socket.shutdownWrite(client.transport.descriptor.number) }
        try bench.bench.run("the request") { bench.upstream.connections.first?.text.hasSuffix("\r\n\r\n") == true }
        try bench.bench.settle()
        try #require(bench.upstream.connections.first).send(hello)
        #expect(try bench.response(at: client).text == "hello")
        try bench.bench.run("the end") { client.isEnded }
        client.close()
        try bench.expectNoSessions()
    }

    @Test func aClientThatResetsEndsItsExchange() throws {
        let bench = try GatewayBench()
        let client = try bench.connect()
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the request") { bench.upstream.connections.first?.text.hasSuffix("\r\n\r\n") == true }
        client.reset()
        try bench.bench.run("the upstream's end") { bench.upstream.connections.first?.isEnded == true }
        try bench.expectNoSessions()
    }

    @Test func aClientThatResetsDuringTheDialEndsIt() throws {
        // An upstream that accepts but never shakes hands keeps the dial undecided.
        let bench = try GatewayBench { $0.trust = try TestTrust.client() }
        let client = try bench.connect()
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the dial") { bench.upstream.connections.first?.received.isEmpty == false }
        client.reset()
        try bench.bench.run("the upstream's end") { bench.upstream.connections.first?.isEnded == true }
        try bench.expectNoSessions()
    }

    @Test func aClientThatLeavesInItsBodyLeavesNoCompleteRequest() throws {
        let bench = try GatewayBench()
        let client = try bench.connect()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        try bench.bench.run("the chunk") { bench.upstream.connections.first?.text.contains("hello") == true }
        client.finish()
        let peer = try #require(bench.upstream.connections.first)
        try bench.bench.run("the upstream's end") { peer.isEnded }
        #expect(!peer.text.hasSuffix("0\r\n\r\n"))
        client.close()
        try bench.expectNoSessions()
    }

    @Test(arguments: ["served", "answered", "broken", "reset"])
    func aSessionThatEndedIsGone(how: String) throws {
        // The lease ends with the session object itself, so it tells whether anything still holds it.
        let ledger = ConnectionLedger(limit: 1)
        let bench = try GatewayBench { $0.ledger = ledger }
        let client = try bench.connect()
        let address = try Socket.localAddress(client.transport.descriptor.number)
        #expect(ledger.lease(address) == nil)
        switch how {
        case "served": bench.upstream.answer(hello)
        case "answered": bench.upstream.answer("garbage\r\n")
        case "broken": bench.upstream.answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart")
        default: break
        }
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the request") { bench.upstream.connections.isEmpty == false }
        if how == "reset" {
            client.reset()
        } else {
            try bench.bench.run("something") { !client.received.isEmpty || client.isEnded }
            client.close()
        }
        try bench.expectNoSessions()
        try bench.bench.settle()
        #expect(ledger.lease(address) != nil)
        // Only the listeners and the upstream's own end are still watched.
        try bench.bench.run("the upstream's end") { bench.upstream.connections.allSatisfy(\.isEnded) }
        for peer in bench.upstream.connections { peer.close() }
        #expect(bench.loop.watched == 2)
    }

    // MARK: The gate

    @Test func theGateDecides() throws {
        let gate = TestGatekeeper()
        let bench = try GatewayBench { $0.gatekeeper = gate }
        bench.upstream.answer(hello)
        gate.verdicts = [.refused(.noToken)]
        let refused = try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(refused.status == 403)
        #expect(refused.head.fields.first("WWW-Authenticate") == "Bearer realm=\"secure-proxy\"")
        gate.verdicts = [.unavailable(KeysUnavailable(retryAfter: 7, lastFailure: nil))]
        let unavailable = try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(unavailable.status == 503)
        #expect(unavailable.head.fields.first("Retry-After") == "7")
        // What is wrong without the gate is refused without it.
        #expect(try bench.exchange("GET / HTTP/1.1\r\n\r\n").status == 400)
        #expect(bench.upstream.connections.isEmpty)
        #expect(gate.questions == [false, false])
    }

    @Test func aRequestWaitsForKeysOnce() throws {
        let gate = TestGatekeeper()
        let bench = try GatewayBench { $0.gatekeeper = gate }
        bench.upstream.answer(hello)
        gate.verdicts = [.awaitKeys(.noKeys), .admitted(TestAdmission.any)]
        let client = try bench.connect()
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the wait") { gate.waiters.count == 1 }
        gate.waiters[0]()
        #expect(try bench.response(at: client).text == "hello")
        #expect(gate.questions == [false, true])
        // A call that comes twice or late is about nobody.
        gate.waiters[0]()
        try bench.bench.settle()
        #expect(gate.questions == [false, true])
    }

    @Test func waitingForKeysHasAnEnd() throws {
        let gate = TestGatekeeper()
        let bench = try GatewayBench {
            $0.gatekeeper = gate
            $0.limits.keysTimeout = .milliseconds(30)
        }
        gate.verdicts = [.awaitKeys(.noKeys), .unavailable(KeysUnavailable(retryAfter: 1, lastFailure: nil))]
        #expect(try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 503)
        #expect(gate.questions == [false, true])
        gate.waiters[0]()
    }

    @Test func aClientThatResetsWhileWaitingForKeysIsForgotten() throws {
        let gate = TestGatekeeper()
        let bench = try GatewayBench { $0.gatekeeper = gate }
        gate.verdicts = [.awaitKeys(.noKeys)]
        let client = try bench.connect()
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the wait") { gate.waiters.count == 1 }
        client.reset()
        try bench.expectNoSessions()
        gate.waiters[0]()
        #expect(gate.questions == [false])
    }
}

enum TestAdmission {
    static let any = Admission(
        identity: TokenIdentity(subject: nil, clientID: nil, tokenID: nil, expiry: UnixTime(seconds: .max)),
        source: .header, subprotocols: [], isRemembered: false)
}
