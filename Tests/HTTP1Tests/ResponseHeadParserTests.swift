import HTTP1
import Testing

/// RFC 9112 section 4.
struct ResponseHeadParserTests {
    @Test func `a head comes out the same however it is cut`() throws {
        let head = try response("HTTP/1.1 403 Forbidden for é\r\nContent-Length: 3\r\nX:  y \r\n\r\n")
        #expect(head.status == 403)
        #expect(head.reason == "Forbidden for é")
        #expect(head.version == .http11)
        #expect(head.fields == ["Content-Length": "3", "X": "y"])
    }

    @Test func `the reason may be empty or missing`() throws {
        #expect(try response("HTTP/1.0 200 \r\n\r\n").reason == "")
        #expect(try response("HTTP/1.1 200\r\n\r\n").reason == "")
        #expect(try response("HTTP/1.1 200  \t x\r\n\r\n").reason == " \t x")
    }

    @Test func `interim responses are heads of their own`() throws {
        let bytes = Array(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 \r\n\r\nx".utf8)
        var parser = ResponseHeadParser()
        var (position, statuses) = (0, [Int]())
        while position < bytes.count {
            let rest = Array(bytes[position...])
            guard case .head(let head, let consumed) = try parser.receive(rest.span) else { break }
            statuses.append(head.status)
            position += consumed
            if !head.isInterim { break }
        }
        #expect(statuses == [100, 103, 204])
        #expect(position == bytes.count - 1)
    }

    @Test(arguments: [
        "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2000 OK", "HTTP/1.1 20x OK", "HTTP/1.1  200 OK",
        "HTTP/1.1 099 No", "HTTP/1.1 600 No", "HTTP/1.1 999 No", "HTTP/1.1 200OK", "HTTP/1.1\t200 OK",
        "HTTP/1.1 200 a\u{0}b", "HTTP/1.1 -20 OK", "HTTP/1.1 200\tOK", "ICY 200 OK", "<html>",
    ])
    func `malformed status lines`(line: String) {
        expectResponse("\(line)\r\n\r\n", refusedAs: .malformedStatusLine)
    }

    @Test func `versions`() {
        expectResponse("HTTP/2.0 200 OK\r\n\r\n", refusedAs: .unsupportedVersion)
        expectResponse("http/1.1 200 OK\r\n\r\n", refusedAs: .malformedVersion)
        expectResponse("ICY/1.1 200 OK, go\r\n\r\n", refusedAs: .malformedVersion)
    }

    @Test func `line ends`() {
        expectResponse("HTTP/1.1 200 OK\n\n", refusedAs: .bareLineFeed(line: 1))
        expectResponse("HTTP/1.1 200 a\rb\r\n\r\n", refusedAs: .bareCarriageReturn(line: 1))
        expectResponse("\r\nHTTP/1.1 200 OK\r\n\r\n", refusedAs: .malformedStatusLine)
    }

    @Test func `limits`() throws {
        let text = "HTTP/1.1 200 OK\r\nX: y\r\n\r\n"
        let size = text.utf8.count
        #expect(try receiveResponse(text, limits: HeadLimits(maxHeadBytes: size)) != nil)
        expectResponse(text, refusedAs: .headTooLarge(limit: size - 1), limits: HeadLimits(maxHeadBytes: size - 1))
        expectResponse(
            String(repeating: "x", count: 40_000), refusedAs: .headTooLarge(limit: 32 * 1024))
        expectResponse(
            "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n", refusedAs: .tooManyFields(limit: 1),
            limits: HeadLimits(maxFields: 1))
    }

    @Test func `an error stays, and a connection that sent nothing is idle`() {
        var parser = ResponseHeadParser()
        #expect(parser.isIdle)
        let bad = Array("x\n".utf8)
        #expect(throws: HTTPError.bareLineFeed(line: 1)) { try parser.receive(bad.span) }
        #expect(throws: HTTPError.bareLineFeed(line: 1)) { try parser.receive(bad.span) }
        #expect(!parser.isIdle)
    }
}
