import Testing

@testable import TLS

/// What TLS signs, and what doesn't look like it.
@Suite struct HandshakeMessageTests {
    private let hash32 = [UInt8](repeating: 7, count: 32)
    private let randoms = [UInt8](repeating: 0x30, count: 64)

    private func certificateVerify(_ words: String, _ hash: [UInt8]) -> [UInt8] {
        [UInt8](repeating: 0x20, count: 64) + Array(words.utf8) + [0] + hash
    }

    private func keyExchange(_ kind: UInt8, _ length: UInt8, _ point: Int) -> [UInt8] {
        randoms + [kind, 0, 29, length] + [UInt8](repeating: 4, count: point)
    }

    private func messages(_ types: [UInt8]) -> [UInt8] { types.flatMap { [$0, 0, 0, 3, 1, 2, 3] } }

    private func shape(_ bytes: [UInt8]) -> HandshakeMessage? { HandshakeMessage(bytes.span) }

    @Test func certificateVerifyOfBothSides() {
        for side in ["server", "client"] {
            let words = "TLS 1.3, \(side) CertificateVerify"
            #expect(shape(certificateVerify(words, hash32)) == .certificateVerify)
            #expect(shape(certificateVerify(words, hash32 + hash32.prefix(16))) == .certificateVerify)
            for wrong in [0, 16, 31, 33, 47, 49, 64] {
                #expect(shape(certificateVerify(words, [UInt8](repeating: 1, count: wrong))) == nil)
            }
        }
        #expect(shape(certificateVerify("TLS 1.3, sErver CertificateVerify", hash32)) == nil)
        #expect(shape(certificateVerify("TLS 1.4, server CertificateVerify", hash32)) == nil)
        let good = HandshakeMessage.certificateVerify(hash: hash32)
        #expect(shape(good) == .certificateVerify)
        // All but the hash is fixed.
        for index in 0..<(good.count - 32) {
            var changed = good
            changed[index] ^= 1
            #expect(shape(changed) == nil)
        }
    }

    @Test func keyExchangesOfAServer() {
        for (length, count) in [(32, 32), (56, 56), (65, 65), (97, 97), (133, 133)] {
            #expect(shape(keyExchange(3, UInt8(length), count)) == .serverKeyExchange)
        }
        #expect(shape(keyExchange(1, 65, 65)) == nil)
        #expect(shape(keyExchange(3, 65, 64)) == nil)
        #expect(shape(keyExchange(3, 65, 66)) == nil)
        #expect(shape(keyExchange(3, 31, 31)) == nil)
        #expect(shape(keyExchange(3, 134, 134)) == nil)
        #expect(shape(randoms + [3, 0, 29]) == nil)
        #expect(shape(randoms) == nil)
    }

    @Test func handshakesOfAClient() {
        #expect(shape(messages([1, 2, 11, 12, 13, 14, 11, 16])) == .handshakeSoFar)
        #expect(shape(messages([1, 2, 16])) == .handshakeSoFar)
        for types in [[], [1], [1, 16], [2, 1, 16], [1, 11, 16], [1, 2, 11], [1, 2, 16, 20]] as [[UInt8]] {
            #expect(shape(messages(types)) == nil)
        }
        #expect(shape(messages([1, 2] + [UInt8](repeating: 11, count: 15) + [16])) == nil)
        let good = messages([1, 2, 11, 16])
        for count in 1..<good.count { #expect(shape(Array(good.prefix(count))) == nil) }
        for extra in 1...3 { #expect(shape(good + [UInt8](repeating: 0, count: extra)) == nil) }
    }

    @Test func otherThingsThatKeysSign() {
        // A certificate request, a JWS, what SSH signs, a bare digest: none is TLS's.
        #expect(shape([0x30, 0x82, 0x01, 0x10] + [UInt8](repeating: 0x30, count: 272)) == nil)
        #expect(shape(Array("eyJhbGciOiJFUzI1NiJ9.eyJyZXNvdXJjZSI6InJldm9rZS1jZXJ0In0".utf8)) == nil)
        #expect(shape([0, 0, 0, 32] + hash32 + [50] + [UInt8](repeating: 0, count: 200)) == nil)
        #expect(shape(hash32) == nil)
        #expect(shape([]) == nil)
    }

    @Test func noiseIsNone() {
        var noise = Noise(state: 11)
        for _ in 0..<20_000 {
            let count = Int(noise.next() % 300)
            #expect(shape(noise.bytes(count)) == nil)
        }
    }

    @Test func onlyTLS12SignsWithPKCS1() {
        for scheme in SignatureScheme.allCases {
            #expect(HandshakeMessage.serverKeyExchange.allows(scheme))
            #expect(HandshakeMessage.handshakeSoFar.allows(scheme))
            #expect(HandshakeMessage.certificateVerify.allows(scheme) == !"\(scheme)".contains("PKCS1"))
        }
    }
}
