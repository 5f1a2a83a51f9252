import JOSE
import JSON
import Testing

@Suite struct JWKSetTests {
    private static let mixed: JSONValue = [
        "keys": [
            TestKey.rsa.jwk(["kid": "r1"]),
            TestKey.p256.jwk(["kid": "e1", "alg": "ES256"]),
            TestKey.rsa.jwk(["kid": "enc", "use": "enc"]),
            "nonsense",
            TestKey.smallRSA.jwk(["kid": "small"]),
            TestKey.ed25519.jwk(),
            ["kty": "oct", "k": "AAAA", "kid": "r1"],
            TestKey.p384.jwk(["alg": "ES512"]),
        ]
    ]

    @Test func skipsWhatItCannotUseAndSaysWhy() throws {
        let set = try JWKSet(json: Self.mixed)
        #expect(set.keys.map(\.kid) == ["r1", "e1", nil])
        #expect(
            set.skipped == [
                JWKSet.SkippedKey(index: 2, reason: .notForSignatures(use: "enc")),
                JWKSet.SkippedKey(index: 3, reason: .notAnObject),
                JWKSet.SkippedKey(index: 4, reason: .modulusTooSmall(bits: 1024, limit: 2048)),
                JWKSet.SkippedKey(index: 6, reason: .symmetricKey),
                JWKSet.SkippedKey(index: 7, reason: .algorithmMismatch(.es512, .ec(.p384))),
            ])
    }

    @Test func candidatesFitNameAndAlgorithm() throws {
        let set = try JWKSet(json: Self.mixed)
        #expect(set.candidates(kid: "r1", algorithm: .ps512).count == 1)
        #expect(set.candidates(kid: "r1", algorithm: .es256).isEmpty)
        #expect(set.candidates(kid: "R1", algorithm: .rs256).isEmpty)
        #expect(set.candidates(kid: nil, algorithm: .es256).map(\.kid) == ["e1"])
        #expect(set.candidates(kid: nil, algorithm: .es384).isEmpty)
        // A key without a name answers to none.
        #expect(set.candidates(kid: "", algorithm: .edDSA).isEmpty)
        #expect(set.candidates(kid: nil, algorithm: .edDSA).count == 1)
        #expect(set.contains(kid: "e1"))
        #expect(!set.contains(kid: "enc"))
    }

    /// RFC 7515 section 5.3: no Unicode normalization. Swift calls both of these equal.
    @Test func namesAreComparedByCodePoint() throws {
        let set = try JWKSet(json: ["keys": [TestKey.rsa.jwk(["kid": "caf\u{E9}"])]])
        #expect(set.candidates(kid: "caf\u{E9}", algorithm: .rs256).count == 1)
        #expect(set.candidates(kid: "cafe\u{301}", algorithm: .rs256).isEmpty)
    }

    @Test func aKeyListedTwiceCountsOnce() throws {
        let key = TestKey.rsa.jwk(["kid": "k"])
        let set = try JWKSet(json: ["keys": [key, key, TestKey.otherRSA.jwk(["kid": "k"]), TestKey.rsa.jwk()]])
        #expect(set.skipped == [JWKSet.SkippedKey(index: 1, reason: .repeated)])
        #expect(set.keys.count == 3)
    }

    @Test func publishedPrivateKeysAreSkipped() throws {
        let json: JSONValue = ["keys": [TestKey.rsa.jwk(["d": "AQAB"])]]
        #expect(try JWKSet(json: json).skipped == [JWKSet.SkippedKey(index: 0, reason: .privateKeyPublished)])
        #expect(try JWKSet(json: json, privateMembers: .ignored).keys.count == 1)
    }

    @Test(
        arguments: [
            (JSONValue.null, JWKSetError.notAnObject), ([], .notAnObject), ([:], .missingKeys),
            (["Keys": []], .missingKeys), (["keys": [:]], .keysNotAnArray), (["keys": nil], .keysNotAnArray),
            (["keys": .array(Array(repeating: 0, count: 129))], .tooManyKeys(found: 129)),
        ] as [(JSONValue, JWKSetError)])
    func refusesWhatIsNoSet(json: JSONValue, expected: JWKSetError) {
        #expect(throws: expected) { try JWKSet(json: json) }
        #expect(!expected.description.isEmpty)
    }

    @Test func mayBeEmpty() throws {
        let set = try JWKSet(json: ["keys": []])
        #expect(set.keys.isEmpty && set.skipped.isEmpty)
    }
}
