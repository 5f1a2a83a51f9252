import HTTP1
import Testing

/// RFC 9112 section 9.3.
struct PersistenceTests {
    @Test(
        arguments: [
            (HTTPVersion.http11, nil, true), (.http11, "close", false), (.http11, "Keep-Alive, CLOSE", false),
            (.http11, "keep-alive", true), (.http11, "closed", true), (.http10, nil, false),
            (.http10, "keep-alive", true),
            (.http10, "Keep-Alive", true), (.http10, "keep-alive, close", false), (.http10, "upgrade", false),
        ] as [(HTTPVersion, String?, Bool)])
    func `requests and responses`(version: HTTPVersion, connection: String?, expected: Bool) {
        var fields: HeaderFields = [:]
        if let connection { fields.append("Connection", connection) }
        #expect(RequestHead(method: "GET", target: "/", version: version, fields: fields).isPersistent == expected)
        let response = ResponseHead(status: 200, version: version, fields: fields)
        #expect(response.isPersistent(framing: .length(1)) == expected)
        #expect(!response.isPersistent(framing: .untilClose))
    }
}
