import HTTP1
import Reactor
import System
import TLS
import Testing

@testable import BridgeClient

@Suite struct HTTPSClientTests {
    @Test func getsAndPosts() throws {
        let server = try TestServer { head, body in
            .text(200, "\(head.method) \(head.target) \(String(decoding: body, as: UTF8.self))")
        }
        let client = try HTTPSClient(server.endpoint)
        #expect(try client.get("/a?b=c").text == "GET /a?b=c ")
        #expect(try client.post("/form", form: [("x", "y z")]).text == "POST /form x=y%20z")
        #expect(server.seen.requests.map { $0.host } == ["127.0.0.1:\(server.port)", "127.0.0.1:\(server.port)"])
    }

    @Test func chunksAndInterimResponsesAreUnderstood() throws {
        let server = try TestServer { _, _ in
            let text =
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "4\r\nwiki\r\n0\r\n\r\n"
            return .raw(Array(text.utf8), then: .wait)
        }
        #expect(try HTTPSClient(server.endpoint).get("/").text == "wiki")
    }

    @Test func redirectsAreNotFollowed() throws {
        let server = try TestServer { _, _ in .text(302, "", ["Location": "https://elsewhere.example/"]) }
        let response = try HTTPSClient(server.endpoint).get("/")
        #expect(response.status == 302)
        #expect(response.field("location") == "https://elsewhere.example/")
        #expect(server.seen.connections == 1)
    }

    @Test func nobodyListening() throws {
        let server = try TestServer { _, _ in .json("{}") }
        var endpoint = server.endpoint
        // A port that was just free: bound, never listened at, released.
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let socket = try Socket.listen(at: address)
        endpoint.port = try Socket.localAddress(socket.number).port
        socket.close()
        let client = try HTTPSClient(endpoint)
        let error = try clientError { () throws(ClientError) in _ = try client.get("/") }
        guard case .dial(.failed(_, let system), _) = error else { throw error }
        #expect(system.code == Errno.connectionRefused)
        #expect(error.description.contains("cannot connect to 127.0.0.1:\(endpoint.port)"))
        #expect(error.advice?.contains("Is the proxy running") == true)
        #expect(error.mayPass)
    }

    @Test func anUnknownHost() throws {
        let client = try HTTPSClient(ClientEndpoint(host: "no-such-host.invalid", port: 1))
        let error = try clientError { () throws(ClientError) in _ = try client.get("/", within: .seconds(30)) }
        guard case .dial(.unresolvable, _) = error else { throw error }
        #expect(error.advice?.contains("--address") == true)
    }

    @Test func aPortThatSpeaksNoTLS() throws {
        let server = try TestServer(tls: false) { _, _ in .json("{}") }
        let client = try HTTPSClient(server.endpoint)
        let error = try clientError { () throws(ClientError) in _ = try client.get("/", within: .seconds(5)) }
        // The server reads the ClientHello as a malformed request and answers in plain text.
        guard case .tlsHandshake(let failure, _) = error else { throw error }
        #expect(failure.kind == .notTLS)
        #expect(error.advice?.contains("does not speak TLS") == true)
    }

    @Test func silenceIsCutOff() throws {
        let server = try TestServer { _, _ in .raw([], then: .wait) }
        let client = try HTTPSClient(server.endpoint)
        let error = try clientError { () throws(ClientError) in _ = try client.get("/", within: .milliseconds(200)) }
        guard case .timedOut(_, .milliseconds(200)) = error else { throw error }
        #expect(error.description == "no answer from 127.0.0.1:\(server.port) within 200 ms")
    }

    @Test func aHandshakeThatDoesNotGoOnIsCutOff() throws {
        // A listener that accepts nothing: TCP connects, TLS waits.
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let socket = try Socket.listen(at: address)
        var endpoint = ClientEndpoint(
            host: "127.0.0.1", port: try Socket.localAddress(socket.number).port, trust: .insecure)
        endpoint.connectTimeout = .milliseconds(200)
        let client = try HTTPSClient(endpoint)
        let error = try clientError { () throws(ClientError) in _ = try client.get("/") }
        guard case .timedOut(let awaited, .milliseconds(200)) = error else { throw error }
        #expect(awaited.hasPrefix("TLS handshake"))
    }

    @Test(arguments: [Reply.RawEnding.finish, .cut])
    func anEndBeforeTheAnswer(_ ending: Reply.RawEnding) throws {
        let server = try TestServer { _, _ in .raw([], then: ending) }
        let client = try HTTPSClient(server.endpoint)
        let error = try clientError { () throws(ClientError) in _ = try client.get("/") }
        guard case .closedEarly(awaiting: "an answer") = error else { throw error }
    }

    /// RFC 9112 section 9.8: an answer that ends with the connection needs close_notify to be complete.
    @Test func anEndWithoutCloseNotifyIsIncomplete() throws {
        let bytes = Array("HTTP/1.1 200 OK\r\n\r\nhalf".utf8)
        let orderly = try TestServer { _, _ in .raw(bytes, then: .finish) }
        #expect(try HTTPSClient(orderly.endpoint).get("/").text == "half")

        let cut = try TestServer { _, _ in .raw(bytes, then: .cut) }
        let client = try HTTPSClient(cut.endpoint)
        let error = try clientError { () throws(ClientError) in _ = try client.get("/") }
        guard case .closedEarly(awaiting: "the rest of its answer") = error else { throw error }
    }

    @Test func somethingElseThanHTTP() throws {
        let server = try TestServer { _, _ in .raw(Array("SSH-2.0-OpenSSH\r\n".utf8), then: .finish) }
        let client = try HTTPSClient(server.endpoint)
        let error = try clientError { () throws(ClientError) in _ = try client.get("/") }
        guard case .http = error else { throw error }
    }

    @Test func aReleasedExchangeCallsNobody() throws {
        let server = try TestServer { _, _ in .json("{}") }
        let runtime = try ClientRuntime()
        var calls = 0
        var exchange: HTTPExchange? = HTTPExchange(
            HTTPRequest(target: "/"), to: server.endpoint, runtime: runtime
        ) { _ in calls += 1 }
        _ = exchange
        exchange = nil
        #expect(try HTTPSClient(server.endpoint, runtime: runtime).get("/").status == 200)
        #expect(calls == 0)
        #expect(server.seen.requests.count == 1)
    }
}
