/// A signature algorithm of JWS (RFC 7518 section 3.1, RFC 8037 section 3.1), and the two that must never be accepted.
public enum SigningAlgorithm: String, Sendable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"
    /// HMAC with SHA-256: only for tokens that shall be refused.
    case hs256 = "HS256"
    /// No signature: only for tokens that shall be refused.
    case none

    /// What a key for this algorithm is.
    enum KeyKind: Equatable {
        case rsa
        case ec(curve: String, group: String, bytes: Int)
        case ed25519
        case secret
    }

    var keyKind: KeyKind {
        switch self {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256: .ec(curve: "P-256", group: "P-256", bytes: 32)
        case .es384: .ec(curve: "P-384", group: "P-384", bytes: 48)
        case .es512: .ec(curve: "P-521", group: "P-521", bytes: 66)
        case .edDSA: .ed25519
        case .hs256, .none: .secret
        }
    }

    /// Whether the padding is PSS (RFC 7518 section 3.5).
    var isPSS: Bool { self == .ps256 || self == .ps384 || self == .ps512 }

    /// OpenSSL's name of the hash; nil for EdDSA, which hashes in its own way.
    var hashName: String? {
        switch self {
        case .rs256, .ps256, .es256, .hs256: "SHA256"
        case .rs384, .ps384, .es384: "SHA384"
        case .rs512, .ps512, .es512: "SHA512"
        case .edDSA, .none: nil
        }
    }
}
