import JOSE
import JSON
import Testing

@Suite struct JOSEHeaderTests {
    private func header(_ text: String) throws(JWSError) -> JOSEHeader { try JOSEHeader(json: Array(text.utf8)) }

    @Test func readsWhatItKnowsAndKeepsTheRest() throws {
        let header = try header(
            #"{"alg":"RS256","kid":"k1","typ":"at+jwt","cty":"json","x5t":"abc","nonce":[1]}"#)
        #expect(header.alg == "RS256")
        #expect(header.kid == "k1")
        #expect(header.typ == "at+jwt")
        #expect(header.cty == "json")
        #expect(header.raw["nonce"] == [1])
        #expect(!header.isNested)
        #expect(try self.header(#"{"alg":""}"#).kid == nil)
    }

    @Test(arguments: [
        ("JWT", "jwt"), ("application/at+jwt", "at+jwt"), ("Application/AT+JWT", "at+jwt"), ("at+JWT", "at+jwt"),
        ("application/a/b", "application/a/b"), ("text/jwt", "text/jwt"), ("", ""),
    ])
    func mediaTypesAreCompared(typ: String, expected: String) throws {
        #expect(try header(#"{"alg":"RS256","typ":"\#(typ)"}"#).mediaType == expected)
    }

    @Test(arguments: ["JWT", "jwt", "application/jwt"]) func announcesNesting(cty: String) throws {
        #expect(try header(#"{"alg":"RS256","cty":"\#(cty)"}"#).isNested)
    }

    @Test(arguments: [
        (#"[]"#, JWSError.headerNotAnObject),
        (#""alg""#, .headerNotAnObject),
        (#"{}"#, .missingAlgorithm),
        (#"{"Alg":"RS256"}"#, .missingAlgorithm),
        (#"{"alg":256}"#, .wrongType(parameter: "alg")),
        (#"{"alg":null}"#, .wrongType(parameter: "alg")),
        (#"{"alg":["RS256"]}"#, .wrongType(parameter: "alg")),
        (#"{"alg":"RS256","kid":7}"#, .wrongType(parameter: "kid")),
        (#"{"alg":"RS256","typ":{}}"#, .wrongType(parameter: "typ")),
        (#"{"alg":"RS256","cty":false}"#, .wrongType(parameter: "cty")),
        (#"{"alg":"RS256","crit":["exp"],"exp":1}"#, .criticalExtensions(["exp"])),
        (#"{"alg":"RS256","crit":["b64","x"]}"#, .criticalExtensions(["b64", "x"])),
        (#"{"alg":"RS256","crit":[]}"#, .malformedCritical),
        (#"{"alg":"RS256","crit":"exp"}"#, .malformedCritical),
        (#"{"alg":"RS256","crit":[1]}"#, .malformedCritical),
        (#"{"alg":"RS256","crit":null}"#, .malformedCritical),
        (#"{"alg":"RS256","b64":false,"crit":["b64"]}"#, .unencodedPayload),
        (#"{"alg":"RS256","b64":false}"#, .unencodedPayload),
        (#"{"alg":"RS256","b64":"true"}"#, .unencodedPayload),
        (#"{"alg":"RS256","zip":"DEF"}"#, .compressed),
    ])
    func refusesEachMisdeed(text: String, expected: JWSError) {
        #expect(throws: expected) { try self.header(text) }
        #expect(!expected.description.isEmpty)
    }

    @Test(arguments: [
        "", "{", "{}{}", "not json", #"{"alg":"RS256","alg":"none"}"#, #"{"alg":"RS256","\u0061lg":"none"}"#,
        #"{"alg":"RS256\u0000"}"#, "\u{FEFF}{\"alg\":\"RS256\"}", #"{'alg':'RS256'}"#, #"{"alg":"RS256",}"#,
    ])
    func refusesWhatIsNotStrictJSON(text: String) {
        #expect {
            try self.header(text)
        } throws: { error in
            if case JWSError.headerNotJSON = error { true } else { false }
        }
    }

    @Test func refusesBrokenUTF8() {
        #expect(throws: JWSError.self) {
            try JOSEHeader(json: Array(#"{"alg":"RS256","kid":""#.utf8) + [0xFF, 0x22, 0x7D])
        }
    }

    @Test func whatItQuotesIsPrintableAndShort() {
        let evil = "\u{1B}[2J\r\n\u{202E}" + String(repeating: "x", count: 500)
        let text = JWSError.criticalExtensions([evil]).description
        #expect(text.utf8.count < 300)
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
    }
}
