/// A signature algorithm of JOSE that this project verifies (RFC 7518 section 3.1, RFC 8037 section 3.1).
///
/// The list is closed: `none` and the HMAC algorithms have no case, so no setting and no token can ask for them
/// (RFC 8725 sections 2.1 and 3.2).
public enum Algorithm: String, CaseIterable, Hashable, Sendable {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    case rs384 = "RS384"
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    case rs512 = "RS512"
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.
    case ps256 = "PS256"
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 bytes.
    case ps384 = "PS384"
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 bytes.
    case ps512 = "PS512"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// ECDSA on P-384 with SHA-384.
    case es384 = "ES384"
    /// ECDSA on P-521 with SHA-512.
    case es512 = "ES512"
    /// EdDSA with Ed25519 or Ed448, as the key says.
    case edDSA = "EdDSA"

    /// The algorithm that an `alg` value names, or nil. Names are case-sensitive (RFC 7515 section 4.1.1).
    public init?(name: String) {
        // Not init(rawValue:): Swift compares strings by canonical equivalence, JOSE by code point (section 5.3).
        guard let match = Self.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) }) else { return nil }
        self = match
    }

    /// Whether a key of type `type` can make signatures of this algorithm (RFC 7518 section 3, RFC 8037 section 3.1).
    public func fits(_ type: KeyType) -> Bool {
        switch (self, type) {
        case (.rs256, .rsa), (.rs384, .rsa), (.rs512, .rsa), (.ps256, .rsa), (.ps384, .rsa), (.ps512, .rsa): true
        // Section 3.4: the curve goes with the hash; a P-384 key cannot sign ES512 whatever it announces.
        case (.es256, .ec(.p256)), (.es384, .ec(.p384)), (.es512, .ec(.p521)): true
        case (.edDSA, .okp): true
        default: false
        }
    }

    /// The hash that is taken of the message first; nil where the algorithm does its own hashing.
    var hashFunction: HashFunction? {
        switch self {
        case .rs256, .ps256, .es256: .sha256
        case .rs384, .ps384, .es384: .sha384
        case .rs512, .ps512, .es512: .sha512
        case .edDSA: nil
        }
    }

    /// The position in a table with one entry for each algorithm.
    var index: Int {
        switch self {
        case .rs256: 0
        case .rs384: 1
        case .rs512: 2
        case .ps256: 3
        case .ps384: 4
        case .ps512: 5
        case .es256: 6
        case .es384: 7
        case .es512: 8
        case .edDSA: 9
        }
    }
}

/// What kind of public key it is (`kty` and `crv`; RFC 7518 section 6.1, RFC 8037 section 2).
public enum KeyType: Hashable, Sendable, CustomStringConvertible {
    /// RSA with a modulus of so many bits.
    case rsa(bits: Int)
    /// A point on a NIST curve.
    case ec(EllipticCurve)
    /// An octet key pair for EdDSA.
    case okp(EdwardsCurve)

    /// The key type in words, such as "EC key on P-256".
    public var description: String {
        switch self {
        case .rsa(let bits): "RSA key of \(bits) bits"
        case .ec(let curve): "EC key on \(curve.rawValue)"
        case .okp(let curve): "OKP key on \(curve.rawValue)"
        }
    }
}

/// A curve for ECDSA (RFC 7518 section 6.2.1.1).
public enum EllipticCurve: String, CaseIterable, Hashable, Sendable {
    /// NIST P-256.
    case p256 = "P-256"
    /// NIST P-384.
    case p384 = "P-384"
    /// NIST P-521.
    case p521 = "P-521"

    /// The length of a coordinate, and of each half of a signature, in bytes (RFC 7518 section 6.2.1.2).
    public var coordinateLength: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }
}

/// A curve for EdDSA (RFC 8037 section 3.1).
public enum EdwardsCurve: String, CaseIterable, Hashable, Sendable {
    /// Edwards form of Curve25519.
    case ed25519 = "Ed25519"
    /// Edwards form of Curve448.
    case ed448 = "Ed448"

    /// The length of a public key in bytes (RFC 8032 sections 5.1.5 and 5.2.5).
    public var publicKeyLength: Int { self == .ed25519 ? 32 : 57 }

    /// The length of a signature in bytes (RFC 8032 sections 5.1.6 and 5.2.6).
    public var signatureLength: Int { 2 * publicKeyLength }
}
