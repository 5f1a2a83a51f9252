import Bytes
import JOSE
import JSON
import Testing

@Suite struct JWKTests {
    /// A member that stands for "take it away".
    private static let none: JSONValue? = nil

    @Test func readsEachTypeOfKey() throws {
        #expect(try JWK(json: TestKey.rsa.jwk()).key.type == .rsa(bits: 2048))
        #expect(try JWK(json: TestKey.p256.jwk()).key.type == .ec(.p256))
        #expect(try JWK(json: TestKey.p384.jwk()).key.type == .ec(.p384))
        #expect(try JWK(json: TestKey.p521.jwk()).key.type == .ec(.p521))
        #expect(try JWK(json: TestKey.ed25519.jwk()).key.type == .okp(.ed25519))
        #expect(try JWK(json: TestKey.ed448.jwk()).key.type == .okp(.ed448))
    }

    @Test func readsWhatItsPublisherSays() throws {
        let key = try JWK(
            json: TestKey.rsa.jwk([
                "kid": "k1", "alg": "RS384", "use": "sig", "key_ops": ["verify"], "x5c": ["ignored"], "more": nil,
            ]))
        #expect(key.kid == "k1")
        #expect(key.alg == .rs384)
        #expect(Algorithm.allCases.filter(key.admits) == [.rs384])
        let open = try JWK(json: TestKey.rsa.jwk())
        #expect(Algorithm.allCases.filter(open.admits) == [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512])
    }

    @Test(
        arguments: [
            (TestKey.rsa, ["kty": none], JWKError.missingMember("kty")),
            (.rsa, ["kty": "rsa"], .unsupportedKeyType("rsa")),
            (.rsa, ["kty": 1], .wrongType(member: "kty")),
            (.rsa, ["kty": "oct", "k": "AAAA"], .symmetricKey),
            (.rsa, ["kty": "EC"], .missingMember("crv")),
            (.rsa, ["n": none], .missingMember("n")),
            (.rsa, ["n": 7], .wrongType(member: "n")),
            (.rsa, ["n": "AQ=="], .badBase64(member: "n")),
            (.rsa, ["e": none], .missingMember("e")),
            (.rsa, ["e": "AQAB="], .badBase64(member: "e")),
            (.rsa, ["kid": 7], .wrongType(member: "kid")),
            (.rsa, ["use": "enc"], .notForSignatures(use: "enc")),
            (.rsa, ["use": ""], .notForSignatures(use: "")),
            (.rsa, ["use": ["sig"]], .wrongType(member: "use")),
            (.rsa, ["key_ops": []], .notForVerification),
            (.rsa, ["key_ops": ["sign"]], .notForVerification),
            (.rsa, ["key_ops": "verify"], .wrongType(member: "key_ops")),
            (.rsa, ["key_ops": [1]], .wrongType(member: "key_ops")),
            (.rsa, ["key_ops": ["verify", "verify"]], .repeatedOperation("verify")),
            (.rsa, ["use": "sig", "key_ops": ["verify", "encrypt"]], .contradictoryUse(operation: "encrypt")),
            (.rsa, ["alg": "none"], .unsupportedAlgorithm("none")),
            (.rsa, ["alg": "HS256"], .unsupportedAlgorithm("HS256")),
            (.rsa, ["alg": "RSA-OAEP"], .unsupportedAlgorithm("RSA-OAEP")),
            (.rsa, ["alg": 1], .wrongType(member: "alg")),
            (.rsa, ["alg": "ES256"], .algorithmMismatch(.es256, .rsa(bits: 2048))),
            (.p256, ["alg": "RS256"], .algorithmMismatch(.rs256, .ec(.p256))),
            (.p384, ["alg": "ES512"], .algorithmMismatch(.es512, .ec(.p384))),
            (.p256, ["alg": "EdDSA"], .algorithmMismatch(.edDSA, .ec(.p256))),
            (.ed25519, ["alg": "ES256"], .algorithmMismatch(.es256, .okp(.ed25519))),
            (.p256, ["crv": "secp256k1"], .unsupportedCurve("secp256k1")),
            (.p256, ["crv": "p-256"], .unsupportedCurve("p-256")),
            (.p256, ["crv": "Ed25519"], .unsupportedCurve("Ed25519")),
            (.ed25519, ["crv": "P-256"], .unsupportedCurve("P-256")),
            (.ed25519, ["crv": "X25519"], .unsupportedCurve("X25519")),
            (.p256, ["crv": "P-384"], .wrongLength(member: "x", expected: 48, found: 32)),
            (.p256, ["y": none], .missingMember("y")),
            (.p256, ["x": ""], .wrongLength(member: "x", expected: 32, found: 0)),
            (.ed25519, ["x": "AAAA"], .wrongLength(member: "x", expected: 32, found: 3)),
            (.ed448, ["crv": "Ed25519"], .wrongLength(member: "x", expected: 32, found: 57)),
        ] as [(TestKey, [String: JSONValue?], JWKError)])
    func refusesEachMisdeed(key: TestKey, change: [String: JSONValue?], expected: JWKError) {
        #expect(throws: expected) { try JWK(json: key.jwk(change)) }
        #expect(!expected.description.isEmpty)
    }

    @Test(arguments: [JSONValue.null, "key", [], 1]) func refusesWhatIsNoObject(json: JSONValue) {
        #expect(throws: JWKError.notAnObject) { try JWK(json: json) }
    }

    @Test func refusesPointsOffTheCurve() throws {
        let x = try #require(TestKey.p256.jwk()["x"])
        #expect(throws: JWKError.invalidPoint) { try JWK(json: TestKey.p256.jwk(["y": x])) }
        let zero = JSONValue.string(Base64URL.encode([UInt8](repeating: 0, count: 32)))
        #expect(throws: JWKError.invalidPoint) { try JWK(json: TestKey.p256.jwk(["x": zero, "y": zero])) }
        let large = JSONValue.string(Base64URL.encode([UInt8](repeating: 0xFF, count: 32)))
        #expect(throws: JWKError.invalidPoint) { try JWK(json: TestKey.p256.jwk(["x": large])) }
    }

    @Test func leadingZerosOfAModulusChangeNothing() throws {
        let modulus = try #require(TestKey.rsa.jwk()["n"]?.string.flatMap { Base64URL.decode($0) })
        let key = TestKey.rsa.jwk(["n": .string(Base64URL.encode([0] + modulus))])
        try SignatureVerifier().verify(JWS(compact: TestKey.rsa.token(.rs256)), with: JWK(json: key))
    }
}
