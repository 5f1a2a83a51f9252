import JOSE
import JSON
import Testing

/// Project Wycheproof's vectors: each case's result is compared with ours, and nothing may differ but what is listed.
@Suite(.enabled(if: PublishedVectors.arePresent, "\(PublishedVectors.absence)")) struct WycheproofTests {
    /// Why a strict verifier refuses what the vectors call valid.
    private enum Policy: String {
        case hmac = "a shared secret never verifies a token here"
        case otherAlgorithm = "the key's \"alg\" is PS256 and the token's PS384; use, key_ops and alg must agree"
        case misspelt = "the key's \"alg\" is \"ES521\", which is no algorithm"
    }

    /// The cases of the signature file that differ, by number.
    private static let signatureDifferences: [Int64: Policy] = [
        1: .hmac,  // acceptsValid
        348: .hmac,  // rfc7520 Figure35
        352: .hmac,  // rfc7520WithKeyOps Figure35
        357: .hmac,  // ValidMac
        358: .hmac,  // ValidEdgeCaseMac
        359: .hmac,  // ValidEdgeCaseMac
        372: .hmac,  // InvalidCharacterInsertedInHeader; the base64 is refused as well
        373: .hmac,  // InvalidCharacterInsertedInPayload; the base64 is refused as well
        376: .hmac,  // ValidSpacesInJsonHeader
        377: .hmac,  // ValidWhiteSpaceInJsonHeader
        346: .otherAlgorithm,  // rfc7520 Figure20
        350: .otherAlgorithm,  // rfc7520WithKeyOps Figure20
        347: .misspelt,  // rfc7520 Figure27
        351: .misspelt,  // rfc7520WithKeyOps Figure27
    ]

    /// The cases of the key file that differ, by number.
    private static let keyDifferences: [Int64: Policy] = [
        2: .hmac,  // acceptsValid
        13: .hmac,  // long_key
        14: .hmac,  // long_key
        15: .hmac,  // long_key
    ]

    @Test func jsonWebSignature() throws {
        let file = try #require(PublishedVectors.json("wycheproof/json_web_signature_test.json"))
        let differences = try differing(file, keyMember: "jwk")
        #expect(differences == Set(Self.signatureDifferences.keys))
    }

    @Test func jsonWebKey() throws {
        let file = try #require(PublishedVectors.json("wycheproof/json_web_key_test.json"))
        let differences = try differing(file, keyMember: "jwks")
        #expect(differences == Set(Self.keyDifferences.keys))
    }

    /// The numbers of the cases with another result than the file's, after checking that ours never is the laxer.
    private func differing(_ file: JSONValue, keyMember: String) throws -> Set<Int64> {
        var count: Int64 = 0
        var differing: Set<Int64> = []
        for group in try #require(file["testGroups"]?.array) {
            let key = try #require(group["public"] ?? group["private"])
            for test in try #require(group["tests"]?.array) {
                count += 1
                let number = try #require(test["tcId"]?.integer)
                let jws = try #require(test["jws"])
                let question: JSONValue = .object(["jws": jws, keyMember: key].asObject)
                let answer = try JSON.parse(JWSVerifyLine.answer(JSON.serialize(question)))
                let valid = try #require(answer["valid"]?.bool as Bool?)
                let expected = test["result"]?.string == "valid"
                if valid == expected { continue }
                #expect(!valid, "case \(number) is let in: \(test["comment"]?.string ?? "")")
                differing.insert(number)
                if key["kty"]?.string != "oct", key["keys"] == nil {
                    // The reason given is the policy's and not an accident.
                    let reason = try #require(answer["reason"]?.string)
                    #expect(reason.contains("\"alg\"") || reason.contains("is not for"), "case \(number): \(reason)")
                }
            }
        }
        #expect(count == file["numberOfTests"]?.integer)
        return differing
    }
}

extension [String: JSONValue] {
    /// The same members as a JSON object.
    fileprivate var asObject: JSONObject {
        var object = JSONObject()
        for (name, value) in self { object[name] = value }
        return object
    }
}
