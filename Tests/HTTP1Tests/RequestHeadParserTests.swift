import HTTP1
import Testing

struct RequestHeadParserTests {
    private let upgrade = withLines("Upgrade: websocket", "Connection: Upgrade", "X:  a \t b \t", target: "/w?x=1")

    @Test func `a head comes out the same however it is cut, and what follows is left`() throws {
        let head = try request(upgrade)
        #expect(head.method == "GET")
        #expect(head.target == "/w?x=1")
        #expect(head.version == .http11)
        #expect(
            head.fields.map(\.description) == [
                "Host: example.com", "Upgrade: websocket", "Connection: Upgrade", "X: a \t b",
            ])
        let bytes = Array((upgrade + "early data\r\n\r\n").utf8)
        for split in 0...bytes.count {
            var parser = RequestHeadParser()
            var consumed = 0
            var found: RequestHead?
            for piece in [Array(bytes[..<split]), Array(bytes[split...])] where found == nil {
                switch try parser.receive(piece.span) {
                case .needMore: consumed += piece.count
                case .head(let head, let count): (found, consumed) = (head, consumed + count)
                }
            }
            #expect(found == head, "split at \(split)")
            #expect(consumed == upgrade.utf8.count, "split at \(split)")
        }
    }

    @Test func `requests follow one another on a connection`() throws {
        let bytes = Array((upgrade + upgrade + withLines(target: "/last")).utf8)
        var parser = RequestHeadParser()
        var (position, targets) = (0, [String]())
        #expect(parser.isIdle)
        while position < bytes.count {
            let rest = Array(bytes[position...])
            guard case .head(let head, let consumed) = try parser.receive(rest.span) else { break }
            targets.append(head.target)
            position += consumed
            #expect(parser.isIdle)
        }
        #expect(targets == ["/w?x=1", "/w?x=1", "/last"])
    }

    @Test func `idle until the first byte of a head`() throws {
        var parser = RequestHeadParser()
        _ = try parser.receive(Array("\r\n".utf8).span)
        #expect(parser.isIdle)
        _ = try parser.receive(Array("G".utf8).span)
        #expect(!parser.isIdle)
    }

    @Test func `an error stays`() throws {
        var parser = RequestHeadParser()
        let bad = Array("GET / HTTP/1.1\n".utf8)
        let good = Array(withLines().utf8)
        #expect(throws: HTTPError.bareLineFeed(line: 1)) { try parser.receive(bad.span) }
        #expect(throws: HTTPError.bareLineFeed(line: 1)) { try parser.receive(good.span) }
        #expect(!parser.isIdle)
    }

    @Test func `a misdeed is refused at the end of its line, not of the head`() {
        #expect(throws: HTTPError.malformedRequestLine) { try receiveRequest("hello\r\n") }
        #expect(throws: HTTPError.whitespaceBeforeColon(line: 2)) {
            try receiveRequest("GET / HTTP/1.1\r\nHost : a\r\n")
        }
        #expect(throws: HTTPError.bareLineFeed(line: 3)) { try receiveRequest("GET / HTTP/1.1\r\nHost: a\r\nB\n") }
    }

    // MARK: Limits

    @Test func `a head of exactly the limit passes, one byte more does not`() throws {
        let text = withLines("X: y")
        let size = text.utf8.count
        for cut in Cut.allCases {
            #expect(try receiveRequest(text, cut: cut, limits: HeadLimits(maxHeadBytes: size)) != nil)
            #expect(try receiveRequest(text + "more", cut: cut, limits: HeadLimits(maxHeadBytes: size)) != nil)
        }
        expectRequest(
            text, refusedAs: .headTooLarge(limit: size - 1), limits: HeadLimits(maxHeadBytes: size - 1))
    }

    @Test func `the empty line skipped in front doesn't count`() throws {
        let text = withLines()
        let limits = HeadLimits(maxHeadBytes: text.utf8.count)
        for cut in Cut.allCases { #expect(try receiveRequest("\r\n" + text, cut: cut, limits: limits) != nil) }
    }

    @Test func `a huge head is refused when the limit is reached, with nothing behind it held`() {
        let endless = "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 100_000)
        expectRequest(endless, refusedAs: .headTooLarge(limit: 32 * 1024))
        let lines =
            "GET / HTTP/1.1\r\nHost: a\r\n"
            + String(repeating: "X: \(String(repeating: "y", count: 996))\r\n", count: 40)
        expectRequest(lines, refusedAs: .headTooLarge(limit: 32 * 1024))
    }

    @Test func `as many fields as the limit pass, one more does not`() throws {
        let lines = String(repeating: "X: y\r\n", count: 99)
        #expect(try request("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n").fields.count == 100)
        expectRequest("GET / HTTP/1.1\r\nHost: a\r\n\(lines)X: y\r\n\r\n", refusedAs: .tooManyFields(limit: 100))
    }

    @Test func `a target of exactly the limit passes, longer ones are 414 before their line is complete`() throws {
        let limit = 8 * 1024
        let target = "/" + String(repeating: "a", count: limit - 1)
        #expect(try request(withLines(target: target)).target == target)
        expectRequest(withLines(target: target + "a"), refusedAs: .targetTooLong(limit: limit))
        expectRequest("GET /" + String(repeating: "a", count: 20_000), refusedAs: .targetTooLong(limit: limit))
    }

    @Test func `a method longer than any that exists is 501 (RFC 9112 section 3)`() throws {
        #expect(try request(withLines(method: String(repeating: "M", count: 32))).method.utf8.count == 32)
        expectRequest(withLines(method: String(repeating: "M", count: 33)), refusedAs: .methodTooLong)
        expectRequest(String(repeating: "M", count: 20_000), refusedAs: .methodTooLong)
    }

    @Test func `garbage without a line end is refused once no request line could be so long`() {
        expectRequest(String(repeating: "\u{16}\u{3}", count: 10_000), refusedAs: .malformedRequestLine)
        expectRequest(" " + String(repeating: "a", count: 20_000), refusedAs: .malformedRequestLine)
    }

    @Test func `a limit below the request line's is the head's`() {
        expectRequest(
            "GET /" + String(repeating: "a", count: 200), refusedAs: .headTooLarge(limit: 100),
            limits: HeadLimits(maxHeadBytes: 100))
    }
}
