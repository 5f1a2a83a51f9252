import HTTP1
import Testing

struct PercentEncodingTests {
    @Test(arguments: [
        ("", ""), ("a%20b", "a b"), ("%C3%A9", "é"), ("%c3%a9+", "é+"), ("%2525", "%25"), ("%00", "\u{0}"),
    ])
    func `decoding`(text: String, expected: String) throws {
        #expect(try PercentEncoding.decode(Array(text.utf8).span) == Array(expected.utf8))
    }

    @Test func `a plus is a space only in forms`() throws {
        let bytes = Array("a+b%2B".utf8)
        #expect(try PercentEncoding.decode(bytes.span) == Array("a+b+".utf8))
        #expect(try PercentEncoding.decode(bytes.span, plusIsSpace: true) == Array("a b+".utf8))
    }

    @Test(arguments: ["%", "a%", "%1", "%g0", "%0g", "%%41", "% 1", "%-1", "%u0041"])
    func `malformed`(text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: HTTPError.malformedPercentEncoding) { try PercentEncoding.decode(bytes.span) }
    }

    @Test func `encoding leaves unreserved characters only`() {
        #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
        #expect(PercentEncoding.encode("a b&c=d/é%\r\n") == "a%20b%26c%3Dd%2F%C3%A9%25%0D%0A")
    }
}
