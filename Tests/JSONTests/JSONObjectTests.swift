import JSON
import Testing

@Suite struct JSONObjectTests {
    @Test(arguments: [3, 8, 9, 40])
    func membersAreFoundReplacedAndRemoved(count: Int) {
        var object = JSONObject()
        for number in 0..<count { object["k\(number)"] = .integer(Int64(number)) }
        #expect(object.count == count)
        #expect(object.keys == (0..<count).map { "k\($0)" })
        for number in 0..<count { #expect(object["k\(number)"] == .integer(Int64(number))) }

        object["k1"] = "new"
        #expect(object.keys == (0..<count).map { "k\($0)" })
        #expect(object["k1"] == "new")

        object["k0"] = nil
        object["absent"] = nil
        #expect(object.keys == (1..<count).map { "k\($0)" })
        #expect(object["k0"] == nil)
        for number in 2..<count { #expect(object["k\(number)"] == .integer(Int64(number))) }
        #expect(object.map(\.key) == object.keys)
    }

    @Test(arguments: [1, 20])
    func namesAreComparedByteForByte(padding: Int) throws {
        let others = (0..<padding).map { ",\"p\($0)\":0" }.joined()
        let value = try JSON.parse("{\"\u{212A}\":1,\"K\":2\(others)}")
        #expect(value["K"] == 2)
        #expect(value["\u{212A}"] == 1)
        #expect(value["k"] == nil)
    }

    @Test func orderDoesNotMatterForEquality() throws {
        #expect(try JSON.parse(#"{"a":1,"b":2}"#) == JSON.parse(#"{"b":2,"a":1}"#))
        #expect(try JSON.parse(#"{"a":1,"b":2}"#) != JSON.parse(#"{"a":1,"c":2}"#))
        #expect(try JSON.parse(#"{"a":1}"#) != JSON.parse(#"{"a":1,"b":2}"#))
    }
}
