import HTTP1
import Testing

struct BodyEncoderTests {
    private func encode(_ framing: BodyFraming, _ pieces: [String]) throws -> String {
        var encoder = BodyEncoder(framing)
        var output: [UInt8] = []
        for piece in pieces { try encoder.encode(Array(piece.utf8).span, into: &output) }
        try encoder.finish(into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func `chunks (RFC 9112 section 7.1); an empty piece doesn't end them`() throws {
        let long = String(repeating: "x", count: 26)
        #expect(try encode(.chunked, ["hello", "", long]) == "5\r\nhello\r\n1a\r\n\(long)\r\n0\r\n\r\n")
        #expect(try encode(.chunked, []) == "0\r\n\r\n")
    }

    @Test func `what is encoded decodes to the same`() throws {
        let pieces = ["a", "bc", String(repeating: "d", count: 70_000)]
        let decoded = try decode(Array(try encode(.chunked, pieces).utf8), .chunked)
        #expect(decoded.content == Array(pieces.joined().utf8))
        #expect(decoded.isFinished)
    }

    @Test func `a length is kept exactly (RFC 9112 section 6.2)`() throws {
        #expect(try encode(.length(3), ["ab", "", "c"]) == "abc")
        #expect(throws: HTTPError.contentLongerThanAnnounced) { try encode(.length(3), ["ab", "cd"]) }
        #expect(throws: HTTPError.contentShorterThanAnnounced) { try encode(.length(3), ["ab"]) }
    }

    @Test func `no content and content until the end`() throws {
        #expect(try encode(.none, [""]) == "")
        #expect(throws: HTTPError.contentLongerThanAnnounced) { try encode(.none, ["a"]) }
        #expect(try encode(.untilClose, ["a", "b"]) == "ab")
    }
}
