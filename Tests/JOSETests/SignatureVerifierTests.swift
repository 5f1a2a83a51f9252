import JOSE
import JSON
import Testing

@Suite struct SignatureVerifierTests {
    private let verifier = SignatureVerifier()

    private func set(_ keys: JSONValue...) throws -> JWKSet { try JWKSet(json: ["keys": .array(keys)]) }

    @Test(arguments: Algorithm.allCases) func acceptsEachAlgorithm(algorithm: Algorithm) throws {
        let signer = TestKey.fitting(algorithm)
        let keys = try set(TestKey.otherRSA.jwk(["kid": "other"]), signer.jwk(["kid": "k"]))
        let used = try verifier.verify(JWS(compact: signer.token(algorithm, ["kid": "k"])), with: keys)
        #expect(used.kid == "k")
    }

    @Test func onlyAllowedAlgorithms() throws {
        let strict = SignatureVerifier(algorithms: [.es256])
        let token = try JWS(compact: TestKey.rsa.token(.rs256))
        #expect(throws: JOSEError.algorithmNotAllowed(.rs256)) {
            try strict.verify(token, with: try set(TestKey.rsa.jwk()))
        }
    }

    @Test func theNamedKeyIsTheOnlyOneAsked() throws {
        let keys = try set(TestKey.rsa.jwk(["kid": "a"]), TestKey.otherRSA.jwk(["kid": "b"]))
        let token = try JWS(compact: TestKey.rsa.token(.rs256, ["kid": "b"]))
        #expect(throws: JOSEError.badSignature) { try verifier.verify(token, with: keys) }
        let unknown = try JWS(compact: TestKey.rsa.token(.rs256, ["kid": "c"]))
        #expect(throws: JOSEError.unknownKey(kid: "c")) { try verifier.verify(unknown, with: keys) }
        let unfit = try JWS(compact: TestKey.p256.token(.es256, ["kid": "a"]))
        #expect(throws: JOSEError.keyDoesNotFit(.es256)) { try verifier.verify(unfit, with: keys) }
    }

    @Test func withoutANameExactlyOneKeyMustFit() throws {
        let token = try JWS(compact: TestKey.rsa.token(.rs256))
        try verifier.verify(token, with: try set(TestKey.rsa.jwk(["kid": "a"]), TestKey.p256.jwk(["kid": "b"])))
        #expect(throws: JOSEError.ambiguousKey(count: 2)) {
            try verifier.verify(token, with: try set(TestKey.rsa.jwk(), TestKey.otherRSA.jwk()))
        }
        #expect(throws: JOSEError.noKeyFits(.rs256)) {
            try verifier.verify(token, with: try set(TestKey.p256.jwk()))
        }
        // Another key's `alg` takes it out of the choice.
        try verifier.verify(token, with: try set(TestKey.rsa.jwk(), TestKey.otherRSA.jwk(["alg": "PS256"])))
    }

    @Test func twoKeysOfOneNameAreAmbiguous() throws {
        let keys = try set(TestKey.rsa.jwk(["kid": "k"]), TestKey.otherRSA.jwk(["kid": "k"]))
        #expect(throws: JOSEError.ambiguousKey(count: 2)) {
            try verifier.verify(JWS(compact: TestKey.rsa.token(.rs256, ["kid": "k"])), with: keys)
        }
    }

    @Test(arguments: ["JWT", "jwt", "at+jwt", "application/at+jwt"]) func accessTokens(typ: String) throws {
        let token = try JWS(compact: TestKey.rsa.token(.rs256, ["typ": .string(typ)]))
        try verifier.verify(token, with: try JWK(json: TestKey.rsa.jwk()))
    }

    @Test func listedTypes() throws {
        let own = SignatureVerifier(types: .listed(["application/own+jwt"]))
        let key = try JWK(json: TestKey.rsa.jwk())
        try own.verify(JWS(compact: TestKey.rsa.token(.rs256, ["typ": "OWN+jwt"])), with: key)
        #expect(throws: JOSEError.typeNotAccepted("JWT")) {
            try own.verify(JWS(compact: TestKey.rsa.token(.rs256, ["typ": "JWT"])), with: key)
        }
        #expect(throws: JOSEError.typeNotAccepted("")) {
            try own.verify(JWS(compact: TestKey.rsa.token(.rs256)), with: key)
        }
    }

    @Test func errorsTellWhetherFreshKeysCouldHelp() {
        let curable: [JOSEError] = [
            .unknownKey(kid: "k"), .noKeyFits(.rs256), .keyDoesNotFit(.rs256), .badSignature,
            .ambiguousKey(count: 2),
        ]
        let final: [JOSEError] = [
            .unsupportedAlgorithm("none"), .algorithmNotAllowed(.rs256), .typeNotAccepted("x"), .nested,
        ]
        #expect(curable.allSatisfy { $0.mayBeCuredByFreshKeys && !$0.description.isEmpty })
        #expect(final.allSatisfy { !$0.mayBeCuredByFreshKeys && !$0.description.isEmpty })
    }
}
