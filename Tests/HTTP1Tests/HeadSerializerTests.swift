import HTTP1
import Testing

struct HeadSerializerTests {
    @Test func `a request is read back as it was`() throws {
        let head = RequestHead(method: "POST", target: "/a?b", fields: ["Host": "h", "X": "y z"])
        let text = String(decoding: HeadSerializer.serialize(head), as: UTF8.self)
        #expect(text == "POST /a?b HTTP/1.1\r\nHost: h\r\nX: y z\r\n\r\n")
        #expect(try request(text) == head)
    }

    @Test func `a response is read back as it was`() throws {
        let head = ResponseHead(status: 503, version: .http10, fields: ["Retry-After": "5"])
        let text = String(decoding: HeadSerializer.serialize(head), as: UTF8.self)
        #expect(text == "HTTP/1.0 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n")
        #expect(try response(text) == head)
    }

    @Test func `no part leaves its place`() throws {
        let request = RequestHead(method: "GET", target: "/a b\r\nX: y\u{0}é", fields: ["Host": "h\r\n\r\nGET /"])
        #expect(
            String(decoding: HeadSerializer.serialize(request), as: UTF8.self)
                == "GET /a%20b%0D%0AX:%20y%00%C3%A9 HTTP/1.1\r\nHost: h    GET /\r\n\r\n")
        let response = ResponseHead(status: 200, reason: "O\r\nK: v")
        #expect(String(decoding: HeadSerializer.serialize(response), as: UTF8.self) == "HTTP/1.1 200 O  K: v\r\n\r\n")
    }

    @Test func `a parsed head writes the same bytes`() throws {
        let text = withLines("X: a", "X: \u{E9}", target: "http://h/?q")
        #expect(HeadSerializer.serialize(try request(text)) == Array(text.utf8))
    }

    @Test func `a head without fields ends in an empty line`() {
        #expect(HeadSerializer.serialize(ResponseHead(status: 100)) == ContinueExpectation.continueBytes)
    }
}
