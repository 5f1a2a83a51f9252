import HTTP1
import Testing

/// Request smuggling (RFC 9112 section 11.2): messages that two readers have been seen to end at different places.
/// Each must be refused, or read in the one way that every strict reader has; never end up as two requests here.
struct SmugglingTests {
    /// Reads `text` as a connection of a server would: head, content, next head; answers the targets seen.
    private func serve(_ text: String, cut: Cut) throws(HTTPError) -> [String] {
        var parser = RequestHeadParser()
        var body: BodyDecoder?
        var targets: [String] = []
        for piece in cut.pieces(of: Array(text.utf8)) {
            var position = 0
            while position < piece.count {
                if var decoder = body {
                    position = try decoder.decode(piece.span, from: position).position
                    body = decoder.isFinished ? nil : decoder
                    continue
                }
                let rest = piece.span.extracting(position..<piece.count)
                guard case .head(let head, let consumed) = try parser.receive(rest) else { break }
                position += consumed
                targets.append(head.target)
                let decoder = BodyDecoder(try BodyFraming.request(head))
                body = decoder.isFinished ? nil : decoder
            }
        }
        return targets
    }

    private func post(_ lines: String..., body: String, version: String = "1.1") -> String {
        (["POST /first HTTP/\(version)", "Host: a"] + lines).joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    private let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"

    private func expectRefused(
        _ text: String, as misdeed: HTTPError, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for cut in Cut.allCases {
            #expect(throws: misdeed, "\(cut): \(text.debugDescription)", sourceLocation: sourceLocation) {
                _ = try serve(text, cut: cut)
            }
        }
    }

    @Test func `an honest pipeline is read as it was meant`() throws {
        let text =
            post("Content-Length: 5", body: "hello")
            + post("Transfer-Encoding: chunked", body: "5\r\nhello\r\n0\r\n\r\n")
            + hidden
        for cut in Cut.allCases { #expect(try serve(text, cut: cut) == ["/first", "/first", "/hidden"]) }
    }

    @Test func `what looks like a request inside content is content`() throws {
        let length = post("Content-Length: \(hidden.utf8.count)", body: hidden)
        let chunked = post(
            "Transfer-Encoding: chunked", body: "\(String(hidden.utf8.count, radix: 16))\r\n\(hidden)\r\n0\r\n\r\n")
        for cut in Cut.allCases {
            #expect(try serve(length, cut: cut) == ["/first"])
            #expect(try serve(chunked, cut: cut) == ["/first"])
        }
    }

    @Test func `CL.TE and TE.CL: length with chunked, in either order`() {
        let body = "0\r\n\r\n" + hidden
        expectRefused(
            post("Content-Length: \(body.utf8.count)", "Transfer-Encoding: chunked", body: body),
            as: .lengthWithTransferEncoding)
        expectRefused(
            post("Transfer-Encoding: chunked", "Content-Length: 4", body: "5c\r\n" + hidden),
            as: .lengthWithTransferEncoding)
    }

    @Test func `CL.CL: two lengths, apart or in one list`() {
        let size = hidden.utf8.count
        expectRefused(
            post("Content-Length: 0", "Content-Length: \(size)", body: hidden), as: .repeatedContentLength)
        expectRefused(post("Content-Length: 5", "Content-Length: 5", body: "hello"), as: .repeatedContentLength)
        expectRefused(post("Content-Length: 5, 5", body: "hello"), as: .invalidContentLength)
        expectRefused(post("Content-Length: 0, \(size)", body: hidden), as: .invalidContentLength)
    }

    @Test func `TE.TE: codings written so that one reader overlooks them`() {
        let body = "0\r\n\r\n" + hidden
        for (line, misdeed) in [
            ("Transfer-Encoding: xchunked", .transferEncodingNotChunked),
            ("Transfer-Encoding: chunked, identity", .transferEncodingNotChunked),
            ("Transfer-Encoding: identity, chunked", .unsupportedTransferCoding),
            ("Transfer-Encoding : chunked", .whitespaceBeforeColon(line: 3)),
            ("Transfer-Encoding\t: chunked", .whitespaceBeforeColon(line: 3)),
            ("Transfer-Encoding: \u{B}chunked", .controlInFieldValue(line: 3)),
            ("Transfer-Encoding: chunked\u{0}", .controlInFieldValue(line: 3)),
            ("Transfer-Encoding:\rchunked", .bareCarriageReturn(line: 3)),
            ("X: y\nTransfer-Encoding: chunked", .bareLineFeed(line: 3)),
            ("X: y\rTransfer-Encoding: chunked", .bareCarriageReturn(line: 3)),
            (" Transfer-Encoding: chunked", .foldedField(line: 3)),
            ("Transfer-Encoding:\r\n chunked", .foldedField(line: 4)),
            ("Transfer-Encoding: chunked\r\n\tx", .foldedField(line: 4)),
            ("Transfer-Encoding: \"chunked\"", .transferEncodingNotChunked),
            ("Transfer-Encoding: chunked;x=y", .transferEncodingNotChunked),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: x", .repeatedTransferEncoding),
            ("Transfer-Encoding:", .transferEncodingNotChunked),
            ("\u{0}Transfer-Encoding: chunked", .invalidFieldName(line: 3)),
            ("Transfer-Encoding\u{0}: chunked", .invalidFieldName(line: 3)),
            ("Transfer\u{A0}Encoding: chunked", .invalidFieldName(line: 3)),
        ] as [(String, HTTPError)] {
            expectRefused(post(line, body: body), as: misdeed)
        }
    }

    @Test func `a name that is only alike is another field, and the next request is seen as one`() throws {
        // Underscores are token characters: this is no Transfer-Encoding for anybody who follows the grammar.
        let text = post("Transfer_Encoding: chunked", "Content-Length: 5", body: "hello") + hidden
        for cut in Cut.allCases { #expect(try serve(text, cut: cut) == ["/first", "/hidden"]) }
    }

    @Test func `chunked in HTTP 1.0`() {
        expectRefused(
            post("Transfer-Encoding: chunked", body: "0\r\n\r\n" + hidden, version: "1.0"),
            as: .transferEncodingInHTTP10)
    }

    @Test func `chunks whose end readers have disagreed about`() {
        for (body, misdeed) in [
            ("5\nhello\r\n0\r\n\r\n", .badChunkLineEnd),  // bare LF as a line's end
            ("5;\nhello\r\n0\r\n\r\n", .badChunkLineEnd),  // bare LF ends, or belongs to, an extension
            ("5;a\rb\r\nhello\r\n0\r\n\r\n", .badChunkLineEnd),  // bare CR
            ("5 \r\nhello\r\n0\r\n\r\n", .invalidChunkSize),  // white space behind the size
            ("0x5\r\nhello\r\n0\r\n\r\n", .invalidChunkSize),  // a prefix that strtol accepts
            ("+5\r\nhello\r\n0\r\n\r\n", .invalidChunkSize),
            ("-1\r\nhello\r\n0\r\n\r\n", .invalidChunkSize),
            ("100000000000000005\r\nhello\r\n0\r\n\r\n", .chunkSizeTooLarge),  // wraps to 5 in 64 bits
            ("5\r\nhello0\r\n\r\n", .missingChunkEnd),  // no CR LF behind the data
            ("5\r\nhelloXX0\r\n\r\n", .missingChunkEnd),  // two bytes skipped unread
            ("0\r\nX: y\nZ: w\r\n\r\n", .bareLineFeed(line: 1)),  // a trailer that one reader ends early
            ("0\r\n\n" + hidden, .bareLineFeed(line: 1)),
        ] as [(String, HTTPError)] {
            expectRefused(post("Transfer-Encoding: chunked", body: body + hidden), as: misdeed)
        }
    }

    @Test func `white space and line ends before and between requests`() throws {
        expectRefused("\n" + hidden, as: .bareLineFeed(line: 1))
        expectRefused(" " + hidden, as: .malformedRequestLine)
        expectRefused("GET /first HTTP/1.1\r\n \r\nHost: a\r\n\r\n", as: .foldedField(line: 2))
        expectRefused(post("Content-Length: 5", body: "hello\n") + hidden, as: .bareLineFeed(line: 1))
        let text = post("Content-Length: 5", body: "hello") + "\r\n" + hidden
        for cut in Cut.allCases { #expect(try serve(text, cut: cut) == ["/first", "/hidden"]) }
    }

    @Test func `a length that is hidden from one reader`() {
        expectRefused(post("Content-Length : 5", body: hidden), as: .whitespaceBeforeColon(line: 3))
        expectRefused(post("Content-Length: +5", body: hidden), as: .invalidContentLength)
        expectRefused(post("Content-Length: 0x5", body: hidden), as: .invalidContentLength)
        expectRefused(post("Content-Length: 5\u{B}", body: hidden), as: .controlInFieldValue(line: 3))
        expectRefused(post("Content-Length:", body: hidden), as: .invalidContentLength)
        expectRefused(post("Content-Length: 18446744073709551621", body: hidden), as: .contentLengthTooLarge)
    }
}
