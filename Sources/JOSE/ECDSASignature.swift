/// ECDSA signatures as JWS has them and as OpenSSL wants them.
enum ECDSASignature {
    /// The DER form (RFC 3279 section 2.2.3) of `signature`, which is r and s in `length` bytes each (RFC 7518
    /// section 3.4); nil for any other length.
    ///
    /// Zero and values past the curve's order go through unchanged: OpenSSL refuses them.
    static func der(fromConcatenated signature: [UInt8], coordinateLength length: Int) -> [UInt8]? {
        guard signature.count == 2 * length else { return nil }
        let integers = integer(signature[..<length]) + integer(signature[length...])
        // Two integers of P-521 take up to 2 × (2 + 66) = 136 bytes, so the length needs one byte or two.
        let head: [UInt8] = integers.count < 0x80 ? [UInt8(integers.count)] : [0x81, UInt8(integers.count)]
        return [0x30] + head + integers
    }

    /// A DER INTEGER: without needless zeros in front, but with one where the top bit would make it negative.
    private static func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits = bytes.drop { $0 == 0 }
        if digits.isEmpty { digits = bytes.suffix(1) }
        let sign: [UInt8] = digits.first.map { $0 >= 0x80 } ?? false ? [0] : []
        return [0x02, UInt8(sign.count + digits.count)] + sign + digits
    }
}
