import JSON
import Testing

@Suite struct JSONValueTests {
    @Test func accessorsAnswerOnlyForTheirKind() {
        let values: [JSONValue] = [nil, true, 1, 1.5, "s", [1], ["k": 1]]
        #expect(values.map(\.isNull) == [true, false, false, false, false, false, false])
        #expect(values.map(\.bool) == [nil, true, nil, nil, nil, nil, nil])
        #expect(values.map(\.integer) == [nil, nil, 1, nil, nil, nil, nil])
        #expect(values.map(\.number) == [nil, nil, 1, 1.5, nil, nil, nil])
        #expect(values.map(\.string) == [nil, nil, nil, nil, "s", nil, nil])
        #expect(values.map { $0.array?.count } == [nil, nil, nil, nil, nil, 1, nil])
        #expect(values.map { $0.object?.count } == [nil, nil, nil, nil, nil, nil, 1])
        #expect(values.map { $0["k"] } == [nil, nil, nil, nil, nil, nil, 1])
        #expect(values.map { $0[0] } == [nil, nil, nil, nil, nil, 1, nil])
        #expect(JSONValue.array([1])[7] == nil)
        #expect(Set(values.map(\.kind)).count == 6)
    }

    @Test func equalityIsByteForByte() {
        // U+212A, the Kelvin sign, is canonically equivalent to "K": Swift's == on strings says they are equal.
        #expect("K" == "\u{212A}")
        #expect(JSONValue.string("K") != JSONValue.string("\u{212A}"))
        #expect(JSONValue.string("\u{E9}") != JSONValue.string("e\u{301}"))
        #expect(JSONValue.integer(1) != JSONValue.real(1))
    }
}
