import HTTP1
import Testing

struct AuthorityTests {
    @Test(
        arguments: [
            ("example.com", "example.com", nil), ("example.com:443", "example.com", 443), ("a:", "a", nil),
            ("a:0", "a", 0), ("a:65535", "a", 65535), ("a:00080", "a", 80), ("127.0.0.1:8080", "127.0.0.1", 8080),
            ("[::1]", "[::1]", nil), ("[::1]:10000", "[::1]", 10000), ("x_y~!$&'()*+,;=", "x_y~!$&'()*+,;=", nil),
            ("%41b", "%41b", nil), ("[v1.a:b]", "[v1.a:b]", nil),
        ] as [(String, String, UInt16?)])
    func `well formed`(text: String, host: String, port: UInt16?) throws {
        let authority = try #require(Authority(text))
        #expect(authority.host == host)
        #expect(authority.port == port)
    }

    @Test(arguments: [
        "", ":80", "a:b", "a:80:90", "a:65536", "a:99999999999999999999", "a:-1", "a: 80", "user@a", "user:p@a:80",
        "a/b", "a?b", "a b", "a,b c", "http://a", "[::1", "::1", "[::1]x", "[]", "[::1%25eth0]", "[fe80::1%eth0]",
        "%4", "%zz", "a%", "a\\b", "a\"", "<a>", "é.example", "a#b", "[v.a]", "[vg.a]", "[v1.]", "[v1]",
    ])
    func `malformed`(text: String) {
        #expect(Authority(text) == nil)
    }

    @Test func `written as it is read`() {
        #expect(Authority("[::1]:80")?.description == "[::1]:80")
        #expect(Authority("a:")?.description == "a")
    }
}
