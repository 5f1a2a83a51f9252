import JOSE
import Testing

@Suite struct AlgorithmTests {
    @Test(arguments: Algorithm.allCases) func isFoundByItsExactName(algorithm: Algorithm) {
        #expect(Algorithm(name: algorithm.rawValue) == algorithm)
        #expect(Algorithm(name: algorithm.rawValue.lowercased()) == nil)
        #expect(Algorithm(name: algorithm.rawValue + "\0") == nil)
        #expect(Algorithm(name: " " + algorithm.rawValue) == nil)
    }

    @Test(arguments: ["none", "None", "HS256", "HS384", "HS512", "RS1", "ES256K", "ES521", "Ed25519", ""])
    func hasNoOthers(name: String) {
        #expect(Algorithm(name: name) == nil)
    }

    /// RFC 7518 section 3.1 and RFC 8037 section 3.1, as a table: which key goes with which algorithm.
    @Test func fitsExactlyItsOwnKeys() {
        let types: [KeyType] = [
            .rsa(bits: 2048), .ec(.p256), .ec(.p384), .ec(.p521), .okp(.ed25519), .okp(.ed448),
        ]
        let expected: [Algorithm: [KeyType]] = [
            .rs256: [.rsa(bits: 2048)], .rs384: [.rsa(bits: 2048)], .rs512: [.rsa(bits: 2048)],
            .ps256: [.rsa(bits: 2048)], .ps384: [.rsa(bits: 2048)], .ps512: [.rsa(bits: 2048)],
            .es256: [.ec(.p256)], .es384: [.ec(.p384)], .es512: [.ec(.p521)],
            .edDSA: [.okp(.ed25519), .okp(.ed448)],
        ]
        for algorithm in Algorithm.allCases { #expect(types.filter(algorithm.fits) == expected[algorithm]) }
    }
}
