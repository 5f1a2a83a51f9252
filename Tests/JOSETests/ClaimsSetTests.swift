import Bytes
import JOSE
import JSON
import Testing

@Suite struct ClaimsSetTests {
    private func claims(_ text: String) throws(ClaimsError) -> ClaimsSet { try ClaimsSet(payload: Array(text.utf8)) }

    @Test func readsTheRegisteredClaimsAndKeepsTheRest() throws {
        let claims = try claims(
            #"{"iss":"i","sub":"s","aud":["a","b"],"exp":30,"nbf":10,"iat":20,"jti":"j","scope":"x y"}"#)
        #expect(claims.issuer == "i")
        #expect(claims.subject == "s")
        #expect(claims.audience == ["a", "b"])
        #expect(claims.expiration == UnixTime(seconds: 30))
        #expect(claims.notBefore == UnixTime(seconds: 10))
        #expect(claims.issuedAt == UnixTime(seconds: 20))
        #expect(claims.jwtID == "j")
        #expect(claims.claim("scope") == "x y")
        #expect(claims.claim("none") == nil)
    }

    @Test func allMayBeMissing() throws {
        let claims = try claims("{}")
        #expect(claims.issuer == nil && claims.expiration == nil && claims.notBefore == nil && claims.audience.isEmpty)
    }

    @Test func anAudienceMayBeOneTextOrNone() throws {
        #expect(try claims(#"{"aud":"a"}"#).audience == ["a"])
        #expect(try claims(#"{"aud":[]}"#).audience == [])
    }

    /// Fractions never make a token valid for longer than it says.
    @Test(arguments: [
        ("1.0", 1, 1), ("1.5", 1, 2), ("1.000001", 1, 2), ("0.0", 0, 0), ("-0.0", 0, 0),
        ("17e8", 1_700_000_000, 1_700_000_000),
        ("1700000000.25", 1_700_000_000, 1_700_000_001), ("253402300799", 253_402_300_799, 253_402_300_799),
    ])
    func timesMayBeRealNumbers(text: String, expiration: Int64, notBefore: Int64) throws {
        let claims = try claims(#"{"exp":\#(text),"nbf":\#(text),"iat":\#(text)}"#)
        #expect(claims.expiration == UnixTime(seconds: expiration))
        #expect(claims.notBefore == UnixTime(seconds: notBefore))
        #expect(claims.issuedAt == UnixTime(seconds: expiration))
    }

    @Test(arguments: ["-1", "-0.5", "253402300800", "253402300799.5", "9223372036854775807", "1e20", "1e308", "-1e308"])
    func timesOutOfRangeAreRefused(text: String) {
        for claim in ["exp", "nbf", "iat"] {
            #expect(throws: ClaimsError.timeOutOfRange(claim: claim)) { try claims(#"{"\#(claim)":\#(text)}"#) }
        }
    }

    @Test(arguments: ["iss", "sub", "jti"]) func textsMustBeTexts(claim: String) {
        for value in ["1", "null", "[]", #"["x"]"#, "{}", "true"] {
            #expect(throws: ClaimsError.wrongType(claim: claim)) { try claims(#"{"\#(claim)":\#(value)}"#) }
        }
    }

    @Test(arguments: ["1", "null", "{}", "true", #"["a",1]"#, #"[["a"]]"#, #"[null]"#])
    func audiencesMustBeTexts(value: String) {
        #expect(throws: ClaimsError.wrongType(claim: "aud")) { try claims(#"{"aud":\#(value)}"#) }
    }

    @Test(arguments: [#""1700000000""#, "null", "[1]", "{}", "true"]) func timesMustBeNumbers(value: String) {
        for claim in ["exp", "nbf", "iat"] {
            #expect(throws: ClaimsError.wrongType(claim: claim)) { try claims(#"{"\#(claim)":\#(value)}"#) }
        }
    }

    @Test(arguments: ["[]", "1", "null", #""text""#]) func onlyObjectsAreClaims(text: String) {
        #expect(throws: ClaimsError.notAnObject) { try claims(text) }
    }

    @Test(arguments: [
        "", "{", "{}x", #"{"iss":"a","iss":"b"}"#, #"{"exp":1,"\u0065xp":9}"#, #"{"exp":1e400}"#,
        #"{"exp":99999999999999999999}"#, #"{"exp":NaN}"#, #"{"exp":Infinity}"#,
        String(repeating: #"{"a":"#, count: 100) + "1" + String(repeating: "}", count: 100),
    ])
    func onlyStrictJSON(text: String) {
        #expect {
            try claims(text)
        } throws: { error in
            if case ClaimsError.notJSON(let reason) = error { !reason.isEmpty } else { false }
        }
    }
}
