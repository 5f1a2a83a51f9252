internal import COpenSSL

/// Which RSA public keys are taken.
enum RSAKeyRules {
    /// RFC 7518 sections 3.3 and 3.5: 2048 bits or more.
    static let minModulusBits = 2048
    /// Verification with 8192 bits costs about 0.2 ms, with 16384 four times that, and nobody signs with more.
    static let maxModulusBits = 8192
    /// OpenSSL's own rule for moduli of more than 3072 bits; FIPS 186-5 section 5.4 allows 256 bits.
    static let maxExponentBits = (small: 256, large: 64, boundary: 3072)

    /// Checks a key given as OpenSSL big numbers and answers the size of its modulus in bits.
    ///
    /// Leading zero bytes don't count: the numbers decide, not their spelling.
    @unsafe
    static func check(modulus: OpaquePointer, exponent: OpaquePointer) throws(JWKError) -> Int {
        let bits = Int(unsafe BN_num_bits(modulus))
        guard bits >= minModulusBits else { throw .modulusTooSmall(bits: bits, limit: minModulusBits) }
        guard bits <= maxModulusBits else { throw .modulusTooLarge(bits: bits, limit: maxModulusBits) }
        guard unsafe BN_is_odd(modulus) == 1 else { throw .evenModulus }
        // An exponent of 1 makes every padded message its own signature; small ones turn slips of padding into forgeries.
        let exponentBits = Int(unsafe BN_num_bits(exponent))
        let limit = bits > maxExponentBits.boundary ? maxExponentBits.large : maxExponentBits.small
        guard unsafe BN_is_odd(exponent) == 1, exponentBits >= 17, exponentBits <= limit else { throw .badExponent }
        guard !(unsafe isFactorable(modulus)) else { throw .factorableModulus }
        return bits
    }

    /// Whether the modulus has the fingerprint of CVE-2017-15361 ("ROCA"): the faulty generator made only primes that
    /// are powers of 65537 modulo each of the first primes, so the same holds for their product. A random modulus passes
    /// by chance once in about 2^27.
    @unsafe
    private static func isFactorable(_ modulus: OpaquePointer) -> Bool {
        for prime in fingerprintPrimes {
            let remainder = unsafe BN_mod_word(modulus, prime)
            var power: UInt = 1
            repeat {
                if power == remainder { break }
                power = power * 65537 % prime
            } while power != 1
            if power != remainder { return false }
        }
        return true
    }

    /// The odd primes up to 167, over which the fingerprint is taken.
    private static let fingerprintPrimes: [UInt] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
        113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]
}
