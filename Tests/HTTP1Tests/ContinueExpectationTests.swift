import HTTP1
import Testing

/// RFC 9110 section 10.1.1.
struct ContinueExpectationTests {
    private func expectation(
        _ value: String?, version: HTTPVersion = .http11, framing: BodyFraming = .length(5)
    ) throws -> ContinueExpectation {
        var head = RequestHead(method: "POST", target: "/", version: version, fields: ["Host": "a"])
        if let value { head.fields.append("Expect", value) }
        return try ContinueExpectation.of(head, framing: framing)
    }

    @Test func `100-continue where content follows`() throws {
        #expect(try expectation("100-continue") == .continueResponse)
        #expect(try expectation("100-Continue", framing: .chunked) == .continueResponse)
    }

    @Test func `nothing to say`() throws {
        #expect(try expectation(nil) == .none)
        #expect(try expectation("100-continue", framing: .none) == .none)
        #expect(try expectation("100-continue", framing: .length(0)) == .none)
        #expect(try expectation("100-continue", version: .http10) == .none, "ignored in HTTP/1.0")
    }

    @Test func `anything else is 417`() {
        for value in ["200-ok", "100-continue, x", "100-continue=1"] {
            #expect(throws: HTTPError.unsupportedExpectation) { try expectation(value) }
        }
    }
}
