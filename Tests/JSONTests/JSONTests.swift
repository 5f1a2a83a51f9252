import JSON
import Testing

/// The parser: what it accepts, what it refuses, and where it points.
@Suite struct JSONTests {
    @Test func readsEveryKindOfValue() throws {
        let value = try JSON.parse(
            #" {"n": null, "t": true, "f": false, "i": -7, "r": 2.5, "s": "é\n", "a": [], "o": {}} "#)
        let expected: JSONValue = [
            "n": nil, "t": true, "f": false, "i": -7, "r": 2.5, "s": "é\n", "a": [], "o": [:],
        ]
        #expect(value == expected)
    }

    @Test(arguments: [
        ("null", JSONValue.null), ("true", .bool(true)), ("\"x\"", .string("x")), ("12", .integer(12)),
        ("1e3", .real(1000)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
    ])
    func readsAScalarAtTheRoot(text: String, expected: JSONValue) throws {
        #expect(try JSON.parse(text) == expected)
    }

    @Test func keepsTheOrderOfMembers() throws {
        let names = (0..<100).map { "k\($0 * 37 % 100)" }
        let text = "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}"
        #expect(try JSON.parse(text).object?.keys == names)
    }

    @Test func readsEscapes() throws {
        #expect(try JSON.parse(#""\u00e9\uD83D\uDE00\"\\\/\b\f\n\r\t""#) == "é😀\"\\/\u{8}\u{C}\n\r\t")
    }

    @Test(arguments: [
        ("{\"a\": 1, \"a\": 2}", 1, 10, JSONError.Reason.duplicateKey("a")),
        ("{\"b\": {\n \"key\": 1,\n \"key\": 2}}", 3, 2, .duplicateKey("key")),
        ("{\"a\": 1, \"\\u0061\": 2}", 1, 10, .duplicateKey("\\u0061")),
        ("{} x", 1, 4, .trailingText),
        ("[1]\n[2]", 2, 1, .trailingText),
        ("[1, 2", 1, 6, .endsEarly),
        ("", 1, 1, .endsEarly),
        ("\"abc", 1, 5, .endsEarly),
        ("[\"a\\u0000\"]", 1, 2, .nulCharacter),
        ("{\"a\\u0000b\": 1}", 1, 2, .nulCharacter),
        ("[99999999999999999999]", 1, 2, .numberOutOfRange),
        ("[1e999]", 1, 2, .numberOutOfRange),
    ])
    func refuses(text: String, line: Int, column: Int, reason: JSONError.Reason) {
        #expect(throws: JSONError(reason, line: line, column: column)) { try JSON.parse(text) }
    }

    @Test(arguments: [
        ("{\"a\" 1}", 1, 6), ("{\"a\": 1,}", 1, 9), ("[1 2]", 1, 4), ("[tru]", 1, 2), ("{a: 1}", 1, 2), ("[01]", 1, 2),
        ("[1.]", 1, 2), ("[+1]", 1, 2), ("['a']", 1, 2), ("[NaN]", 1, 2), ("// x\n{}", 1, 1),
        ("{\n  \"é\": nope\n}", 2, 8), ("[\"\u{1}\"]", 1, 2), ("[\"\\x\"]", 1, 2), ("[\"\\ud800\"]", 1, 2),
    ])
    func refusesWhatIsNotJSON(text: String, line: Int, column: Int) throws {
        let error = try #require(throws: JSONError.self) { try JSON.parse(text) }
        guard case .syntax(let words) = error.reason else {
            Issue.record("\(text) refused as \(error)")
            return
        }
        #expect(!words.isEmpty)
        // Jansson points at or just behind the offending character when it doesn't quote the word.
        #expect(error.line == line)
        #expect((column...(column + 2)).contains(error.column), "\(text): \(error)")
    }

    @Test(arguments: [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x5B, 0x80, 0x5D],
    ])
    func refusesWhatIsNotUTF8(bytes: [UInt8]) throws {
        let error = try #require(throws: JSONError.self) { try JSON.parse(bytes) }
        #expect(error.reason == .notUTF8)
    }

    @Test(arguments: [[0x22, 0x00, 0x22], [0x31, 0x00], [0x31, 0x00, 0x32], [0x00], [0x22, 0x5C, 0x00, 0x22]])
    func refusesARawNULByte(bytes: [UInt8]) throws {
        // Jansson on its own takes a NUL byte for the end of the text and lets anything follow it.
        let place = try #require(bytes.firstIndex(of: 0))
        #expect(throws: JSONError(.nulCharacter, line: 1, column: place + 1)) { try JSON.parse(bytes) }
    }

    @Test func nestingIsBounded() throws {
        let allowed = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try JSON.parse(allowed)
        #expect(throws: JSONError(.tooDeep(limit: 64), line: 1, column: 66)) { try JSON.parse(" [" + allowed + "]") }
        #expect(throws: JSONError(.tooDeep(limit: 64), line: 1, column: 65)) {
            try JSON.parse(String(repeating: "[", count: 100_000))
        }
        // Brackets inside strings don't count, behind an escaped quotation mark neither.
        _ = try JSON.parse(#"["\"# + "\"" + String(repeating: "{", count: 100) + "\"]")
        // Nor do closed ones.
        _ = try JSON.parse("[" + Array(repeating: "[]", count: 100).joined(separator: ",") + "]")
    }

    @Test func sizeIsBounded() throws {
        _ = try JSON.parse("[1,2]", limit: 5)
        #expect(throws: JSONError(.tooLarge(limit: 4), line: 1, column: 1)) { try JSON.parse("[1,2]", limit: 4) }
    }

    @Test func everyBeginningOfATextIsRefused() throws {
        let text = Array(#"{"a": [1, -2.5e3, "x\u00e9\\"], "b": {"c": null, "d": true}}"#.utf8)
        _ = try JSON.parse(text)
        for count in 0..<text.count {
            #expect(throws: JSONError.self) { try JSON.parse(Array(text[..<count])) }
        }
    }

    @Test func messagesNameThePlace() throws {
        let error = try #require(throws: JSONError.self) { try JSON.parse("{\"a\":\n {\"b\": 1, \"b\": 2}}") }
        #expect(error.description == "line 2, column 11: the name \"b\" occurs twice in one object")
    }
}
