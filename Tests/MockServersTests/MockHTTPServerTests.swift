import Bytes
import HTTP1
import MockServers
import System
import TLS
import Testing

@Suite struct MockHTTPServerTests {
    private let host: MockHost

    init() throws { host = try MockHost() }

    /// Answers with method, target and body, so that a test sees what arrived.
    private func echoServer(tls: TLSContext? = nil) throws -> MockHTTPServer {
        try MockHTTPServer(on: host, tls: tls) { request in
            .text("\(request.head.method) \(request.head.target) \(String(decoding: request.body, as: UTF8.self))")
        }
    }

    @Test func oneConnectionCarriesManyRequests() throws {
        let server = try echoServer()
        let client = try TestClient(server.address)
        for number in 0..<5 { #expect(try client.get("/\(number)").text == "GET /\(number) ") }
        #expect(server.statistics.connectionsAccepted == 1)
        #expect(server.statistics.requests == 5)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let server = try echoServer()
        let client = try TestClient(server.address)
        let requests = (0..<20).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
        client.write(requests.joined())
        for number in 0..<20 { #expect(try client.response().text == "GET /\(number) ") }
    }

    @Test func bytesMayComeOneByOne() throws {
        let server = try echoServer()
        let client = try TestClient(server.address)
        for byte in "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8 { client.write([byte]) }
        #expect(try client.response().text == "POST /p abc")
    }

    @Test func chunkedRequestsAreJoined() throws {
        let server = try echoServer()
        let client = try TestClient(server.address)
        client.write(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
        #expect(try client.response().text == "POST / abcde")
        #expect(try client.get("/next").text == "GET /next ")
    }

    @Test func continueIsSentWhereItIsExpected() throws {
        let server = try echoServer()
        let client = try TestClient(server.address)
        client.write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try client.receive(25) == Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        client.write("ok")
        #expect(try client.response().text == "POST / ok")
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
    ])
    func closesWhereTheClientWantsIt(request: String) throws {
        let server = try echoServer()
        let client = try TestClient(server.address)
        client.write(request)
        let response = try client.response()
        #expect(response.text == "GET / ")
        #expect(response.head.fields.contains(token: "close", inListField: "Connection"))
        #expect(try client.receiveToEnd().ending == .finished)
    }

    @Test func aClientThatFinishedStillGetsItsAnswer() throws {
        let server = try echoServer()
        let client = try TestClient(server.address)
        client.write("GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
        try client.finish()
        #expect(try client.response().text == "GET /late ")
        #expect(server.wait { $0.connectionsOpen == 0 })
    }

    @Test func headAndNoContentHaveNoBody() throws {
        let server = try MockHTTPServer(on: host) { request in
            request.head.path == "/empty" ? MockAnswer(status: 204) : .text("12345")
        }
        let client = try TestClient(server.address)
        let head = try client.request("HEAD", "/")
        #expect(head.head.fields.first("content-length") == "5")
        #expect(try client.get("/empty").head.fields.count("content-length") == 0)
        #expect(try client.get("/").text == "12345")
    }

    @Test func malformedRequestsAreRefusedAndEndTheConnection() throws {
        let server = try echoServer()
        let client = try TestClient(server.address)
        client.write("GET / HTTP/1.1\r\n\r\n")
        #expect(try client.response().head.status == 400)
        #expect(try client.receiveToEnd().ending == .finished)
    }

    @Test func largeAnswersWaitForTheClient() throws {
        let body = BytePattern.bytes(count: 20 * 1024 * 1024)
        let server = try MockHTTPServer(on: host) { _ in MockAnswer(body: body) }
        let client = try TestClient(server.address)
        #expect(try client.get("/").body == body)
    }

    // MARK: Deliveries

    /// Asks a server that delivers ten digits in the given way.
    private func ask(_ delivery: MockAnswer.Delivery, delay: Duration = .zero) throws -> (TestClient, MockHTTPServer) {
        let server = try MockHTTPServer(on: host) { _ in
            var answer = MockAnswer.text("0123456789")
            answer.delivery = delivery
            answer.delay = delay
            return answer
        }
        let client = try TestClient(server.address)
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return (client, server)
    }

    @Test func chunksHaveTheSizeAskedFor() throws {
        let (client, server) = try ask(.chunked(bytes: 4))
        #expect(try client.response().text == "0123456789")
        client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let raw = String(decoding: try client.receiveToEnd().bytes, as: UTF8.self)
        #expect(raw.hasSuffix("\r\n\r\n4\r\n0123\r\n4\r\n4567\r\n2\r\n89\r\n0\r\n\r\n"))
        server.stop()
    }

    @Test func untilCloseHasNoLength() throws {
        let (client, server) = try ask(.untilClose)
        let response = try client.response()
        #expect(response.text == "0123456789")
        #expect(!response.head.fields.contains("content-length"))
        server.stop()
    }

    @Test func slowlyArrivesWhole() throws {
        let start = Clock.monotonic
        let (client, server) = try ask(.slowly(bytes: 3, every: .milliseconds(10)))
        #expect(try client.response().text == "0123456789")
        #expect(Clock.monotonic - start >= .milliseconds(30))
        server.stop()
    }

    @Test func cutShortEndsBeforeItsLength() throws {
        let (client, server) = try ask(.cutShort(after: 3))
        let (bytes, ending) = try client.receiveToEnd().parts
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("content-length: 10\r\n"))
        #expect(text.hasSuffix("\r\n\r\n012"))
        #expect(ending == .finished)
        server.stop()
    }

    @Test func closeAnswersNothing() throws {
        let (client, server) = try ask(.close)
        #expect(try client.receiveToEnd() == .init(bytes: [], ending: .finished))
        server.stop()
    }

    @Test func resetAborts() throws {
        let (client, server) = try ask(.reset)
        #expect(try client.receiveToEnd() == .init(bytes: [], ending: .reset))
        server.stop()
    }

    @Test func silenceLastsUntilTheClientGivesUp() throws {
        let (client, server) = try ask(.silence)
        #expect(server.wait { $0.requests == 1 })
        #expect(client.received.isEmpty)
        #expect(server.statistics.connectionsOpen == 1)
        try client.finish()
        #expect(server.wait { $0.connectionsOpen == 0 })
    }

    @Test func rawBytesHaveNoHead() throws {
        let (client, server) = try ask(.raw)
        #expect(try client.receiveToEnd() == .init(bytes: Array("0123456789".utf8), ending: .finished))
        server.stop()
    }

    @Test func delaysHoldTheAnswerBack() throws {
        let start = Clock.monotonic
        let (client, server) = try ask(.whole, delay: .milliseconds(50))
        #expect(try client.response().text == "0123456789")
        #expect(Clock.monotonic - start >= .milliseconds(50))
        server.stop()
    }

    // MARK: HTTPS

    @Test func speaksTLS() throws {
        let certificate = try CertificateAuthority.selfSigned(
            CertificateRequest(commonName: "mock", names: SubjectName.localhost, now: Clock.unix))
        let context = try TLSContext.server(.init(certificates: [try certificate.material(label: "mock")]))
        let server = try echoServer(tls: context)
        let trust = TrustedAuthorities(pem: certificate.certificatePEM, label: "mock")
        let client = try TestClient(server.address, tls: try .client(.init(trust: .authorities(trust))))
        let body = BytePattern.bytes(count: 300_000).map { $0 & 0x3F | 0x40 }
        #expect(try client.request("POST", "/s", body: body).body == Array("POST /s ".utf8) + body)
        #expect(try client.get("/t").text == "GET /t ")
        try client.finish()
        #expect(try client.receiveToEnd().ending == .finished)
        // Whoever doesn't trust it, doesn't get in.
        #expect(throws: (any Error).self) { try TestClient(server.address, tls: try .client(.init())) }
        #expect(server.wait { $0.handshakesFailed == 1 })
    }
}
