internal import Bytes
internal import HTTP1
internal import JSON

/// The token endpoint (RFC 6749 section 3.2).
extension MockOAuthProvider {
    /// The grants served, by their names on the wire.
    private enum Grant: String {
        case authorizationCode = "authorization_code"
        case clientCredentials = "client_credentials"
        case refreshToken = "refresh_token"
        case password = "password"
        case jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        case tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    }

    /// What a grant comes to.
    private struct Decision {
        var subject: String
        var audience: [String]?
        var nonce: String?
        var inherited = JSONObject()
        var hasIDToken = false
        var refreshToken: String?
        var issuedTokenType: String?
    }

    mutating func token(
        _ request: MockRequest, issuer: String, issuerID: String, mint: TokenMint
    ) throws(OAuthError) -> JSONValue {
        let form = request.form
        guard let grantName = form["grant_type"], !grantName.isEmpty else {
            throw OAuthError(.invalidRequest, "missing required parameter grant_type")
        }
        guard let grant = Grant(rawValue: grantName) else {
            throw OAuthError(.invalidGrant, "grant_type \(grantName) not supported.")
        }
        let client = try clientID(request, form)
        guard client != nil || grant != .clientCredentials else {
            throw OAuthError(.invalidClient, "client authentication failed: missing client authentication")
        }
        let decision = try decide(grant, form, client: client)
        let scopes = form["scope"].map { $0.split(separator: " ").map(String.init) }
        let audience =
            decision.audience ?? scopes.map { $0.filter { !Self.standardScopes.contains($0) } } ?? ["default"]
        let key = keys(of: issuerID).current

        var answer = JSONObject()
        answer["token_type"] = "Bearer"
        if let type = decision.issuedTokenType { answer["issued_token_type"] = .string(type) }
        if decision.hasIDToken {
            let claims = mint.claims(
                issuer: issuer, issuerID: issuerID, subject: decision.subject, audience: client.map { [$0] } ?? [],
                client: client, nonce: decision.nonce, isIDToken: true)
            answer["id_token"] = .string(mint.token(claims: claims, key: key))
        }
        let claims = mint.claims(
            issuer: issuer, issuerID: issuerID, subject: decision.subject, audience: audience, client: client,
            nonce: decision.nonce, inherited: decision.inherited)
        answer["access_token"] = .string(mint.token(claims: claims, key: key))
        if let refreshToken = decision.refreshToken { answer["refresh_token"] = .string(refreshToken) }
        answer["expires_in"] = .integer(max(0, knobs.tokenLifetime))
        if let scope = form["scope"] { answer["scope"] = .string(scope) }
        return .object(answer)
    }

    /// Scopes that ask for no resource, so they make no audience (OpenID Connect Core 1.0 sections 5.4 and 11).
    private static let standardScopes = ["openid", "profile", "email", "address", "phone", "offline_access"]

    private mutating func decide(
        _ grant: Grant, _ form: [String: String], client: String?
    ) throws(OAuthError) -> Decision {
        switch grant {
        case .clientCredentials:
            return Decision(subject: client ?? "")
        case .authorizationCode:
            guard let code = form["code"], !code.isEmpty else {
                throw OAuthError(.invalidRequest, "missing or empty code parameter")
            }
            let authorization = grants.redeem(code)
            if let authorization { try checkProof(authorization, verifier: form["code_verifier"]) }
            let subject = TokenMint.randomUUID()
            return Decision(
                subject: subject, nonce: authorization?.nonce, hasIDToken: true,
                refreshToken: grants.refreshToken(for: knobs.subject ?? subject))
        case .refreshToken:
            guard let token = form["refresh_token"], !token.isEmpty else {
                throw OAuthError(.invalidRequest, "missing or empty refresh_token parameter")
            }
            let subject = grants.subject(ofRefreshToken: token) ?? TokenMint.randomUUID()
            return Decision(subject: subject, hasIDToken: true, refreshToken: token)
        case .password:
            guard let user = form["username"], !user.isEmpty, form["password"] != nil else {
                throw OAuthError(.invalidRequest, "missing or empty username parameter")
            }
            return Decision(subject: user, hasIDToken: true)
        case .jwtBearer:
            return try decideAssertion(form["assertion"], "assertion")
        case .tokenExchange:
            var decision = try decideAssertion(form["subject_token"], "subject_token")
            decision.audience = form["audience"].map { [$0] }
            decision.issuedTokenType = "urn:ietf:params:oauth:token-type:access_token"
            return decision
        }
    }

    /// RFC 7523 section 2.1 and RFC 8693: the new token has the claims of the one presented, which is only read.
    private func decideAssertion(_ assertion: String?, _ name: String) throws(OAuthError) -> Decision {
        guard let assertion, let parts = CompactJWS.parts(assertion) else {
            throw OAuthError(.invalidRequest, "missing required parameter \(name)")
        }
        return Decision(subject: parts.payload["sub"]?.string ?? "", inherited: parts.payload)
    }

    /// RFC 7636 section 4.6, for codes that were asked for with a challenge.
    private func checkProof(_ authorization: GrantMemory.Authorization, verifier: String?) throws(OAuthError) {
        guard let challenge = authorization.codeChallenge else { return }
        let made = verifier.map { verifier in
            authorization.codeChallengeMethod == "S256"
                ? Base64URL.encode(SHA256Digest.digest(of: Array(verifier.utf8))) : verifier
        }
        guard made == challenge else {
            throw OAuthError(.invalidGrant, "invalid_pkce: the code_verifier doesn't fit the code_challenge")
        }
    }

    /// The client's id: from Basic credentials, the form, or a client assertion (RFC 6749 section 2.3.1,
    /// RFC 7523 section 2.2). Secrets are never checked.
    private func clientID(_ request: MockRequest, _ form: [String: String]) throws(OAuthError) -> String? {
        if let value = request.head.fields.first("authorization"), value.lowercased().hasPrefix("basic ") {
            guard let id = Self.basicUser(String(value.dropFirst(6))) else {
                throw OAuthError(.invalidClient, "client authentication failed: malformed basic credentials")
            }
            return id
        }
        if let id = form["client_id"], !id.isEmpty { return id }
        return form["client_assertion"].flatMap { CompactJWS.parts($0)?.payload["sub"]?.string }
    }

    /// The user of Basic credentials (RFC 7617), form-decoded as RFC 6749 section 2.3.1 wants it.
    static func basicUser(_ credentials: String) -> String? {
        var text = credentials.replacing("+", with: "-").replacing("/", with: "_")
        while text.hasSuffix("=") { text.removeLast() }
        guard let bytes = Base64URL.decode(text), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
            return nil
        }
        let user = Array(bytes[..<colon])
        guard let decoded = try? PercentEncoding.decode(user.span, plusIsSpace: true) else { return nil }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// RFC 7009: refresh tokens are forgotten; others are taken note of by nobody.
    mutating func revoke(_ request: MockRequest) throws(OAuthError) -> MockAnswer {
        guard let token = request.form["token"] else {
            throw OAuthError(.invalidRequest, "missing required parameter token")
        }
        grants.revoke(refreshToken: token)
        return MockAnswer()
    }
}
