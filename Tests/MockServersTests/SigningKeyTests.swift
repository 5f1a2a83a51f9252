import JOSE
import JSON
import MockServers
import Testing

/// The product's verifier judges what the mock signs.
@Suite struct SigningKeyTests {
    private static let sound = SigningAlgorithm.allCases.filter { $0 != .hs256 && $0 != .none }

    @Test(arguments: sound)
    func signaturesVerify(algorithm: SigningAlgorithm) throws {
        let key = SigningKey(for: algorithm)
        let jwk = try JWK(json: .object(key.publicJWK(keyID: "k")))
        let expected = try #require(Algorithm(name: algorithm.rawValue))
        #expect(jwk.kid == "k")
        #expect(jwk.admits(expected))
        let message = Array("message".utf8)
        // ECDSA's numbers have leading zeros now and then: more than one try.
        for _ in 0..<(algorithm.rawValue.hasPrefix("ES") ? 50 : 2) {
            let signature = key.sign(message)
            #expect(jwk.key.verifies(signature, of: message, algorithm: expected))
            #expect(key.verifies(signature, of: message))
            #expect(!key.verifies(signature, of: message + [0]))
        }
        #expect(!SigningKey(for: algorithm).verifies(key.sign(message), of: message))
    }

    @Test func anRSAKeySignsWithAllSix() throws {
        let key = SigningKey(for: .rs256)
        let jwk = try JWK(json: .object(key.publicJWK(keyID: "k")))
        for algorithm in [SigningAlgorithm.rs384, .rs512, .ps256, .ps384, .ps512] {
            let expected = try #require(Algorithm(name: algorithm.rawValue))
            #expect(jwk.key.verifies(key.sign([1, 2], with: algorithm), of: [1, 2], algorithm: expected))
        }
    }

    @Test func refusableKindsAreThere() {
        let secret = SigningKey(secret: Array("secret".utf8))
        #expect(secret.sign([1], with: .hs256).count == 32)
        #expect(secret.sign([1], with: SigningAlgorithm.none).isEmpty)
        #expect(!secret.verifies([], of: [1], with: SigningAlgorithm.none))
        #expect(
            String(decoding: SigningKey(for: .es256).publicPEM, as: UTF8.self).hasPrefix("-----BEGIN PUBLIC KEY-----"))
    }
}
