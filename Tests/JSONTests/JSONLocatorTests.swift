import JSON
import Testing

@Suite struct JSONLocatorTests {
    private static let text = """
        {
          "a": 1, "b": [10, {"c": "x,]}\\"", "d": [[], [7]]} ,
            true],
          "é": {"k\\u0065y": null},   "last" : {"a": 2}
        }
        """

    @Test(arguments: [
        (JSONPath(), 1, 1, 1, 1),
        (JSONPath([.key("a")]), 2, 3, 2, 8),
        (JSONPath([.key("b")]), 2, 11, 2, 16),
        (JSONPath([.key("b"), .index(0)]), 2, 17, 2, 17),
        (JSONPath([.key("b"), .index(1), .key("c")]), 2, 22, 2, 27),
        (JSONPath([.key("b"), .index(1), .key("d"), .index(1), .index(0)]), 2, 48, 2, 48),
        (JSONPath([.key("b"), .index(2)]), 3, 5, 3, 5),
        (JSONPath([.key("é"), .key("key")]), 4, 9, 4, 21),
        (JSONPath([.key("last"), .key("a")]), 4, 40, 4, 45),
    ])
    func findsNamesAndValues(path: JSONPath, keyLine: Int, keyColumn: Int, line: Int, column: Int) throws {
        _ = try JSON.parse(Self.text)
        let locator = JSONLocator(Array(Self.text.utf8))
        #expect(locator.position(of: path) == TextPosition(line: line, column: column))
        #expect(locator.position(of: path, .key) == TextPosition(line: keyLine, column: keyColumn))
    }

    @Test(arguments: [
        JSONPath([.key("x")]), JSONPath([.index(0)]), JSONPath([.key("b"), .index(3)]),
        JSONPath([.key("a"), .key("b")]),
        JSONPath([.key("b"), .index(1), .key("d"), .index(0), .index(0)]), JSONPath([.key("b"), .index(-1)]),
    ])
    func whatIsAbsentHasNoPlace(path: JSONPath) {
        #expect(JSONLocator(Array(Self.text.utf8)).position(of: path) == nil)
    }

    @Test func aTextCutAnywhereNeverTraps() {
        let text = Array(Self.text.utf8)
        let path = JSONPath([.key("last"), .key("a")])
        for count in 0..<text.count { _ = JSONLocator(Array(text[..<count])).position(of: path) }
        #expect(JSONLocator(text).position(of: path) != nil)
    }
}
