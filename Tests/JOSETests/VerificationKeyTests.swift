import COpenSSL
import JOSE
import JSON
import Testing

@Suite struct VerificationKeyTests {
    @Test(arguments: Algorithm.allCases) func verifiesWhatWasSignedAndNothingElse(algorithm: Algorithm) throws {
        let signer = TestKey.fitting(algorithm)
        let key = try JWK(json: signer.jwk()).key
        let message = Array("a message".utf8)
        let signature = signer.sign(message, algorithm)
        // Right and wrong in turn: the prepared context is used again each time.
        for _ in 0..<3 {
            #expect(key.verifies(signature, of: message, algorithm: algorithm))
            #expect(!key.verifies(signature, of: message + [0], algorithm: algorithm))
            #expect(!key.verifies(signature, of: [], algorithm: algorithm))
            var changed = signature
            changed[changed.count / 2] ^= 1
            #expect(!key.verifies(changed, of: message, algorithm: algorithm))
            #expect(!key.verifies(signature + [0], of: message, algorithm: algorithm))
            #expect(!key.verifies([0] + signature, of: message, algorithm: algorithm))
            #expect(!key.verifies(Array(signature.dropLast()), of: message, algorithm: algorithm))
            #expect(!key.verifies([], of: message, algorithm: algorithm))
        }
        #expect(key.verifies(signer.sign([], algorithm), of: [], algorithm: algorithm))
    }

    @Test(arguments: Algorithm.allCases) func noOtherAlgorithmPassesForIt(algorithm: Algorithm) throws {
        let signer = TestKey.fitting(algorithm)
        let key = try JWK(json: signer.jwk()).key
        let signature = signer.sign([1, 2, 3], algorithm)
        for other in Algorithm.allCases where other != algorithm {
            #expect(!key.verifies(signature, of: [1, 2, 3], algorithm: other))
        }
    }

    /// RFC 7518 section 3.5: the salt is as long as the hash.
    @Test(arguments: [0, 20, 31, 33, 48, 222] as [Int32]) func otherSaltsAreRefused(saltLength: Int32) throws {
        let key = try JWK(json: TestKey.rsa.jwk()).key
        #expect(key.verifies(TestKey.rsa.sign([1], .ps256, saltLength: 32), of: [1], algorithm: .ps256))
        #expect(!key.verifies(TestKey.rsa.sign([1], .ps256, saltLength: saltLength), of: [1], algorithm: .ps256))
    }

    @Test func ed448() throws {
        let key = try JWK(json: TestKey.ed448.jwk()).key
        let signature = TestKey.ed448.sign([1, 2, 3], .edDSA)
        #expect(signature.count == 114)
        #expect(key.verifies(signature, of: [1, 2, 3], algorithm: .edDSA))
        #expect(!key.verifies(signature, of: [1, 2], algorithm: .edDSA))
    }

    /// Notes left there would be taken for failures of the next TLS operation.
    @Test func failuresLeaveNothingInOpenSSLsQueue() throws {
        ERR_clear_error()
        for algorithm in Algorithm.allCases {
            let key = try JWK(json: TestKey.fitting(algorithm).jwk()).key
            let length = TestKey.fitting(algorithm).sign([1], algorithm).count
            #expect(!key.verifies(Array(repeating: 0x55, count: length), of: [1], algorithm: algorithm))
            #expect(!key.verifies([1, 2, 3], of: [1], algorithm: algorithm))
            #expect(ERR_peek_error() == 0)
        }
        let x = try #require(TestKey.p256.jwk()["x"])
        #expect(throws: JWKError.invalidPoint) { try JWK(json: TestKey.p256.jwk(["y": x])) }
        #expect(ERR_peek_error() == 0)
    }

    @Test func mayBeShared() async throws {
        let key = try JWK(json: TestKey.rsa.jwk()).key
        let right = TestKey.rsa.sign([7], .ps256)
        let verdicts = await withTaskGroup(of: [Bool].self) { group in
            for number in 0..<4 {
                group.addTask {
                    (0..<50).map { key.verifies(right, of: [7], algorithm: ($0 + number) % 2 == 0 ? .ps256 : .rs256) }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(verdicts.filter { $0 }.count == 100)
        #expect(verdicts.count == 200)
    }
}
