/// Why a JSON Web Key can't be used to verify signatures: one case for each misdeed.
public enum JWKError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The key is not a JSON object.
    case notAnObject
    /// A member that this type of key needs is missing.
    case missingMember(String)
    /// A member has a value of the wrong type.
    case wrongType(member: String)
    /// `kty` is `oct`: a shared secret, with which no token is ever verified here.
    case symmetricKey
    /// `kty` names a type of key that isn't supported.
    case unsupportedKeyType(String)
    /// `crv` names a curve that isn't supported, or doesn't go with `kty`.
    case unsupportedCurve(String)
    /// A member isn't canonical base64url without padding (RFC 7518 section 2).
    case badBase64(member: String)
    /// A coordinate or public key hasn't the full length of its curve (RFC 7518 section 6.2.1.2).
    case wrongLength(member: String, expected: Int, found: Int)
    /// The point isn't on the curve, or is no valid public key (NIST SP 800-186 appendix D.1).
    case invalidPoint
    /// The modulus has fewer bits than the limit (RFC 7518 section 3.3).
    case modulusTooSmall(bits: Int, limit: Int)
    /// The modulus has more bits than the limit.
    case modulusTooLarge(bits: Int, limit: Int)
    /// The modulus is even, so it isn't the product of two large primes.
    case evenModulus
    /// The modulus has the fingerprint of a generator whose keys can be factored (CVE-2017-15361, "ROCA").
    case factorableModulus
    /// The public exponent is even, below 65537 or too large (FIPS 186-5 section 5.4).
    case badExponent
    /// `use` is something other than `sig` (RFC 7517 section 4.2).
    case notForSignatures(use: String)
    /// `key_ops` doesn't list `verify` (RFC 7517 section 4.3).
    case notForVerification
    /// `key_ops` lists an operation twice (RFC 7517 section 4.3).
    case repeatedOperation(String)
    /// `use` is `sig`, but `key_ops` lists an operation other than `sign` and `verify` (RFC 7517 section 4.3).
    case contradictoryUse(operation: String)
    /// `alg` names something other than a supported signature algorithm.
    case unsupportedAlgorithm(String)
    /// `alg` doesn't go with the type or curve of the key (RFC 7518 section 3.4).
    case algorithmMismatch(Algorithm, KeyType)
    /// A private key in a published set: whoever has read the set can sign.
    case privateKeyPublished
    /// The same key is in the set before.
    case repeated
    /// OpenSSL doesn't take the key for a reason of its own.
    case refusedByLibrary

    /// The misdeed in words.
    public var description: String {
        switch self {
        case .notAnObject: "the key isn't a JSON object"
        case .missingMember(let name): "the key has no \"\(name)\""
        case .wrongType(let member): "the key's \"\(member)\" has a value of the wrong type"
        case .symmetricKey: "the key is a shared secret (\"kty\" is \"oct\"); only public keys are used"
        case .unsupportedKeyType(let type): "the key's type \(type.quoted) isn't supported"
        case .unsupportedCurve(let curve): "the key's curve \(curve.quoted) isn't supported"
        case .badBase64(let member): "the key's \"\(member)\" isn't canonical base64url without padding"
        case .wrongLength(let member, let expected, let found):
            "the key's \"\(member)\" has \(found) bytes instead of \(expected)"
        case .invalidPoint: "the key isn't a valid point on its curve"
        case .modulusTooSmall(let bits, let limit): "the RSA modulus has \(bits) bits; at least \(limit) are required"
        case .modulusTooLarge(let bits, let limit): "the RSA modulus has \(bits) bits; at most \(limit) are accepted"
        case .evenModulus: "the RSA modulus is even"
        case .factorableModulus: "the RSA modulus can be factored (ROCA, CVE-2017-15361)"
        case .badExponent: "the RSA exponent must be odd, at least 65537 and not overly large"
        case .notForSignatures(let use): "the key's \"use\" is \(use.quoted) instead of \"sig\""
        case .notForVerification: "the key's \"key_ops\" don't include \"verify\""
        case .repeatedOperation(let name): "the key's \"key_ops\" list \(name.quoted) twice"
        case .contradictoryUse(let operation):
            "the key's \"use\" is \"sig\", but its \"key_ops\" list \(operation.quoted)"
        case .unsupportedAlgorithm(let name): "the key's \"alg\" \(name.quoted) isn't a supported signature algorithm"
        case .algorithmMismatch(let algorithm, let type):
            "the key's \"alg\" is \(algorithm.rawValue), but it is an \(type)"
        case .privateKeyPublished: "the key set publishes the private key; replace the key at the provider"
        case .repeated: "the key is in the set before"
        case .refusedByLibrary: "OpenSSL doesn't accept the key"
        }
    }
}
