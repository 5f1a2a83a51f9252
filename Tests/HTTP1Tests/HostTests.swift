import HTTP1
import Testing

/// RFC 9112 section 3.2: Host is there, once, and well formed, or the answer is 400.
struct HostTests {
    @Test func `missing in HTTP 1.1`() {
        expectRequest("GET / HTTP/1.1\r\n\r\n", refusedAs: .missingHost)
        expectRequest("GET / HTTP/1.1\r\nX-Host: a\r\n\r\n", refusedAs: .missingHost)
        expectRequest("GET http://a/ HTTP/1.1\r\n\r\n", refusedAs: .missingHost)
    }

    @Test func `may be missing in HTTP 1.0`() throws {
        #expect(try request("GET / HTTP/1.0\r\nX: a\r\n\r\n").host == nil)
    }

    @Test func `several, equal or not, in any version`() {
        expectRequest("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", refusedAs: .repeatedHost)
        expectRequest("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nhOST: b\r\n\r\n", refusedAs: .repeatedHost)
        expectRequest("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", refusedAs: .repeatedHost)
    }

    @Test(arguments: ["", "a b", "a, b", "a@b", "http://a", "a/", "a:b", "a:65536", "[::1", "::1", "a?b", "\"a\"", "é"])
    func `malformed`(host: String) {
        expectRequest("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", refusedAs: .invalidHost)
        expectRequest("GET / HTTP/1.0\r\nHost: \(host)\r\n\r\n", refusedAs: .invalidHost)
    }

    @Test(arguments: ["a", "localhost:10000", "[::1]:10000", "192.0.2.1", "A.example.", "a:"])
    func `well formed`(host: String) throws {
        #expect(try request("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").host == host)
    }
}
