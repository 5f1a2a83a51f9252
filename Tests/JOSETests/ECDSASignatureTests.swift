import JOSE
import Testing

@Suite struct ECDSASignatureTests {
    /// About one half in 256 starts with a zero byte and one in two with a high bit, so both forms of a DER integer,
    /// with and without a sign byte, and shortened ones are met in 300 signatures.
    @Test(arguments: [(TestKey.p256, Algorithm.es256), (.p384, .es384), (.p521, .es512)])
    func everySignatureSurvivesTheChangeOfForm(key: TestKey, algorithm: Algorithm) throws {
        let jwk = try JWK(json: key.jwk())
        for number in 0..<300 {
            let message = Array("message \(number)".utf8)
            let signature = key.sign(message, algorithm)
            #expect(jwk.key.verifies(signature, of: message, algorithm: algorithm))
        }
    }

    @Test func derIsNoSignatureOfJOSE() throws {
        let jwk = try JWK(json: TestKey.p256.jwk())
        let signature = TestKey.p256.sign([1], .es256)
        // 30 44 02 20 r 02 20 s, as most libraries make it (RFC 7518 section 3.4 doesn't).
        let der = [0x30, 0x44, 0x02, 0x20] + signature[..<32] + [0x02, 0x20] + signature[32...]
        #expect(!jwk.key.verifies(der, of: [1], algorithm: .es256))
    }

    @Test(arguments: [0, 1, 32, 63, 65, 66, 96, 128, 132, 1000]) func otherLengthsAreRefused(count: Int) throws {
        let jwk = try JWK(json: TestKey.p256.jwk())
        var signature = TestKey.p256.sign([1], .es256)
        if count < 64 { signature.removeLast(64 - count) } else { signature += Array(repeating: 0, count: count - 64) }
        #expect(!jwk.key.verifies(signature, of: [1], algorithm: .es256))
    }
}
