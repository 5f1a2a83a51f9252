/// Why a text is not a JWS that this project would verify: one case for each misdeed.
///
/// Descriptions name the fault and never the token; what they quote of it is made printable and cut.
public enum JWSError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The token is longer than the limit, in bytes.
    case tooLarge(limit: Int)
    /// A JWS in JSON serialization (RFC 7515 section 7.2), which access tokens never have (RFC 7519 section 3).
    case jsonSerialization
    /// Five parts: an encrypted token (RFC 7516 section 7.1).
    case encrypted
    /// A number of parts other than three (RFC 7515 section 7.1).
    case wrongPartCount(Int)
    /// A part that isn't canonical base64url without padding (RFC 7515 section 2).
    case badBase64(JWSPart)
    /// The decoded header is longer than the limit, in bytes.
    case headerTooLarge(limit: Int)
    /// The header isn't JSON, has duplicate names or is nested too deeply; the reason is the JSON parser's.
    case headerNotJSON(reason: String)
    /// The header is JSON but not an object.
    case headerNotAnObject
    /// The header has no `alg` (RFC 7515 section 4.1.1).
    case missingAlgorithm
    /// A header parameter has a value of the wrong type.
    case wrongType(parameter: String)
    /// `crit` lists extensions that must be understood, and none is (RFC 7515 section 4.1.11).
    case criticalExtensions([String])
    /// `crit` is not an array of at least one name (RFC 7515 section 4.1.11).
    case malformedCritical
    /// `b64` asks for an unencoded payload (RFC 7797), which a JWT must not use (RFC 7797 section 7).
    case unencodedPayload
    /// `zip` announces a compressed payload, which a JWS doesn't have (RFC 7516 section 4.1.3, RFC 8725 section 3.6).
    case compressed
    /// The third part is empty: an unsecured or detached token (RFC 7519 section 6).
    case emptySignature

    /// The misdeed in words.
    public var description: String {
        switch self {
        case .tooLarge(let limit): "the token is longer than \(limit) bytes"
        case .jsonSerialization: "the token is in JSON serialization; only the compact serialization is accepted"
        case .encrypted: "the token is encrypted (five parts); only signed tokens are accepted"
        case .wrongPartCount(let count):
            "the token has \(count) part\(count == 1 ? "" : "s") instead of three separated by dots"
        case .badBase64(let part): "the token's \(part.rawValue) isn't canonical base64url without padding"
        case .headerTooLarge(let limit): "the token's header is longer than \(limit) bytes"
        case .headerNotJSON(let reason): "the token's header isn't acceptable JSON: \(reason)"
        case .headerNotAnObject: "the token's header isn't a JSON object"
        case .missingAlgorithm: "the token's header has no \"alg\""
        case .wrongType(let parameter): "the token's header parameter \"\(parameter)\" has a value of the wrong type"
        case .criticalExtensions(let names):
            "the token's header demands unsupported extensions in \"crit\": "
                + names.prefix(4).map(\.quoted).joined(separator: ", ")
        case .malformedCritical: "the token's header parameter \"crit\" isn't an array of at least one name"
        case .unencodedPayload: "the token's header asks for an unencoded payload (\"b64\")"
        case .compressed: "the token's header announces compression (\"zip\")"
        case .emptySignature: "the token has no signature"
        }
    }
}

/// A part of a compact JWS (RFC 7515 section 7.1).
public enum JWSPart: String, Sendable {
    /// The first part.
    case header
    /// The second part.
    case payload
    /// The third part.
    case signature
}
