import Testing

@testable import HTTP1

/// RFC 9112 sections 6.2, 6.3, 7.1 and 8.
struct BodyDecoderTests {
    private func expectChunked(
        _ text: String, refusedAs misdeed: HTTPError, limits: BodyLimits = BodyLimits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for cut in Cut.allCases {
            #expect(throws: misdeed, "\(cut): \(text.debugDescription)", sourceLocation: sourceLocation) {
                _ = try decode(Array(text.utf8), .chunked, cut: cut, limits: limits)
            }
        }
    }

    @Test func `chunks come out the same however they are cut, and what follows is left`() throws {
        let text = "5\r\nhello\r\n01;a=b;c=\"d;e\"\r\n,\r\n0000000A\r\n wide\r\nwor\r\n1;\r\nl\r\n0\r\n\r\n"
        let bytes = Array((text + "GET /next").utf8)
        let expected = Decoded(content: Array("hello, wide\r\nworl".utf8), isFinished: true, consumed: text.utf8.count)
        for cut in Cut.allCases { #expect(try decode(bytes, .chunked, cut: cut) == expected) }
        for split in 0...bytes.count {
            var decoder = BodyDecoder(.chunked)
            var (content, consumed) = ([UInt8](), 0)
            for piece in [Array(bytes[..<split]), Array(bytes[split...])] {
                var position = 0
                while position < piece.count, !decoder.isFinished {
                    let step = try decoder.decode(piece.span, from: position)
                    content += piece[step.content]
                    position = step.position
                }
                consumed += position
            }
            #expect(content == expected.content, "split at \(split)")
            #expect(consumed == expected.consumed, "split at \(split)")
            #expect(decoder.contentBytes == UInt64(content.count))
        }
    }

    @Test func `a finished decoder takes nothing more`() throws {
        var decoder = BodyDecoder(.length(2))
        let bytes = Array("abc".utf8)
        #expect(try decoder.decode(bytes.span) == BodyDecoder.Step(content: 0..<2, position: 2))
        #expect(decoder.isFinished)
        #expect(try decoder.decode(bytes.span, from: 2) == BodyDecoder.Step(content: 2..<2, position: 2))
    }

    @Test func `no content and empty content are finished at once`() {
        #expect(BodyDecoder(.none).isFinished)
        #expect(BodyDecoder(.length(0)).isFinished)
        #expect(!BodyDecoder(.chunked).isFinished)
    }

    @Test func `a length`() throws {
        for cut in Cut.allCases {
            let decoded = try decode(Array("hello, world".utf8), .length(5), cut: cut)
            #expect(decoded == Decoded(content: Array("hello".utf8), isFinished: true, consumed: 5))
        }
    }

    @Test(arguments: [
        "", "\r\n", "x", "g\r\n", " 5\r\n", "-5\r\n", "+5\r\n", "0x5\r\n", "5 \r\n", "5\t;a\r\n", "5 ;a\r\n",
        "5,\r\n", ";a\r\n", "\n5\r\n", "5\u{0}\r\n", "５\r\n", "5\u{B}\r\n", "5.0\r\n", "5_\r\n",
    ])
    func `sizes that are no hexadecimal digits alone`(text: String) throws {
        if text.isEmpty {
            #expect(try decode([], .chunked) == Decoded())
            return
        }
        expectChunked(text, refusedAs: .invalidChunkSize)
        expectChunked("1\r\na\r\n" + text, refusedAs: .invalidChunkSize)
    }

    @Test(arguments: [
        "8000000000000000", "FFFFFFFFFFFFFFFF", "10000000000000000", "00000000000000001", "ffffffffffffffffffffff",
    ])
    func `sizes that no counter holds`(size: String) {
        expectChunked(size + "\r\n", refusedAs: .chunkSizeTooLarge)
    }

    @Test func `the largest size is read`() throws {
        var decoder = BodyDecoder(.chunked)
        let bytes = Array("7FFFFFFFFFFFFFFF\r\nab".utf8)
        #expect(try decoder.decode(bytes.span) == BodyDecoder.Step(content: 18..<20, position: 20))
        #expect(!decoder.isFinished)
    }

    @Test(arguments: ["5\nhello\r\n", "5\rhello", "5\r\rhello", "5;a\nhello", "5;a\rb\r\nhello", "0\n\r\n"])
    func `size lines end in CR LF`(text: String) {
        expectChunked(text, refusedAs: .badChunkLineEnd)
    }

    @Test(arguments: ["5;\u{0}\r\n", "5;a\u{B}\r\n", "5;\u{7F}\r\n", "5;a=\"\u{1}\"\r\n"])
    func `extensions hold no control characters`(text: String) {
        expectChunked(text, refusedAs: .invalidChunkExtension)
    }

    @Test func `extensions are limited over the whole body`() throws {
        let limits = BodyLimits(maxExtensionBytes: 10)
        let passes = "1;12345\r\na\r\n1;12345\r\nb\r\n0\r\n\r\n"
        #expect(try decode(Array(passes.utf8), .chunked, limits: limits).isFinished)
        expectChunked(
            "1;12345\r\na\r\n1;123456\r\nb\r\n0\r\n\r\n", refusedAs: .chunkExtensionsTooLong(limit: 10), limits: limits)
        expectChunked(
            "1;" + String(repeating: "a", count: 10_000), refusedAs: .chunkExtensionsTooLong(limit: 4096))
    }

    @Test(arguments: [
        "5\r\nhello0\r\n\r\n", "5\r\nhello!\r\n", "5\r\nhello\n0\r\n", "5\r\nhello\rx", "5\r\nhello\r\r\n",
        "5\r\nhell\r\n0\r\n",
    ])
    func `CR LF follows the data`(text: String) {
        expectChunked(text, refusedAs: .missingChunkEnd)
    }

    @Test func `trailer fields are kept apart`() throws {
        let text = "1\r\na\r\n0\r\nX-Sum:  1 \r\nContent-Length: 5\r\n\r\n"
        for cut in Cut.allCases {
            let decoded = try decode(Array((text + "rest").utf8), .chunked, cut: cut)
            #expect(decoded.content == [0x61])
            #expect(decoded.isFinished)
            #expect(decoded.consumed == text.utf8.count)
            #expect(decoded.trailers == ["X-Sum": "1", "Content-Length": "5"])
        }
    }

    @Test func `trailer fields follow the rules of fields`() {
        expectChunked("0\r\nX : a\r\n\r\n", refusedAs: .whitespaceBeforeColon(line: 1))
        expectChunked("0\r\nX: a\r\n b\r\n\r\n", refusedAs: .foldedField(line: 2))
        expectChunked("0\r\nX: a\n\r\n", refusedAs: .bareLineFeed(line: 1))
        expectChunked("0\r\n\n", refusedAs: .bareLineFeed(line: 1))
        expectChunked("0\r\nGET / HTTP/1.1\r\n\r\n", refusedAs: .invalidFieldName(line: 1))
    }

    @Test func `trailers are limited`() {
        expectChunked(
            "0\r\nX: " + String(repeating: "a", count: 10_000) + "\r\n\r\n", refusedAs: .trailerTooLarge(limit: 8192))
        expectChunked(
            "0\r\n" + String(repeating: "X: a\r\n", count: 33) + "\r\n", refusedAs: .tooManyFields(limit: 32))
    }

    @Test func `content is limited, announced or not`() throws {
        let limits = BodyLimits(maxContentBytes: 4)
        let five = Array("hello".utf8)
        for cut in Cut.allCases {
            for framing in [BodyFraming.length(5), .untilClose] {
                #expect(throws: HTTPError.contentTooLarge(limit: 4)) {
                    try decode(five, framing, cut: cut, limits: limits)
                }
            }
            #expect(try decode(Array("4\r\nhell\r\n0\r\n\r\n".utf8), .chunked, cut: cut, limits: limits).isFinished)
        }
        expectChunked("5\r\n", refusedAs: .contentTooLarge(limit: 4), limits: limits)
        expectChunked("3\r\nhel\r\n2\r\nlo\r\n", refusedAs: .contentTooLarge(limit: 4), limits: limits)
    }

    @Test func `the end of the connection (section 8)`() throws {
        for (framing, text) in [(BodyFraming.length(5), "hell"), (.chunked, "5\r\nhello\r\n0\r\n"), (.chunked, "")] {
            var decoder = BodyDecoder(framing)
            let bytes = Array(text.utf8)
            var position = 0
            while position < bytes.count { position = try decoder.decode(bytes.span, from: position).position }
            #expect(throws: HTTPError.contentCutShort) { try decoder.receiveEnd() }
            #expect(throws: HTTPError.contentCutShort) { try decoder.receiveEnd() }
        }
        var open = BodyDecoder(.untilClose)
        #expect(open.endsWithConnection)
        #expect(try open.decode(Array("abc".utf8).span).content == 0..<3)
        #expect(!open.isFinished)
        try open.receiveEnd()
        #expect(open.isFinished)
        var finished = BodyDecoder(.none)
        try finished.receiveEnd()
        #expect(finished.isFinished)
    }

    @Test func `an error stays`() {
        var decoder = BodyDecoder(.chunked)
        #expect(throws: HTTPError.invalidChunkSize) { try decoder.decode(Array("x".utf8).span) }
        #expect(throws: HTTPError.invalidChunkSize) { try decoder.decode(Array("0\r\n\r\n".utf8).span) }
        #expect(throws: HTTPError.invalidChunkSize) { try decoder.receiveEnd() }
    }
}
