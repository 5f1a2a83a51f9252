import HTTP1
import Testing

/// RFC 9110 section 7.6.
struct ForwardingTests {
    // MARK: Requests

    @Test func `a request's framing is written anew and its own fields of one connection are gone`() throws {
        let text =
            "POST http://front:1/token?x=1 HTTP/1.1\r\nAccept: */*\r\nHost: other\r\nContent-Length: 5\r\n"
            + "Connection: close, X-A\r\nX-A: 1\r\nTE: trailers\r\nExpect: 100-continue\r\nUpgrade: h2c\r\n\r\n"
        let head = try request(text)
        let out = Forwarding.requestHead(
            from: head, framing: try BodyFraming.request(head),
            options: .init(host: "upstream:10080", target: "/awsexample/token?x=1", via: "secure-proxy"))
        #expect(
            String(decoding: HeadSerializer.serialize(out), as: UTF8.self)
                == "POST /awsexample/token?x=1 HTTP/1.1\r\nHost: upstream:10080\r\nAccept: */*\r\n"
                + "Via: 1.1 secure-proxy\r\nContent-Length: 5\r\n\r\n")
    }

    @Test func `defaults keep the client's host and path`() throws {
        let head = try request("GET http://front:1/p?q HTTP/1.1\r\nHost: other\r\nVia: 1.0 x\r\n\r\n")
        let out = Forwarding.requestHead(from: head, framing: .none, options: .init(closesConnection: true))
        #expect(out.target == "/p?q")
        #expect(out.fields == ["Host": "front:1", "Via": "1.0 x", "Connection": "close"])
    }

    @Test func `chunks stay chunks, whatever the client's spelling`() throws {
        let head = try request(withLines("transfer-encoding:\tChunked", "Trailer: X", method: "POST"))
        let out = Forwarding.requestHead(from: head, framing: try BodyFraming.request(head))
        #expect(out.fields == ["Host": "example.com", "Transfer-Encoding": "chunked"])
    }

    @Test func `a request of HTTP 1.0 leaves as 1.1 with a Host`() throws {
        let head = try request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let out = Forwarding.requestHead(from: head, framing: .none, options: .init(via: "p"))
        #expect(out.version == .http11)
        #expect(out.fields == ["Host": "", "Via": "1.0 p"])
    }

    @Test func `Connection can't take the framing away`() throws {
        let head = try request(withLines("Connection: content-length", "Content-Length: 3", method: "POST"))
        let out = Forwarding.requestHead(from: head, framing: try BodyFraming.request(head))
        #expect(out.fields.all("Content-Length") == ["3"])
    }

    // MARK: Responses

    private func forward(
        _ text: String, to requestText: String = withLines(), options: Forwarding.ResponseOptions = .init()
    ) throws -> (text: String, framing: BodyFraming, isPersistent: Bool) {
        let client = try request(requestText)
        let head = try response(text)
        let framing = try BodyFraming.response(head, to: client.method)
        let out = Forwarding.responseHead(from: head, to: client, framing: framing, options: options)
        return (String(decoding: HeadSerializer.serialize(out.head), as: UTF8.self), out.framing, out.isPersistent)
    }

    @Test func `a response with a length`() throws {
        let out = try forward(
            "HTTP/1.0 200 Fine\r\nServer: x\r\ncontent-length: 007\r\nConnection: close, X-A\r\nX-A: 1\r\nKeep-Alive: 5\r\n\r\n",
            options: .init(via: "p"))
        #expect(out.text == "HTTP/1.1 200 Fine\r\nServer: x\r\nContent-Length: 7\r\nVia: 1.0 p\r\n\r\n")
        #expect(out.framing == .length(7))
        #expect(out.isPersistent)
    }

    @Test func `content until the end becomes chunks for a client of HTTP 1.1`() throws {
        let out = try forward("HTTP/1.1 200 OK\r\n\r\n")
        #expect(out.text == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(out.framing == .chunked)
        #expect(out.isPersistent)
    }

    @Test func `chunks become content until the end for a client of HTTP 1.0`() throws {
        let out = try forward(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n",
            to: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(out.text == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        #expect(out.framing == .untilClose)
        #expect(!out.isPersistent)
    }

    @Test func `a client of HTTP 1.0 that wants more is told so`() throws {
        let out = try forward(
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", to: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(out.text.hasSuffix("Connection: keep-alive\r\n\r\n"))
        #expect(out.isPersistent)
    }

    @Test func `close is said whenever the connection ends`() throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
        #expect(try forward(head, to: withLines("Connection: close")).text.hasSuffix("Connection: close\r\n\r\n"))
        #expect(try forward(head, options: .init(keepsConnection: false)).text.hasSuffix("Connection: close\r\n\r\n"))
        #expect(try !forward(head, to: "GET / HTTP/1.0\r\n\r\n").isPersistent)
    }

    @Test func `HEAD and 304 keep the length that they tell; 204 loses it`() throws {
        let length = "Content-Length: 7\r\n\r\n"
        #expect(try forward("HTTP/1.1 200 OK\r\n\(length)", to: withLines(method: "HEAD")).text.hasSuffix(length))
        #expect(try forward("HTTP/1.1 304 X\r\n\(length)").text.hasSuffix(length))
        #expect(try forward("HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n").text == "HTTP/1.1 204 X\r\n\r\n")
    }

    @Test func `an interim response carries no connection option`() throws {
        let out = try forward("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n", to: withLines("Connection: close"))
        #expect(out.text == "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")
        #expect(out.framing == .none)
    }
}
