public import JOSE

/// Why a request is not let in by the token gate: one case per misdeed.
///
/// ``description`` is for the log; ``errorCode`` and ``errorDescription`` are for the client and hold nothing that came
/// from the token, no address and no key. Which status goes with which ``kind`` is decided in one place, elsewhere.
public enum GateRefusal: Error, Sendable, Equatable {
    // What the request brought.

    /// There is no token in any of the places that are switched on.
    case noToken
    /// There is more than one token.
    case severalTokens
    /// There is more than one `Authorization` field.
    case severalAuthorizations
    /// A place for tokens holds something that can't be one.
    case malformedCredentials(TokenSource)
    /// The token is longer than `limit` bytes.
    case tokenTooLarge(limit: Int)

    // What the token is.

    /// It isn't a signed token in compact form.
    case malformedToken(JWSError)
    /// It isn't signed by a key of the provider in an allowed way.
    case signature(JOSEError)
    /// Its payload isn't a set of claims.
    case malformedClaims(ClaimsError)

    // What the token says.

    /// `typ` is that of a token for another purpose (RFC 8725 section 3.11).
    case wrongType
    /// `iss` is missing or isn't the provider's.
    case wrongIssuer
    /// Neither `aud` nor another claim looked at names one of the expected audiences.
    case wrongAudience
    /// There is no `exp`.
    case noExpiry
    /// `exp` has passed.
    case expired
    /// `nbf` has not come yet.
    case notYetValid
    /// `iat` has not come yet.
    case issuedInFuture
    /// `token_use` is missing or not an accepted one.
    case wrongTokenUse
    /// A required claim is missing.
    case missingClaim(name: String)
    /// A required claim has none of the accepted values.
    case wrongClaim(name: String)
    /// A required scope wasn't granted.
    case missingScope(name: String)
}

extension GateRefusal {
    /// What a refusal means to the client (RFC 6750 section 3).
    public enum Kind: Sendable, Equatable {
        /// It has yet to authenticate: no error code is sent.
        case missingToken
        /// Its token is no good; another one may be.
        case invalidToken
        /// Its token is good but doesn't grant enough.
        case insufficientScope
    }

    /// What the refusal means to the client.
    public var kind: Kind {
        switch self {
        case .noToken: .missingToken
        case .missingClaim, .wrongClaim, .missingScope: .insufficientScope
        case .severalTokens, .severalAuthorizations, .malformedCredentials, .tokenTooLarge, .malformedToken, .signature,
            .malformedClaims, .wrongType, .wrongIssuer, .wrongAudience, .noExpiry, .expired, .notYetValid,
            .issuedInFuture, .wrongTokenUse:
            .invalidToken
        }
    }

    /// The value for `error` in `WWW-Authenticate` (RFC 6750 section 3.1); nil when there was no token.
    public var errorCode: String? {
        switch kind {
        case .missingToken: nil
        case .invalidToken: "invalid_token"
        case .insufficientScope: "insufficient_scope"
        }
    }

    /// The value for `error_description`: fixed text of the characters allowed there (RFC 6750 section 3).
    public var errorDescription: String {
        switch self {
        case .noToken: "a bearer token is required"
        case .severalTokens: "more than one token was sent"
        case .severalAuthorizations: "more than one Authorization field was sent"
        case .malformedCredentials: "the credentials are malformed"
        case .tokenTooLarge: "the token is too long"
        case .malformedToken: "the token is malformed"
        case .signature(let error): error == .badSignature ? "the signature is wrong" : "the token can't be verified"
        case .malformedClaims: "the claims are malformed"
        case .wrongType: "the token is of the wrong type"
        case .wrongIssuer: "the token comes from another issuer"
        case .wrongAudience: "the token is meant for another audience"
        case .noExpiry: "the token has no expiry"
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        case .issuedInFuture: "the token was issued in the future"
        case .wrongTokenUse: "the token is meant for another use"
        case .missingClaim, .wrongClaim: "the token lacks a required claim"
        case .missingScope: "the token lacks a required scope"
        }
    }

    /// A short name for metrics: one of a fixed set.
    public var label: String {
        switch self {
        case .noToken: "no_token"
        case .severalTokens: "several_tokens"
        case .severalAuthorizations: "several_authorizations"
        case .malformedCredentials: "malformed_credentials"
        case .tokenTooLarge: "token_too_large"
        case .malformedToken: "malformed_token"
        case .signature(.unsupportedAlgorithm), .signature(.algorithmNotAllowed): "algorithm"
        case .signature(.badSignature): "signature"
        case .signature: "key"
        case .malformedClaims: "malformed_claims"
        case .wrongType: "type"
        case .wrongIssuer: "issuer"
        case .wrongAudience: "audience"
        case .noExpiry: "no_expiry"
        case .expired: "expired"
        case .notYetValid: "not_yet_valid"
        case .issuedInFuture: "issued_in_future"
        case .wrongTokenUse: "token_use"
        case .missingClaim, .wrongClaim: "claim"
        case .missingScope: "scope"
        }
    }
}

extension GateRefusal: CustomStringConvertible {
    /// What was wrong, for the log: with names from the settings and the token's header, never the token.
    public var description: String {
        switch self {
        case .malformedCredentials(let source): "\(source.words) holds something that can't be a token"
        case .tokenTooLarge(let limit): "the token is longer than \(limit) bytes"
        // These were made printable where they were made, but for what the JSON parser quotes.
        case .malformedToken(let error): Printable.text("\(error)")
        case .signature(let error): "\(error)"
        case .malformedClaims(let error): Printable.text("\(error)")
        case .missingClaim(let name): "the token lacks the required claim \(Printable.quoted(name))"
        case .wrongClaim(let name): "the token's claim \(Printable.quoted(name)) has none of the accepted values"
        case .missingScope(let name): "the token lacks the required scope \(Printable.quoted(name))"
        case .noToken, .severalTokens, .severalAuthorizations, .wrongType, .wrongIssuer, .wrongAudience, .noExpiry,
            .expired, .notYetValid, .issuedInFuture, .wrongTokenUse:
            errorDescription
        }
    }
}
