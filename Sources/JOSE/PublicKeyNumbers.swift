/// The numbers that make a public key, as published and before OpenSSL has seen them.
enum PublicKeyNumbers: Hashable, Sendable {
    /// Big-endian modulus and exponent.
    case rsa(modulus: [UInt8], exponent: [UInt8])
    /// Big-endian coordinates of the curve's full length.
    case ec(EllipticCurve, x: [UInt8], y: [UInt8])
    /// The encoded point.
    case okp(EdwardsCurve, x: [UInt8])
}
