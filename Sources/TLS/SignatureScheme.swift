internal import COpenSSL

/// A way to sign in TLS, with the code that RFC 8446 section 4.2.3 gives it. TLS 1.2 has the same codes, but its ECDSA
/// codes name no curve; so they don't here either.
enum SignatureScheme: UInt16, CaseIterable, Sendable {
    case rsaPKCS1WithSHA256 = 0x0401
    case rsaPKCS1WithSHA384 = 0x0501
    case rsaPKCS1WithSHA512 = 0x0601
    case ecdsaWithSHA256 = 0x0403
    case ecdsaWithSHA384 = 0x0503
    case ecdsaWithSHA512 = 0x0603
    case rsaPSSWithSHA256 = 0x0804
    case rsaPSSWithSHA384 = 0x0805
    case rsaPSSWithSHA512 = 0x0806
    case ed25519 = 0x0807
    case ed448 = 0x0808
    /// As ``rsaPSSWithSHA256``, for keys that can do nothing else.
    case rsaPSSKeyWithSHA256 = 0x0809
    case rsaPSSKeyWithSHA384 = 0x080A
    case rsaPSSKeyWithSHA512 = 0x080B

    /// The digest of the message; nil where the signature takes the message whole.
    @unsafe
    var digest: OpaquePointer? {
        switch self {
        case .ed25519, .ed448: nil
        case .rsaPKCS1WithSHA256, .ecdsaWithSHA256, .rsaPSSWithSHA256, .rsaPSSKeyWithSHA256: unsafe EVP_sha256()
        case .rsaPKCS1WithSHA384, .ecdsaWithSHA384, .rsaPSSWithSHA384, .rsaPSSKeyWithSHA384: unsafe EVP_sha384()
        case .rsaPKCS1WithSHA512, .ecdsaWithSHA512, .rsaPSSWithSHA512, .rsaPSSKeyWithSHA512: unsafe EVP_sha512()
        }
    }

    /// The padding of an RSA signature; nil for other keys.
    var padding: Int32? {
        switch self {
        case .rsaPKCS1WithSHA256, .rsaPKCS1WithSHA384, .rsaPKCS1WithSHA512: RSA_PKCS1_PADDING
        case .rsaPSSWithSHA256, .rsaPSSWithSHA384, .rsaPSSWithSHA512, .rsaPSSKeyWithSHA256, .rsaPSSKeyWithSHA384,
            .rsaPSSKeyWithSHA512:
            RSA_PKCS1_PSS_PADDING
        default: nil
        }
    }

    /// The type of key that signs so, in OpenSSL's words.
    var keyType: String {
        switch self {
        case .ecdsaWithSHA256, .ecdsaWithSHA384, .ecdsaWithSHA512: "EC"
        case .ed25519: "ED25519"
        case .ed448: "ED448"
        case .rsaPSSKeyWithSHA256, .rsaPSSKeyWithSHA384, .rsaPSSKeyWithSHA512: "RSA-PSS"
        default: "RSA"
        }
    }

    /// What every key of a type can do; nil for keys that TLS doesn't sign with.
    static func first(forKeyType type: String) -> SignatureScheme? {
        switch type {
        case "RSA": .rsaPSSWithSHA256
        default: allCases.first { $0.keyType == type }
        }
    }
}
