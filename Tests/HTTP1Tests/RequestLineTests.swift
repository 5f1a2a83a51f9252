import HTTP1
import Testing

/// RFC 9112 sections 2.3 and 3.
struct RequestLineTests {
    private func refuse(
        _ line: String, as misdeed: HTTPError, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        expectRequest("\(line)\r\nHost: a\r\n\r\n", refusedAs: misdeed, sourceLocation: sourceLocation)
    }

    @Test(arguments: [
        "GET", "GET ", "GET /", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1",
        "GET\t/ HTTP/1.1", "GET / x HTTP/1.1", "/ HTTP/1.1", "G@T / HTTP/1.1", "GÉT / HTTP/1.1",
        "GET / HTTP/1.1 x",
    ])
    func `three parts with single spaces between`(line: String) {
        refuse(line, as: .malformedRequestLine)
    }

    @Test(arguments: [
        "", "HTTP/1", "HTTP/1.", "HTTP/1.1.1", "http/1.1", "HTTP/11", "HTTP/x.1", "HTTP/1,1", "HTTPS/1.1", "HTTP/01.1",
    ])
    func `malformed versions`(version: String) {
        refuse("GET / \(version)", as: .malformedVersion)
    }

    @Test(arguments: ["HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9", "HTTP/0.0"])
    func `other versions are 505`(version: String) {
        refuse("GET / \(version)", as: .unsupportedVersion)
        #expect(HTTPError.unsupportedVersion.status == 505)
    }

    @Test func `the preface of HTTP 2 is 505`() {
        expectRequest("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refusedAs: .unsupportedVersion)
    }

    @Test func `HTTP 1.0 is read`() throws {
        let head = try request("GET / HTTP/1.0\r\n\r\n")
        #expect(head.version == .http10)
        #expect(head.host == nil)
    }

    @Test(arguments: ["/\u{1}", "/\u{7F}", "/é", "/a#b", "#", "/\ta", "/\u{0}"])
    func `characters that no target holds`(target: String) {
        refuse("GET \(target) HTTP/1.1", as: .invalidTargetCharacter)
    }

    @Test(arguments: ["/|", "/{a}", "/^", "/a%zz", "/[1]", "//", "/../..", "/a?b\\", "/\"<>`"])
    func `visible characters that browsers send pass`(target: String) throws {
        #expect(try request(withLines(target: target)).target == target)
    }

    @Test(arguments: ["a", "*", "a/b", "ftp://a/", "ws://a/", "http:/a", "http//a", "?a", "example.com:443", "http:"])
    func `targets in none of the forms that GET has`(target: String) {
        refuse("GET \(target) HTTP/1.1", as: .invalidTargetForm)
    }

    @Test(arguments: [
        "http://", "http:///a", "http://u@a/", "http://a:b/", "http://a:65536/", "http://[::1/", "http://?a",
    ])
    func `absolute targets with a malformed authority`(target: String) {
        refuse("GET \(target) HTTP/1.1", as: target == "http://" ? .invalidTargetForm : .invalidTargetAuthority)
    }

    @Test(arguments: ["a", "/", "http://a:1/", "a:", ":1", "a:1/", "*"])
    func `CONNECT needs host and port (RFC 9112 section 3.2.3)`(target: String) {
        refuse("CONNECT \(target) HTTP/1.1", as: .invalidTargetAuthority)
    }

    @Test func `methods are tokens whose case matters (RFC 9110 section 9.1)`() throws {
        #expect(try request(withLines(method: "get")).method == "get")
        #expect(try request(withLines(method: "M-SEARCH")).method == "M-SEARCH")
        refuse("options * HTTP/1.1", as: .invalidTargetForm)
    }

    @Test func `CR inside the line`() {
        refuse("GET /\r HTTP/1.1", as: .bareCarriageReturn(line: 1))
        refuse("GET / HTTP/1.1\r", as: .bareCarriageReturn(line: 1))
        refuse("GET / HTTP/\r1.1", as: .bareCarriageReturn(line: 1))
    }

    @Test func `one empty line in front is skipped, not two (RFC 9112 section 2.2)`() throws {
        #expect(try request("\r\n" + withLines()).target == "/")
        expectRequest("\r\n\r\n" + withLines(), refusedAs: .malformedRequestLine)
        expectRequest("\n" + withLines(), refusedAs: .bareLineFeed(line: 1))
    }
}
