import HTTP1
import Testing

struct RequestHeadTests {
    @Test func `origin form (RFC 9112 section 3.2.1)`() throws {
        let head = try request(withLines(target: "/a/b?c=d?e"))
        #expect(head.form == .origin)
        #expect(head.path == "/a/b")
        #expect(head.query == "c=d?e")
        #expect(head.originTarget == "/a/b?c=d?e")
        #expect(head.host == "example.com")
        #expect(head.authority == Authority("example.com"))
    }

    @Test func `an empty query is not a missing one`() throws {
        #expect(try request(withLines(target: "/a?")).query == "")
        #expect(try request(withLines(target: "/a")).query == nil)
    }

    @Test(
        arguments: [
            ("http://h:1/p?q", "/p", "q", "/p?q"), ("https://h:1?q", "/", "q", "/?q"), ("HTTP://h:1", "/", nil, "/"),
            ("http://h:1/", "/", nil, "/"), ("http://h:1/http://x/", "/http://x/", nil, "/http://x/"),
        ] as [(String, String, String?, String)])
    func `absolute form, whose authority wins over Host (RFC 9112 section 3.2.2)`(
        target: String, path: String, query: String?, origin: String
    ) throws {
        let head = try request(withLines(target: target))
        #expect(head.form == .absolute)
        #expect(head.path == path)
        #expect(head.query == query)
        #expect(head.originTarget == origin)
        #expect(head.host == "h:1")
    }

    @Test func `authority form (RFC 9112 section 3.2.3)`() throws {
        let head = try request(withLines(method: "CONNECT", target: "h:443"))
        #expect(head.form == .authority)
        #expect(head.host == "h:443")
        #expect(head.path == "")
        #expect(head.query == nil)
    }

    @Test func `asterisk form (RFC 9112 section 3.2.4)`() throws {
        let head = try request(withLines(method: "OPTIONS", target: "*"))
        #expect(head.form == .asterisk)
        #expect(head.path == "*")
        #expect(head.originTarget == "*")
        #expect(head.host == "example.com")
    }
}
