import Bytes
import JOSE
import JSON
import Testing

@Suite struct JWSVerifyLineTests {
    private func ask(_ question: JSONValue) -> String { JWSVerifyLine.answer(JSON.text(question)) }

    private func reason(_ question: JSONValue) throws -> String {
        let answer = try JSON.parse(ask(question))
        #expect(answer["valid"] == false)
        return try #require(answer["reason"]?.string)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func theAnswerToARightToken() {
        let token = JSONValue.string(TestKey.rsa.token(.rs256, ["kid": "k"]))
        #expect(JSON.text(["valid": true]) == #"{"valid":true}"#)
        #expect(ask(["jws": token, "jwk": TestKey.rsa.jwk()]) == #"{"valid":true}"#)
        #expect(ask(["jws": token, "jwk": TestKey.rsa.jwk(["kid": "other"])]) == #"{"valid":true}"#)
        #expect(ask(["jws": token, "jwks": ["keys": [TestKey.rsa.jwk(["kid": "k"])]]]) == #"{"valid":true}"#)
        #expect(ask(["jws": token, "jwk": TestKey.rsa.jwk(["d": "AQAB"])]) == #"{"valid":true}"#)
    }

    @Test(arguments: ["", "not json", "{\"exp\":1}", "\u{0}\u{1}"]) func thePayloadMayBeAnything(payload: String) {
        let token = JSONValue.string(TestKey.p256.token(.es256, payload: payload))
        #expect(ask(["jws": token, "jwk": TestKey.p256.jwk()]) == #"{"valid":true}"#)
    }

    @Test(arguments: Algorithm.allCases) func bareSignatures(algorithm: Algorithm) throws {
        let signer = TestKey.fitting(algorithm)
        let signature = signer.sign([0xAB, 0xCD], algorithm)
        let right: JSONValue = [
            "alg": .string(algorithm.rawValue), "jwk": signer.jwk(), "msg": "abCD", "sig": .string(hex(signature)),
        ]
        #expect(ask(right) == #"{"valid":true}"#)
        var other = try #require(right.object)
        other["msg"] = "abCE"
        #expect(try reason(.object(other)).contains("signature"))
        other["msg"] = ""
        #expect(try reason(.object(other)).contains("signature"))
        other["alg"] = "HS256"
        #expect(try reason(.object(other)).contains("HS256"))
    }

    @Test func whatIsAskedWrongly() throws {
        let token = JSONValue.string(TestKey.rsa.token(.rs256))
        let key = TestKey.rsa.jwk()
        #expect(try reason([]).contains("object"))
        #expect(try reason([:]).contains("jws"))
        #expect(try reason(["jws": token]).contains("neither"))
        #expect(try reason(["jws": token, "jwk": key, "jwks": ["keys": [key]]]).contains("both"))
        #expect(try reason(["jwks": ["keys": [key]]]).contains("jws"))
        #expect(try reason(["jws": 1, "jwk": key]).contains("text"))
        #expect(try reason(["jws": ["payload": "", "signatures": []], "jwk": key]).contains("JSON serialization"))
        #expect(try reason(["jws": token, "jwk": "x"]).contains("object"))
        #expect(try reason(["jws": token, "jwks": [key]]).contains("key set"))
        #expect(try reason(["jws": token, "jwks": ["keys": []]]).contains("no key"))
        #expect(try reason(["jwk": key, "msg": "", "sig": ""]).contains("alg"))
        #expect(try reason(["alg": "RS256", "jwk": key, "msg": "0", "sig": ""]).contains("msg"))
        #expect(try reason(["alg": "RS256", "jwk": key, "msg": "0g", "sig": ""]).contains("msg"))
        #expect(try reason(["alg": "RS256", "jwk": key, "msg": "00"]).contains("sig"))
        #expect(try reason(["alg": "RS256", "jwk": key, "msg": "00", "sig": ""]).contains("wrong"))
        #expect(try reason(["alg": "ES256", "jwk": key, "msg": "00", "sig": "00"]).contains("ES256"))
    }

    @Test func aSkippedKeyIsNamedAsTheLikelyReason() throws {
        let token = JSONValue.string(TestKey.smallRSA.token(.rs256, ["kid": "k"]))
        let keys: JSONValue = ["keys": [TestKey.smallRSA.jwk(["kid": "k"])]]
        #expect(try reason(["jws": token, "jwks": keys]).contains("1024 bits"))
    }

    @Test(arguments: ["", "{", "null", "\u{0}", "[[[[", "{\"jws\":\"a\",\"jws\":\"b\"}", "\u{FEFF}{}", "{}{}"])
    func malformedLinesAreAnswered(line: String) throws {
        let answer = try JSON.parse(JWSVerifyLine.answer(line))
        #expect(answer["valid"] == false)
        #expect(answer["reason"]?.string?.isEmpty == false)
    }

    @Test func hugeAndDeepLinesAreAnswered() throws {
        let lines = [
            String(repeating: " ", count: JWSVerifyLine.maxBytes + 1),
            String(repeating: "[", count: 100_000),
            "{\"jws\":\"\(String(repeating: "A", count: 900_000))\",\"jwk\":{}}",
        ]
        for line in lines { #expect(try JSON.parse(JWSVerifyLine.answer(line))["valid"] == false) }
    }

    /// Whatever the bytes, one line of JSON comes back, and a changed question is never answered with yes by accident.
    @Test func damagedQuestionsAreAnswered() throws {
        let token = JSONValue.string(TestKey.p256.token(.es256))
        let question = JSON.serialize(["jws": token, "jwk": TestKey.p256.jwk()])
        for count in 0..<question.count {
            #expect(try JSON.parse(JWSVerifyLine.answer(Array(question[..<count])))["valid"] == false)
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var damaged = question
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            let answer = JWSVerifyLine.answer(damaged)
            #expect(!answer.contains(UInt8(ascii: "\n")))
            #expect(try JSON.parse(answer)["valid"]?.bool != nil)
        }
    }
}
