import Bytes
import HTTP1
import Reactor
import System
import TLS
import Testing

@testable import Gateway

/// One request passed on and its response passed back.
@Suite struct ExchangeTests {
    private let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

    // MARK: Heads

    @Test func theUpstreamSeesItsOwnHostAndNothingOfTheConnection() throws {
        let bench = try GatewayBench()
        bench.upstream.answer(hello)
        let request =
            "GET /a HTTP/1.1\r\nHost: front.example\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\n"
            + "Keep-Alive: timeout=5\r\nTE: trailers\r\nUpgrade: h2c\r\nProxy-Authorization: Basic eA==\r\n"
            + "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nAccept: */*\r\n\r\n"
        #expect(try bench.exchange(request).text == "hello")
        let fields = try #require(bench.upstream.requests.first).head.fields
        #expect(
            fields.map { "\($0.name): \($0.value)" } == [
                "Host: upstream.example:8080", "Accept: */*", "Connection: close",
            ])
    }

    @Test func theClientsHostAndAddressWhereWanted() throws {
        let bench = try GatewayBench {
            $0.preservesHost = true
            $0.tellsClient = true
        }
        bench.upstream.answer(hello)
        _ = try bench.exchange("GET /a HTTP/1.1\r\nHost: front.example\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n")
        let fields = try #require(bench.upstream.requests.first).head.fields
        #expect(fields.first("Host") == "front.example")
        #expect(fields.all("X-Forwarded-For") == ["127.0.0.1"])
        #expect(fields.first("X-Forwarded-Proto") == "https")
        #expect(fields.first("X-Forwarded-Host") == "front.example")
    }

    @Test func theResponseLosesWhatBelongsToTheUpstreamsConnection() throws {
        let bench = try GatewayBench()
        bench.upstream.answer(
            "HTTP/1.1 302 Found\r\nLocation: /x\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\n"
                + "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n")
        let response = try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(
            response.head.fields.map { "\($0.name): \($0.value)" } == [
                "Location: /x", "Set-Cookie: a=1", "Set-Cookie: b=2", "Content-Length: 0",
            ])
    }

    // MARK: Framing

    @Test(arguments: [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 200, "500"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, nil),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", 304, "500"),
    ])
    func responsesWithoutContentKeepTheConnection(
        method: String, answer: String, status: Int, length: String?
    ) throws {
        let bench = try GatewayBench()
        bench.upstream.answer(answer)
        let client = try bench.connect()
        for _ in 1...2 {
            client.send("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try bench.response(to: method, at: client)
            #expect(response.status == status)
            #expect(response.head.fields.first("Content-Length") == length)
        }
        #expect(client.ending == nil)
    }

    @Test func chunkedAndUntilCloseBecomeChunked() throws {
        let bench = try GatewayBench()
        let answers = [
            "/chunked":
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: 1\r\n\r\n",
            "/close": "HTTP/1.1 200 OK\r\n\r\nhello",
            "/old": "HTTP/1.0 200 OK\r\n\r\nhello",
        ]
        bench.upstream.answer { Array((answers[$0.head.path] ?? "").utf8) }
        let client = try bench.connect()
        for path in answers.keys {
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try bench.response(at: client)
            #expect(response.text == "hello")
            #expect(response.head.fields.first("Transfer-Encoding") == "chunked")
        }
        #expect(client.ending == nil)
    }

    @Test func clientsOfHTTP10GetTheEndOfTheConnection() throws {
        let bench = try GatewayBench()
        bench.upstream.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        let client = try bench.connect()
        client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let response = try bench.response(at: client)
        #expect(response.text == "hello")
        #expect(response.head.fields.first("Connection") == "close")
        #expect(response.head.fields.first("Transfer-Encoding") == nil)
    }

    @Test func clientsOfHTTP10MayKeepTheirConnection() throws {
        let bench = try GatewayBench()
        bench.upstream.answer(hello)
        let client = try bench.connect()
        for _ in 1...2 {
            client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try bench.response(at: client).head.fields.first("Connection") == "keep-alive")
        }
    }

    @Test func interimResponsesAreSkipped() throws {
        let bench = try GatewayBench()
        bench.upstream.answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + hello)
        #expect(try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "hello")
    }

    @Test func aResponseMayComeByteByByte() throws {
        let bench = try GatewayBench()
        let client = try bench.connect()
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the request") { bench.upstream.connections.first?.text.hasSuffix("\r\n\r\n") == true }
        let peer = try #require(bench.upstream.connections.first)
        for byte in hello.utf8 {
            peer.send([byte])
            try bench.loop.turn(maximumWait: .milliseconds(1))
        }
        #expect(try bench.response(at: client).text == "hello")
    }

    @Test func whatFollowsAResponseIsNobodys() throws {
        let bench = try GatewayBench()
        bench.upstream.answer(hello + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        let client = try bench.connect()
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try bench.response(at: client).text == "hello")
        try bench.bench.settle { client.received.count }
        #expect(client.received.isEmpty)
    }

    // MARK: Expect: 100-continue

    @Test func theClientIsToldToContinueOnceTheUpstreamIsReached() throws {
        let bench = try GatewayBench()
        bench.upstream.answer(hello)
        let client = try bench.connect()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(try bench.response(at: client).status == 100)
        client.send("abc")
        #expect(try bench.response(at: client).text == "hello")
        let request = try #require(bench.upstream.requests.first)
        #expect(request.body == Array("abc".utf8))
        #expect(request.head.fields.first("Expect") == nil)
        #expect(client.ending == nil)
    }

    // MARK: Upstreams that fail

    @Test func anUpstreamThatRefusesIs502() throws {
        let bench = try GatewayBench {
            // A port that was just free and is closed again.
            let socket = try Socket.listen(at: #require(SocketAddress(literal: "127.0.0.1", port: 0)))
            $0.upstreamAddress = try Socket.localAddress(socket.number)
            socket.close()
        }
        let response = try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(response.status == 502)
        #expect(!response.text.contains("127.0.0.1"))
        #expect(bench.log.contains { $0.hasPrefix("error") })
    }

    @Test func anUpstreamThatNeverShakesHandsIs504() throws {
        let bench = try GatewayBench {
            $0.trust = try TestTrust.client()
            $0.limits.connectTimeout = .milliseconds(50)
        }
        #expect(try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 504)
    }

    @Test func anUpstreamThatNeverAnswersIs504() throws {
        let bench = try GatewayBench { $0.limits.readTimeout = .milliseconds(50) }
        #expect(try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 504)
        try bench.bench.run("the upstream's end") { bench.upstream.connections.first?.isEnded == true }
    }

    @Test func aBodyThatStopsComingIs408() throws {
        let bench = try GatewayBench { $0.limits.readTimeout = .milliseconds(50) }
        let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"
        #expect(try bench.exchange(request).status == 408)
    }

    @Test(arguments: [
        "", "garbage\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 999 What\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 40_000),
    ])
    func unusableAnswersAre502(answer: String) throws {
        let bench = try GatewayBench()
        bench.upstream.answer(answer)
        #expect(try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 502)
    }

    @Test func anUpstreamThatResetsIs502() throws {
        let bench = try GatewayBench()
        bench.upstream.changed = { if $0.text.hasSuffix("\r\n\r\n") { $0.reset() } }
        #expect(try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 502)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HTTP/1.1", TestPeer.Ending.truncated),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n", "HTTP/1.1", .truncated),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n", "HTTP/1.0", .broken),
    ])
    func aResponseThatIsCutShortIsToldByAnEarlyEnd(
        head: String, version: String, ending: TestPeer.Ending
    ) throws {
        let bench = try GatewayBench()
        let client = try bench.connect()
        client.send("GET / \(version)\r\nHost: a\r\n\r\n")
        try bench.bench.run("the request") { bench.upstream.connections.first?.text.hasSuffix("\r\n\r\n") == true }
        let peer = try #require(bench.upstream.connections.first)
        peer.send(head + "part")
        try bench.bench.run("the part") { client.text.contains("part") }
        peer.finish()
        try bench.bench.run("the end") { client.isEnded }
        #expect(client.ending == ending)
        try bench.expectNoSessions()
    }

    @Test func aResetInAResponseThatEndsWithTheConnectionIsNoEnd() throws {
        let bench = try GatewayBench()
        let client = try bench.connect()
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the request") { bench.upstream.connections.first?.text.hasSuffix("\r\n\r\n") == true }
        let peer = try #require(bench.upstream.connections.first)
        peer.send("HTTP/1.1 200 OK\r\n\r\npart")
        try bench.bench.run("the part") { client.text.contains("part") }
        peer.reset()
        try bench.bench.run("the end") { client.isEnded }
        #expect(client.ending == .truncated)
        #expect(!client.text.hasSuffix("0\r\n\r\n"))
    }

    // MARK: Early responses

    @Test func aResponseBeforeTheBodysEndClosesTheConnection() throws {
        let bench = try GatewayBench()
        let client = try bench.connect()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc")
        try bench.bench.run("the body's begin") { bench.upstream.connections.first?.text.hasSuffix("abc") == true }
        try #require(bench.upstream.connections.first).send(
            "HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nhello")
        // What the client still sends must not be taken for a request, nor reset the response away.
        client.send([UInt8](repeating: 0x61, count: 600_000) + Array("GET /evil HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        let response = try bench.response(at: client)
        #expect(response.status == 413)
        #expect(response.text == "hello")
        #expect(response.head.fields.first("Connection") == "close")
        try bench.bench.run("the end") { client.isEnded }
        #expect(client.ending == .finished)
        #expect(bench.upstream.connections.count == 1)
        client.close()
        try bench.expectNoSessions()
    }

    @Test func anUpstreamThatAnswersAndTakesNoMoreLeavesNoSmuggledRequest() throws {
        // The upstream closes while its answer is on the way and the body still comes: writing to it fails.
        let bench = try GatewayBench { $0.limits.maxRequestBody = 64 << 20 }
        bench.upstream.changed = { peer in
            guard peer.text.contains("\r\n\r\nabc"), !peer.isClosed else { return }
            peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nhello")
            peer.close()
        }
        let client = try bench.connect()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\nabc")
        client.send([UInt8](repeating: 0x61, count: 1_000_000))
        try bench.bench.run("the end") { client.isEnded }
        #expect(client.text.contains(" 403 ") || client.text.contains(" 502 "))
        #expect(client.text.components(of: "HTTP/1.1 ") == 1)
        #expect(bench.upstream.connections.count == 1)
    }

    // MARK: TLS

    @Test func theUpstreamMaySpeakTLS() throws {
        let bench = try GatewayBench {
            $0.upstreamTLS = try TestTrust.server()
            $0.trust = try TestTrust.client()
        }
        bench.upstream.answer("HTTP/1.1 200 OK\r\n\r\nhello")
        #expect(try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "hello")
    }

    @Test func anUntrustedUpstreamIs502() throws {
        let bench = try GatewayBench {
            $0.upstreamTLS = try TestTrust.server()
            $0.trust = try TestTrust.client(TestTrust.stranger)
        }
        #expect(try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 502)
        #expect(bench.upstream.requests.isEmpty)
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(of part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
