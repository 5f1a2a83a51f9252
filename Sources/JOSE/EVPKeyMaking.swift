internal import COpenSSL

/// How published numbers become an EVP_PKEY, and which are refused on the way.
extension EVPKey {
    /// The key with these numbers.
    ///
    /// - Throws: ``JWKError`` when they make no key, or a weak one.
    static func make(_ numbers: PublicKeyNumbers) throws(JWKError) -> EVPKey {
        defer { ERR_clear_error() }
        let pointer: OpaquePointer
        let type: KeyType
        switch numbers {
        case .rsa(let modulus, let exponent):
            unsafe (pointer, type) = try rsa(modulus, exponent)
        case .ec(let curve, let x, let y):
            unsafe pointer = try ec(curve, x, y)
            type = .ec(curve)
        case .okp(let curve, let x):
            unsafe pointer = try okp(curve, x)
            type = .okp(curve)
        }
        guard let key = unsafe EVPKey(owning: pointer, type: type) else { throw .refusedByLibrary }
        return key
    }

    @unsafe
    private static func rsa(_ modulus: [UInt8], _ exponent: [UInt8]) throws(JWKError) -> (OpaquePointer, KeyType) {
        // Before OpenSSL makes numbers of them; leading zeros are free, so there is a little room.
        let longest = RSAKeyRules.maxModulusBits / 8 + 8
        guard modulus.count <= longest else {
            throw .modulusTooLarge(bits: modulus.count * 8, limit: RSAKeyRules.maxModulusBits)
        }
        guard exponent.count <= longest else { throw .badExponent }
        guard let n = unsafe BN_bin2bn(modulus, Int32(modulus.count), nil) else { throw .refusedByLibrary }
        defer { unsafe BN_free(n) }
        guard let e = unsafe BN_bin2bn(exponent, Int32(exponent.count), nil) else { throw .refusedByLibrary }
        defer { unsafe BN_free(e) }
        let bits = unsafe try RSAKeyRules.check(modulus: n, exponent: e)
        guard let key = unsafe shim_EVP_PKEY_from_RSA(n, e) else { throw .refusedByLibrary }
        return unsafe (key, .rsa(bits: bits))
    }

    @unsafe
    private static func ec(_ curve: EllipticCurve, _ x: [UInt8], _ y: [UInt8]) throws(JWKError) -> OpaquePointer {
        // SEC 1 section 2.3.3: 4, then both coordinates. The curve's name is taken by OpenSSL as NIST spells it.
        let point = [4] + x + y
        // OpenSSL refuses a point off the curve here (the invalid-curve attack, RFC 8725 section 3.4) …
        guard let key = unsafe shim_EVP_PKEY_from_EC(curve.rawValue, point, point.count) else { throw .invalidPoint }
        // … and the full check refuses what isn't of the curve's order.
        let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard let context = unsafe context, unsafe EVP_PKEY_public_check(context) == 1 else {
            unsafe EVP_PKEY_free(key)
            throw .invalidPoint
        }
        return unsafe key
    }

    @unsafe
    private static func okp(_ curve: EdwardsCurve, _ x: [UInt8]) throws(JWKError) -> OpaquePointer {
        let name = curve == .ed25519 ? "ED25519" : "ED448"
        guard let key = unsafe EVP_PKEY_new_raw_public_key_ex(nil, name, nil, x, x.count) else {
            throw .refusedByLibrary
        }
        return unsafe key
    }
}
