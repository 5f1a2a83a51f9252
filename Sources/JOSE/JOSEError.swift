/// Why a JWS was not accepted although it is one: one case for each misdeed.
///
/// Descriptions never hold the token; what they quote of it is made printable and cut.
public enum JOSEError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The header's `alg` is `none`, an HMAC, or unknown (RFC 8725 sections 2.1 and 3.1).
    case unsupportedAlgorithm(String)
    /// The algorithm is supported, but the settings leave it out (RFC 8725 section 3.1).
    case algorithmNotAllowed(Algorithm)
    /// The header's `typ` is that of a token for another purpose (RFC 8725 sections 2.8 and 3.11).
    case typeNotAccepted(String)
    /// The payload is announced as a token within the token (RFC 7519 section 5.2).
    case nested
    /// No key is called like the header's `kid`. A fresh key set may have it.
    case unknownKey(kid: String)
    /// The token has no `kid` and no key fits its algorithm. A fresh key set may have one.
    case noKeyFits(Algorithm)
    /// The key of that name is for another algorithm: its type, curve or `alg` disagrees with the token
    /// (RFC 8725 section 3.1).
    case keyDoesNotFit(Algorithm)
    /// More than one key could be meant, and guessing is no verification.
    case ambiguousKey(count: Int)
    /// The signature is not one of this key. After a rotation under the same `kid` a fresh key set may help.
    case badSignature

    /// Whether another try with a freshly fetched key set could end differently.
    public var mayBeCuredByFreshKeys: Bool {
        switch self {
        case .unknownKey, .noKeyFits, .keyDoesNotFit, .ambiguousKey, .badSignature: true
        case .unsupportedAlgorithm, .algorithmNotAllowed, .typeNotAccepted, .nested: false
        }
    }

    /// The misdeed in words.
    public var description: String {
        switch self {
        case .unsupportedAlgorithm(let name): "the token's algorithm \(name.quoted) is not supported"
        case .algorithmNotAllowed(let algorithm): "the token's algorithm \(algorithm.rawValue) is not allowed here"
        case .typeNotAccepted(let type): "the token's type \(type.quoted) is not that of an access token"
        case .nested: "the token contains another token instead of claims"
        case .unknownKey(let kid): "no key is called \(kid.quoted)"
        case .noKeyFits(let algorithm): "the token names no key, and no key is for \(algorithm.rawValue)"
        case .keyDoesNotFit(let algorithm): "the key that the token names is not for \(algorithm.rawValue)"
        case .ambiguousKey(let count): "\(count) keys could have signed the token; it must name one in \"kid\""
        case .badSignature: "the signature is wrong"
        }
    }
}
