import Bytes
import JOSE
import JSON
import Testing

@Suite struct RSAKeyRulesTests {
    /// A key whose modulus has exactly `bits` bits: no product of primes, but nothing that these rules look at.
    private func key(bits: Int, exponent: [UInt8] = [1, 0, 1], last: UInt8 = 0xFB) -> JSONValue {
        var modulus = [UInt8](repeating: 0x5A, count: (bits + 7) / 8)
        modulus[0] = 1 << ((bits - 1) % 8)
        modulus[modulus.count - 1] = last
        return ["kty": "RSA", "n": .string(Base64URL.encode(modulus)), "e": .string(Base64URL.encode(exponent))]
    }

    @Test(arguments: [2048, 2049, 3072, 4096, 8192]) func sizesInTheLimitsAreTaken(bits: Int) throws {
        #expect(try JWK(json: key(bits: bits)).key.type == .rsa(bits: bits))
    }

    @Test(arguments: [9, 512, 1024, 2040, 2047]) func smallKeysAreRefused(bits: Int) {
        #expect(throws: JWKError.modulusTooSmall(bits: bits, limit: 2048)) { try JWK(json: key(bits: bits)) }
    }

    @Test(arguments: [8193, 16384]) func hugeKeysAreRefused(bits: Int) throws {
        let expected = bits == 8193 ? 8193 : 16384
        #expect(throws: JWKError.modulusTooLarge(bits: expected, limit: 8192)) { try JWK(json: key(bits: bits)) }
    }

    @Test func zeroAndEvenModuliAreRefused() {
        #expect(throws: JWKError.modulusTooSmall(bits: 0, limit: 2048)) {
            try JWK(json: ["kty": "RSA", "n": "", "e": "AQAB"])
        }
        #expect(throws: JWKError.evenModulus) { try JWK(json: key(bits: 2048, last: 0xFA)) }
    }

    @Test(
        arguments: [
            [], [0], [1], [3], [17], [0xFF, 0xFF], [1, 0, 0], [1, 0, 2], [2] + Array(repeating: 1, count: 32),
            Array(repeating: 0xFF, count: 256),
        ] as [[UInt8]])
    func weakAndHugeExponentsAreRefused(exponent: [UInt8]) {
        #expect(throws: JWKError.badExponent) { try JWK(json: key(bits: 2048, exponent: exponent)) }
    }

    @Test func largeExponentsAreTakenWhereOpenSSLUsesThem() throws {
        let exponent: [UInt8] = [1] + Array(repeating: 1, count: 8)  // 65 bits
        _ = try JWK(json: key(bits: 3072, exponent: exponent))
        #expect(throws: JWKError.badExponent) { try JWK(json: key(bits: 3073, exponent: exponent)) }
    }

    /// A modulus of the form that the faulty generator made: 65537 to some power, modulo the product of small primes.
    @Test func factorableModuliAreRefused() {
        // 1 is such a power, so 1 modulo the product of the primes up to 167 will do; 2^2047 rounded up to it.
        let primes: [UInt32] = [
            2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
            107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
        ]
        // Little-endian product of the primes, shifted up to 2048 bits with zeros, plus one: 1 modulo each prime.
        var product: [UInt8] = [1]
        for prime in primes {
            var carry: UInt32 = 0
            for index in product.indices {
                let value = UInt32(product[index]) * prime + carry
                product[index] = UInt8(value & 0xFF)
                carry = value >> 8
            }
            while carry > 0 {
                product.append(UInt8(carry & 0xFF))
                carry >>= 8
            }
        }
        var modulus = Array(repeating: 0, count: 257 - product.count) + product
        modulus[0] = 1
        let json: JSONValue = [
            "kty": "RSA", "n": .string(Base64URL.encode(Array(modulus.reversed()))), "e": "AQAB",
        ]
        #expect(throws: JWKError.factorableModulus) { try JWK(json: json) }
    }
}
