import JOSE
import JSON
import Testing

/// RFC 7520 sections 3 and 4 (and RFC 8037's example again), from the working group's own files.
@Suite(.enabled(if: PublishedVectors.arePresent, "\(PublishedVectors.absence)")) struct RFC7520Tests {
    @Test(arguments: [
        "jws/4_1.rsa_v15_signature", "jws/4_2.rsa-pss_signature", "jws/4_3.ecdsa_signature", "curve25519/jws",
    ])
    func section4SignaturesAreRight(name: String) throws {
        let example = try #require(PublishedVectors.json("jose-cookbook/\(name).json"))
        let key = try JWK(json: try #require(example["input"]?["key"]))
        let compact = try #require(example["output"]?["compact"]?.string)
        let token = try JWS(compact: compact)
        #expect(token.payload == Array(try #require(example["input"]?["payload"]?.string).utf8))
        #expect(String(decoding: token.signingInput, as: UTF8.self) == example["signing"]?["sig-input"]?.string)
        try SignatureVerifier().verify(token, with: key)

        // The other serializations of the same signature are refused, also where a text is expected.
        for form in ["json", "json_flat"] {
            let text = JSON.serialize(try #require(example["output"]?[form]))
            #expect(throws: JWSError.jsonSerialization) { try JWS(compact: text.span) }
        }
    }

    @Test func section4_4AndSection3_5HMACIsRefused() throws {
        let example = try #require(PublishedVectors.json("jose-cookbook/jws/4_4.hmac-sha2_integrity_protection.json"))
        let token = try JWS(compact: try #require(example["output"]?["compact"]?.string))
        let keys = try JWKSet(json: ["keys": [try #require(example["input"]?["key"])]])
        #expect(keys.skipped == [JWKSet.SkippedKey(index: 0, reason: .symmetricKey)])
        #expect(throws: JOSEError.unsupportedAlgorithm("HS256")) { try SignatureVerifier().verify(token, with: keys) }
    }

    @Test func section4_5DetachedContentIsRefusedAsHMAC() throws {
        let example = try #require(
            PublishedVectors.json("jose-cookbook/jws/4_5.signature_with_detached_content.json"))
        let token = try JWS(compact: try #require(example["output"]?["compact"]?.string))
        #expect(token.payload.isEmpty)
        #expect(throws: JOSEError.unsupportedAlgorithm("HS256")) {
            try SignatureVerifier().verify(token, with: JWKSet(keys: []))
        }
    }

    @Test(arguments: [
        "4_6.protecting_specific_header_fields", "4_7.protecting_content_only", "4_8.multiple_signatures",
    ])
    func sections4_6To4_8HaveNoCompactForm(name: String) throws {
        let example = try #require(PublishedVectors.json("jose-cookbook/jws/\(name).json"))
        let output = JSON.serialize(try #require(example["output"]?["json"]))
        #expect(throws: JWSError.jsonSerialization) { try JWS(compact: output.span) }
    }

    @Test(arguments: [
        ("3_1.ec_public_key", KeyType.ec(.p521)), ("3_2.ec_private_key", .ec(.p521)),
        ("3_3.rsa_public_key", .rsa(bits: 2048)), ("3_4.rsa_private_key", .rsa(bits: 2048)),
    ])
    func section3Keys(name: String, type: KeyType) throws {
        let key = try #require(PublishedVectors.json("jose-cookbook/jwk/\(name).json"))
        #expect(try JWK(json: key).key.type == type)
    }

    @Test(arguments: ["3_5.symmetric_key_mac_computation", "3_6.symmetric_key_encryption"])
    func section3SecretsAreRefused(name: String) throws {
        let key = try #require(PublishedVectors.json("jose-cookbook/jwk/\(name).json"))
        #expect(throws: JWKError.self) { try JWK(json: key) }
    }
}
