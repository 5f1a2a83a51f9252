import HTTP1
import Testing

/// RFC 9112 sections 2.2 and 5, RFC 9110 section 5.5: each misdeed in a field line.
struct FieldLineParserTests {
    private func refuse(
        _ line: String, as misdeed: HTTPError, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        expectRequest(withLines(line), refusedAs: misdeed, sourceLocation: sourceLocation)
        // The same line in a response, whose parser shares the code but not the driver.
        expectResponse("HTTP/1.1 200 OK\r\nA: b\r\n\(line)\r\n\r\n", refusedAs: misdeed, sourceLocation: sourceLocation)
    }

    @Test(arguments: ["X: a\nb", "X: a\n", "X\n: a", "\nX: a", "X:\n"])
    func `LF without CR`(line: String) {
        refuse(line, as: .bareLineFeed(line: 3))
    }

    @Test(arguments: ["X: a\rb", "X: a\r", "X:\r", "X: \r a", "X\r: a", "\rX: a"])
    func `CR without LF`(line: String) {
        refuse(line, as: .bareCarriageReturn(line: 3))
    }

    @Test(arguments: [" folded", "\tfolded: x", " X: a", " ", "\t\t"])
    func `a line that begins with white space (RFC 9112 section 5.2)`(line: String) {
        refuse(line, as: .foldedField(line: 3))
    }

    @Test func `white space between start line and fields (RFC 9112 section 2.2)`() {
        expectRequest("GET / HTTP/1.1\r\n Host: a\r\n\r\n", refusedAs: .foldedField(line: 2))
    }

    @Test(arguments: ["X : a", "X\t: a", "X \t : a"])
    func `white space before the colon (RFC 9112 section 5.1)`(line: String) {
        refuse(line, as: .whitespaceBeforeColon(line: 3))
    }

    @Test(arguments: ["X", "Transfer-Encoding"])
    func `no colon`(line: String) {
        refuse(line, as: .missingColon(line: 3))
    }

    @Test(arguments: [": a", ":"])
    func `no name`(line: String) {
        refuse(line, as: .emptyFieldName(line: 3))
    }

    @Test(arguments: [
        "X Y: a", "X(: a", "X\u{0}: a", "X\u{B}: a", "é: a", "X/Y: a", "\"X\": a", "X a", "X@: b", "\u{0}: a",
    ])
    func `a name that is no token`(line: String) {
        refuse(line, as: .invalidFieldName(line: 3))
    }

    @Test(arguments: ["X: \u{0}", "X: a\u{0}b", "X:\u{B}a", "X: a\u{C}", "X: \u{8}", "X: a\u{7F}b", "X: \u{1B}[0m"])
    func `control characters in a value`(line: String) {
        refuse(line, as: .controlInFieldValue(line: 3))
    }

    @Test(
        arguments: [
            ("X:a", "a"), ("X: a", "a"), ("X:\t a \t", "a"), ("X:", ""), ("X: \t ", ""), ("X: a\tb", "a\tb"),
            ("X: a:b", "a:b"), ("X: é", "é"), ("!#$%&'*+-.^_`|~0Aa: b", nil),
        ] as [(String, String?)])
    func `well formed lines; white space around a value is no part of it`(line: String, value: String?) throws {
        let head = try request(withLines(line))
        #expect(head.fields.count == 2)
        if let value { #expect(head.fields.first("X") == value) }
    }
}
