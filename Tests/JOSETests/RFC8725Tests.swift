import Bytes
import COpenSSL
import JOSE
import JSON
import Testing

/// RFC 8725 (JWT best current practices) and what is known of attacks beyond it: one test for each attack, made by
/// someone who has the public keys and as many valid tokens as he likes.
@Suite struct RFC8725Tests {
    private static let verifier = SignatureVerifier()

    /// What the proxy would believe: an RSA key and an EC key, as a provider publishes them.
    private func keys() throws -> JWKSet {
        try JWKSet(json: ["keys": [TestKey.rsa.jwk(["kid": "r"]), TestKey.p256.jwk(["kid": "e"])]])
    }

    private func part(_ text: String) -> String { Base64URL.encode(Array(text.utf8)) }

    /// HMAC-SHA-256, as an attacker would compute it.
    private func hmac(_ message: String, key: [UInt8]) -> String {
        let message = Array(message.utf8)
        var output = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        _ = unsafe HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &output, &length)
        return Base64URL.encode(output)
    }

    @Test(arguments: ["none", "None", "NONE", "nOnE", "none ", ""])
    func section2_1AlgorithmNone(name: String) throws {
        let input = "\(part(#"{"alg":"\#(name)","kid":"r"}"#)).\(part("{}"))"
        #expect(throws: JWSError.emptySignature) { try JWS(compact: "\(input).") }
        #expect(throws: JWSError.wrongPartCount(2)) { try JWS(compact: input) }
        let padded = try JWS(compact: "\(input).AAAA")
        #expect(throws: JOSEError.unsupportedAlgorithm(name)) { try Self.verifier.verify(padded, with: try keys()) }
        #expect(throws: JOSEError.unsupportedAlgorithm(name)) {
            try Self.verifier.verify(padded, with: try JWK(json: TestKey.rsa.jwk()))
        }
    }

    @Test func section2_1PublicKeyAsHMACSecret() throws {
        let modulus = try #require(TestKey.rsa.jwk()["n"]?.string.flatMap { Base64URL.decode($0) })
        let secrets = [
            modulus, JSON.serialize(TestKey.rsa.jwk()), Array(try #require(TestKey.rsa.jwk()["n"]?.string).utf8), [],
        ]
        for secret in secrets {
            let input = "\(part(#"{"alg":"HS256","kid":"r"}"#)).\(part("{}"))"
            let token = try JWS(compact: "\(input).\(hmac(input, key: secret))")
            #expect(throws: JOSEError.unsupportedAlgorithm("HS256")) {
                try Self.verifier.verify(token, with: try keys())
            }
        }
    }

    @Test func section2_1SharedSecretInTheKeySet() throws {
        let set = try JWKSet(json: ["keys": [["kty": "oct", "kid": "s", "alg": "HS256", "k": "AAECAw"]]])
        #expect(set.keys.isEmpty)
        let input = "\(part(#"{"alg":"HS256","kid":"s"}"#)).\(part("{}"))"
        let token = try JWS(compact: "\(input).\(hmac(input, key: [0, 1, 2, 3]))")
        #expect(throws: JOSEError.unsupportedAlgorithm("HS256")) { try Self.verifier.verify(token, with: set) }
    }

    @Test(arguments: [
        (Algorithm.rs256, Algorithm.ps256), (.ps256, .rs256), (.rs512, .rs256), (.rs256, .es256), (.rs256, .edDSA),
    ])
    func section3_1AlgorithmOtherThanTheHeaderSays(signed: Algorithm, claimed: Algorithm) throws {
        let header = JSON.serialize(["alg": .string(claimed.rawValue), "kid": "r"])
        let token = try JWS(compact: TestKey.rsa.token(header: header, payload: Array("{}".utf8), signed))
        #expect(throws: JOSEError.self) { try Self.verifier.verify(token, with: try keys()) }
    }

    @Test func section3_1AlgorithmOtherThanTheKeyIsFor() throws {
        let key = try JWK(json: TestKey.rsa.jwk(["alg": "PS256"]))
        let token = try JWS(compact: TestKey.rsa.token(.rs256))
        #expect(throws: JOSEError.keyDoesNotFit(.rs256)) { try Self.verifier.verify(token, with: key) }
    }

    @Test func section3_1KeyForEncryption() {
        #expect(throws: JWKError.notForSignatures(use: "enc")) { try JWK(json: TestKey.rsa.jwk(["use": "enc"])) }
        #expect(throws: JWKError.notForVerification) { try JWK(json: TestKey.rsa.jwk(["key_ops": ["encrypt"]])) }
    }

    @Test(arguments: [
        (TestKey.p384, Algorithm.es256), (.p521, .es256), (.p256, .es384), (.p256, .es512), (.p384, .es512),
    ])
    func section3_1CurveOtherThanTheAlgorithms(key: TestKey, claimed: Algorithm) throws {
        // Signed properly, with the hash of the announced algorithm, on the wrong curve.
        let token = try JWS(compact: key.token(claimed))
        #expect(throws: JOSEError.keyDoesNotFit(claimed)) {
            try Self.verifier.verify(token, with: try JWK(json: key.jwk()))
        }
        #expect(throws: JWKError.self) { try JWK(json: key.jwk(["alg": .string(claimed.rawValue)])) }
    }

    /// CVE-2022-21449 and its like: r and s of zero, of the order, and other values that satisfy sloppy arithmetic.
    @Test(arguments: [(TestKey.p256, Algorithm.es256), (.p384, .es384), (.p521, .es512)])
    func section3_2PsychicSignatures(key: TestKey, algorithm: Algorithm) throws {
        let orders: [Algorithm: String] = [
            .es256: "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
            .es384: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
            .es512:
                "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D0"
                + "3BB5C9B8899C47AEBB6FB71E91386409",
        ]
        let digits = Array(try #require(orders[algorithm]))
        let order = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        let zero = [UInt8](repeating: 0, count: order.count)
        let one = zero.dropLast() + [1]
        let last = order.dropLast() + [order[order.count - 1] - 1]
        let most = [UInt8](repeating: 0xFF, count: order.count)
        let jwk = try JWK(json: key.jwk())
        for r in [zero, Array(one), Array(last), order, most] {
            for s in [zero, Array(one), Array(last), order, most] {
                #expect(!jwk.key.verifies(r + s, of: Array("x".utf8), algorithm: algorithm))
            }
        }
    }

    @Test func section3_2EmptySignature() throws {
        #expect(throws: JWSError.emptySignature) {
            try JWS(compact: "\(part(#"{"alg":"ES256","kid":"e"}"#)).\(part("{}")).")
        }
        let key = try JWK(json: TestKey.p256.jwk())
        #expect(!key.key.verifies([], of: [], algorithm: .es256))
    }

    @Test func section3_2SmallRSAKeys() {
        #expect(throws: JWKError.modulusTooSmall(bits: 1024, limit: 2048)) { try JWK(json: TestKey.smallRSA.jwk()) }
    }

    /// With the exponent 1 a signature is the padded hash itself, which anyone can write.
    @Test(arguments: ["AQ", "Aw", "Ag", "AA", ""]) func section3_2WeakExponents(exponent: String) {
        #expect(throws: JWKError.badExponent) { try JWK(json: TestKey.rsa.jwk(["e": .string(exponent)])) }
    }

    @Test func section3_4InvalidCurvePoints() throws {
        var y = try #require(TestKey.p256.jwk()["y"]?.string.flatMap { Base64URL.decode($0) })
        y[31] ^= 1
        #expect(throws: JWKError.invalidPoint) { try JWK(json: TestKey.p256.jwk(["y": .string(Base64URL.encode(y))])) }
    }

    @Test func section3_5CompressionIsRefused() {
        let token = TestKey.rsa.token(.rs256, ["zip": "DEF"])
        #expect(throws: JWSError.compressed) { try JWS(compact: token) }
    }

    @Test func section3_10KeysBroughtAlongAreIgnored() throws {
        // The attacker signs with his own key and sends it along, in every way that the standard offers.
        let own = TestKey.otherRSA
        let gifts: [[String: JSONValue]] = [
            ["jwk": own.jwk(["kid": "r"])], ["jku": "https://attacker.example/jwks"],
            ["x5u": "https://attacker.example/cert.pem"], ["x5c": ["MIIB"]], ["x5t": "AAAA", "x5t#S256": "AAAA"],
        ]
        for gift in gifts {
            let forged = try JWS(compact: own.token(.rs256, gift.merging(["kid": "r"]) { first, _ in first }))
            #expect(throws: JOSEError.badSignature) { try Self.verifier.verify(forged, with: try keys()) }
            let named = try JWS(compact: own.token(.rs256, gift.merging(["kid": "mine"]) { first, _ in first }))
            #expect(throws: JOSEError.unknownKey(kid: "mine")) { try Self.verifier.verify(named, with: try keys()) }
            // In a token of the real issuer they do no harm.
            let honest = try JWS(compact: TestKey.rsa.token(.rs256, gift.merging(["kid": "r"]) { first, _ in first }))
            try Self.verifier.verify(honest, with: try keys())
        }
    }

    @Test(arguments: [
        "../../../../dev/null", "/etc/passwd", "r' OR '1'='1", "r\u{0}", "r|whoami", "https://attacker.example/jwks",
        "", " r", "R", String(repeating: "k", count: 4000),
    ])
    func section3_10KidIsOnlyCompared(kid: String) throws {
        let header = #"{"alg":"RS256","kid":\#(JSON.text(.string(kid)))}"#
        let compact = TestKey.rsa.token(header: Array(header.utf8), payload: [], .rs256)
        guard !kid.contains("\u{0}") else {
            #expect(throws: JWSError.self) { try JWS(compact: compact) }
            return
        }
        let token = try JWS(compact: compact)
        #expect(throws: JOSEError.unknownKey(kid: kid)) { try Self.verifier.verify(token, with: try keys()) }
        #expect(JOSEError.unknownKey(kid: kid).description.utf8.count < 300)
    }

    /// Tokens that the same provider signs with the same key for other purposes.
    @Test(arguments: [
        "secevent+jwt", "logout+jwt", "dpop+jwt", "application/token-introspection+jwt", "oauth-authz-req+jwt", "JOSE",
        "JOSE+JSON", "jwt2", "",
    ])
    func section3_11TokensForAnotherPurpose(typ: String) throws {
        let token = try JWS(compact: TestKey.rsa.token(.rs256, ["typ": .string(typ), "kid": "r"]))
        #expect(throws: JOSEError.typeNotAccepted(typ)) { try Self.verifier.verify(token, with: try keys()) }
    }

    @Test(arguments: ["JWT", "jwt", "application/jwt"]) func section3_3NestedTokens(cty: String) throws {
        let inner = TestKey.rsa.token(.rs256, ["kid": "r"])
        let token = try JWS(compact: TestKey.rsa.token(.rs256, ["cty": .string(cty), "kid": "r"], payload: inner))
        #expect(throws: JOSEError.nested) { try Self.verifier.verify(token, with: try keys()) }
        // Unannounced it verifies, but holds no claims.
        #expect(throws: ClaimsError.self) { try ClaimsSet(payload: token.payload) }
    }

    @Test func criticalExtensionsAreRefused() {
        let token = TestKey.rsa.token(
            .rs256, ["crit": ["http://example.com/UNDEFINED"], "http://example.com/UNDEFINED": true])
        #expect(throws: JWSError.criticalExtensions(["http://example.com/UNDEFINED"])) { try JWS(compact: token) }
    }

    @Test func unencodedPayloadsAreRefused() {
        #expect(throws: JWSError.unencodedPayload) {
            try JWS(compact: TestKey.rsa.token(.rs256, ["b64": false, "crit": ["b64"]]))
        }
        #expect(throws: JWSError.unencodedPayload) { try JWS(compact: TestKey.rsa.token(.rs256, ["b64": false])) }
    }

    @Test(arguments: [
        #"{"alg":"none","alg":"RS256","kid":"r"}"#, #"{"alg":"RS256","kid":"e","kid":"r"}"#,
        #"{"alg":"RS256","kid":"r","\u0061lg":"HS256"}"#, #"{"alg":"RS256","kid":"r","x":{"a":1,"a":2}}"#,
    ])
    func duplicateNamesInTheHeader(header: String) {
        let token = TestKey.rsa.token(header: Array(header.utf8), payload: [], .rs256)
        #expect(throws: JWSError.self) { try JWS(compact: token) }
    }

    @Test func jsonSerialization() throws {
        let parts = TestKey.rsa.token(.rs256).split(separator: ".").map(String.init)
        let flattened: JSONValue = [
            "protected": .string(parts[0]), "payload": .string(parts[1]), "signature": .string(parts[2]),
        ]
        #expect(throws: JWSError.jsonSerialization) { try JWS(compact: JSON.text(flattened)) }
        // CVE-2022-3102's trick: a JSON serialization that is also read as a compact one.
        #expect(throws: JWSError.jsonSerialization) { try JWS(compact: #"{"a.b.c":1}"#) }
    }

    @Test func whiteSpaceInBase64() throws {
        let parts = TestKey.rsa.token(.rs256).split(separator: ".").map(String.init)
        for index in 0..<3 {
            for space in [" ", "\n", "\r\n", "\t", "\u{0}"] {
                var changed = parts
                changed[index] += space
                #expect(throws: JWSError.self) { try JWS(compact: changed.joined(separator: ".")) }
                changed[index] = space + parts[index]
                #expect(throws: JWSError.self) { try JWS(compact: changed.joined(separator: ".")) }
            }
        }
    }

    /// Several spellings of one signature would be several tokens to a list of used ones.
    @Test func nonCanonicalBase64() throws {
        let token = TestKey.rsa.token(.rs256)
        _ = try JWS(compact: token)
        // 256 bytes leave the last character four unused bits.
        let last = try #require(token.last)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let position = try #require(alphabet.firstIndex(of: last))
        #expect(position % 16 == 0)
        for unused in 1..<16 {
            let changed = token.dropLast() + String(alphabet[position + unused])
            #expect(throws: JWSError.badBase64(.signature)) { try JWS(compact: String(changed)) }
        }
        #expect(throws: JWSError.badBase64(.signature)) { try JWS(compact: token + "==") }
    }

    @Test func oversizeTokens() {
        let token = TestKey.rsa.token(.rs256, payload: String(repeating: "x", count: 16 * 1024))
        #expect(throws: JWSError.tooLarge(limit: 16 * 1024)) { try JWS(compact: token) }
        let header = TestKey.rsa.token(.rs256, ["x": .string(String(repeating: "x", count: 9000))])
        #expect(throws: JWSError.headerTooLarge(limit: 8 * 1024)) { try JWS(compact: header) }
        let deep =
            #"{"alg":"RS256","x":"# + String(repeating: "[", count: 3000) + String(repeating: "]", count: 3000) + "}"
        #expect(throws: JWSError.self) {
            try JWS(compact: TestKey.rsa.token(header: Array(deep.utf8), payload: [], .rs256))
        }
    }

    @Test func encryptedTokens() {
        #expect(throws: JWSError.encrypted) { try JWS(compact: "eyJhbGciOiJSU0EtT0FFUCJ9.QQ.QQ.QQ.QQ") }
    }

    @Test func aTokenWithOneCharacterChangedIsNeverLetIn() throws {
        let token = Array(TestKey.p256.token(.es256, ["kid": "e"], payload: #"{"sub":"me"}"#).utf8)
        let keys = try keys()
        for index in token.indices {
            for replacement in [UInt8(ascii: "A"), UInt8(ascii: "."), UInt8(ascii: "_"), 0x80]
            where token[index] != replacement {
                var changed = token
                changed[index] = replacement
                #expect(throws: (any Error).self) {
                    try Self.verifier.verify(try JWS(compact: changed.span), with: keys)
                }
            }
        }
    }
}
