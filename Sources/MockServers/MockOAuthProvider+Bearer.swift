internal import Bytes
internal import HTTP1
internal import JSON

/// The endpoints that look at tokens.
extension MockOAuthProvider {
    /// The claims of the bearer's token (OpenID Connect Core 1.0 section 5.3).
    mutating func userInfo(
        _ request: MockRequest, issuer: String, issuerID: String, now: UnixTime
    ) throws(OAuthError) -> JSONObject {
        guard let value = request.head.fields.first("authorization"), value.hasPrefix("Bearer ") else {
            throw OAuthError(.invalidToken, "missing bearer token")
        }
        guard let claims = verified(String(value.dropFirst(7)), issuer: issuer, issuerID: issuerID, now: now) else {
            throw OAuthError(.invalidToken, "invalid signed jwt.")
        }
        return claims
    }

    /// Whether the token in the form is good, and its claims if so (RFC 7662 section 2.2).
    mutating func introspection(
        _ request: MockRequest, issuer: String, issuerID: String, now: UnixTime
    ) throws(OAuthError) -> JSONValue {
        let credentials = request.head.fields.first("authorization")?.split(separator: " ") ?? []
        guard credentials.count == 2, credentials[0] == "Bearer" || credentials[0] == "Basic" else {
            throw OAuthError(.invalidClient, "the client authentication was invalid")
        }
        guard let token = request.form["token"],
            let claims = verified(token, issuer: issuer, issuerID: issuerID, now: now)
        else { return ["active": false] }
        var answer = JSONObject()
        answer["active"] = true
        let reported = [
            "scope", "client_id", "username", "token_type", "exp", "iat", "nbf", "sub", "aud", "iss", "jti",
        ]
        for name in reported { answer[name] = claims[name] }
        return .object(answer)
    }

    /// The claims of `token` where a published key signed it, it is this issuer's and hasn't expired.
    private mutating func verified(_ token: String, issuer: String, issuerID: String, now: UnixTime) -> JSONObject? {
        guard let parts = CompactJWS.parts(token), parts.header["typ"]?.string == "JWT",
            let algorithm = parts.header["alg"]?.string.flatMap(SigningAlgorithm.init),
            parts.payload["iss"]?.string == issuer,
            let expiry = parts.payload["exp"]?.integer, expiry > now.seconds
        else { return nil }
        let isSigned = keys(of: issuerID).published.contains {
            $0.key.verifies(parts.signature, of: parts.signingInput, with: algorithm)
        }
        return isSigned ? parts.payload : nil
    }
}
