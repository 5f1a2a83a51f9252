import JSON
import Testing

@Suite struct JSONSerializerTests {
    @Test func writesCompactly() {
        let value: JSONValue = ["a": [1, -2.5, true, nil], "b": [:], "c": []]
        #expect(JSON.text(value) == #"{"a":[1,-2.5,true,null],"b":{},"c":[]}"#)
    }

    @Test func writesOneMemberALine() {
        let expected = """
            {
              "a": [
                1,
                {
                  "b": "x"
                }
              ],
              "c": [],
              "d": {}
            }
            """
        #expect(JSON.text(["a": [1, ["b": "x"]], "c": [], "d": [:]], pretty: true) == expected)
    }

    @Test func escapesWhatMustBeEscaped() {
        #expect(JSON.text("\"\\\n\r\t\u{1}\u{1F}\u{7F}/é😀") == #""\"\\\n\r\t\u0001\u001f\u007f/é😀""#)
    }

    @Test func numbersThatJSONCannotSayBecomeNull() {
        #expect(JSON.text([.real(.infinity), .real(.nan), .real(1e300)]) == "[null,null,1e+300]")
    }

    @Test(arguments: [
        #"{"a":[1,-2.5,1e+20,5e-324,1.0,true,false,null,"x\u0001"],"é":{"":[[[]]]}}"#, "\"\"", "-9223372036854775808",
    ])
    func whatIsWrittenReadsBackTheSame(text: String) throws {
        let value = try JSON.parse(text)
        #expect(JSON.text(value) == text)
        #expect(try JSON.parse(JSON.serialize(value, pretty: true)) == value)
    }
}
