import Bytes
import HTTP1
import OIDC
import Reactor
import System
import TLS
import Testing

@testable import Gateway

/// One GET of a document and everything that can come of it.
@Suite struct DocumentFetchTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    private func context(
        trust: TLSContext? = nil, timeout: Duration = .seconds(10)
    ) throws -> FetchContext {
        FetchContext(
            loop: bench.loop, resolver: bench.resolver, engine: bench.engine, tls: try trust ?? TestTrust.client(),
            timeout: timeout)
    }

    /// Fetches `url` and answers what came of it.
    private func outcome(_ url: String, limit: Int = 1000, _ context: FetchContext) throws -> FetchOutcome {
        var outcomes: [FetchOutcome] = []
        let fetch = DocumentFetch(try HTTPURL(url), limit: limit, context: context) { outcomes.append($0) }
        try withExtendedLifetime(fetch) { try bench.run("the fetch") { !outcomes.isEmpty } }
        // Nothing more follows.
        try bench.settle { outcomes.count }
        #expect(outcomes.count == 1)
        return outcomes[0]
    }

    /// Fetches from a server that answers with `answer`.
    private func outcome(
        of answer: String, limit: Int = 1000, timeout: Duration = .seconds(10)
    ) throws -> FetchOutcome {
        let server = try TestServer(bench)
        server.answer(answer)
        return try outcome("http://\(server.address)/x", limit: limit, context(timeout: timeout))
    }

    private func failure(_ outcome: FetchOutcome) -> FetchFailure? {
        if case .failure(let failure) = outcome { failure } else { nil }
    }

    private func body(_ outcome: FetchOutcome) -> String? {
        guard case .response(200, _, let body) = outcome else { return nil }
        return String(decoding: body, as: UTF8.self)
    }

    @Test func theRequestIsPlain() throws {
        let server = try TestServer(bench)
        server.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: max-age=7\r\n\r\n{}")
        let outcome = try outcome("http://\(server.address)/a/b?c=d", context())
        #expect(body(outcome) == "{}")
        if case .response(_, let fields, _) = outcome { #expect(fields.first("Cache-Control") == "max-age=7") }
        let head = try #require(server.requests.first).head
        #expect(head.method == "GET")
        #expect(head.target == "/a/b?c=d")
        #expect(
            head.fields.map { "\($0.name): \($0.value)" } == [
                "Host: \(server.address)", "Accept: application/json", "User-Agent: secure-proxy", "Connection: close",
            ])
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n5\r\n\": 1}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n{\"a\": 1}", "HTTP/1.0 200 OK\r\n\r\n{\"a\": 1}",
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\": 1}",
        "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\": 1}trailing",
    ])
    func framings(answer: String) throws {
        #expect(body(try outcome(of: answer)) == "{\"a\": 1}")
    }

    @Test func redirectsAreNotFollowed() throws {
        let outcome = try outcome(of: "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n")
        guard case .response(302, _, _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test(arguments: [
        "", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 40_000),
    ])
    func malformedAndTruncated(answer: String) throws {
        guard case .malformedAnswer? = failure(try outcome(of: answer)) else {
            Issue.record("not malformed: \(answer.prefix(60))")
            return
        }
    }

    @Test(arguments: ["Content-Length: 1001\r\n\r\n", "\r\n", "Transfer-Encoding: chunked\r\n\r\n3e9\r\n"])
    func oversize(framing: String) throws {
        let answer = "HTTP/1.1 200 OK\r\n" + framing + String(repeating: "x", count: 1001)
        #expect(failure(try outcome(of: answer)) == .tooLarge(limit: 1000))
    }

    @Test func exactlyTheLimitIsTaken() throws {
        let text = String(repeating: "x", count: 1000)
        #expect(body(try outcome(of: "HTTP/1.1 200 OK\r\n\r\n" + text)) == text)
    }

    @Test func slow() throws {
        let server = try TestServer(bench)
        // It trickles for ever; only the whole counts.
        server.changed = { $0.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{") }
        let outcome = try outcome("http://\(server.address)/", context(timeout: .milliseconds(60)))
        #expect(failure(outcome) == .timedOut)
        try bench.run("the server to see the end") { server.connections.first?.isEnded == true }
    }

    @Test func refused() throws {
        let socket = try Socket.listen(at: #require(SocketAddress(literal: "127.0.0.1", port: 0)))
        let address = try Socket.localAddress(socket.number)
        socket.close()
        guard case .unreachable? = failure(try outcome("http://\(address)/", context())) else {
            Issue.record("not unreachable")
            return
        }
    }

    @Test func aResetInTheAnswer() throws {
        let server = try TestServer(bench)
        server.changed = { $0.reset() }
        guard case .unreachable? = failure(try outcome("http://\(server.address)/", context())) else {
            Issue.record("not unreachable")
            return
        }
    }

    // MARK: TLS

    @Test func httpsWithTheRightAuthority() throws {
        let server = try TestServer(bench, tls: TestTrust.server())
        server.answer("HTTP/1.1 200 OK\r\n\r\n{}")
        #expect(body(try outcome("https://\(server.address)/", context())) == "{}")
    }

    @Test func httpsWithAnotherAuthority() throws {
        let server = try TestServer(bench, tls: TestTrust.server())
        server.answer("HTTP/1.1 200 OK\r\n\r\n{}")
        let outcome = try outcome("https://\(server.address)/", context(trust: TestTrust.client(TestTrust.stranger)))
        guard case .tls? = failure(outcome) else {
            Issue.record("\(outcome)")
            return
        }
        #expect(server.requests.isEmpty)
    }

    @Test func httpsWithAnotherName() throws {
        let server = try TestServer(bench, tls: TestTrust.server())
        let outcome = try outcome("https://127.0.0.2:\(server.address.port)/", context())
        // Nothing listens at 127.0.0.2 unless the server bound every address; what may not happen is success.
        #expect(failure(outcome) != nil)
    }

    @Test func anUnfinishedTLSAnswerIsCutShort() throws {
        let server = try TestServer(bench, tls: TestTrust.server())
        // Without a length only close_notify says that the body is complete; a mere FIN may be anybody's.
        server.changed = { peer in
            guard peer.text.hasSuffix("\r\n\r\n"), !peer.isClosed else { return }
            peer.send("HTTP/1.1 200 OK\r\n\r\n{}")
            peer.close()
        }
        let outcome = try outcome("https://\(server.address)/", context())
        #expect(failure(outcome) == .malformedAnswer(reason: "it was cut short"))
    }

    // MARK: Ends

    @Test func cancellingItEndsItWithoutACall() throws {
        let server = try TestServer(bench)
        var outcomes: [FetchOutcome] = []
        let fetch = DocumentFetch(
            try HTTPURL("http://\(server.address)/"), limit: 10, context: try context()
        ) { outcomes.append($0) }
        try bench.run("the request") { server.connections.first?.text.isEmpty == false }
        fetch.cancel()
        try bench.run("the server to see the end") { server.connections.first?.isEnded == true }
        #expect(outcomes.isEmpty)
        fetch.cancel()
    }
}
