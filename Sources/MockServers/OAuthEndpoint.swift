/// An endpoint of the mock provider: what follows the issuer in the path, as mock-oauth2-server has it.
public enum OAuthEndpoint: String, Sendable, CaseIterable {
    /// OpenID Connect Discovery 1.0 section 4.
    case discovery = ".well-known/openid-configuration"
    /// RFC 8414, below the issuer's path.
    case metadata = ".well-known/oauth-authorization-server"
    /// RFC 7517 section 5.
    case jwks
    /// RFC 6749 section 3.2.
    case token
    /// RFC 6749 section 3.1.
    case authorize
    /// OpenID Connect Core 1.0 section 5.3.
    case userinfo
    /// RFC 7662.
    case introspect
    /// RFC 7009.
    case revoke
    /// OpenID Connect RP-Initiated Logout 1.0.
    case endsession

    /// The methods that it answers; others get 405.
    var methods: [String] {
        switch self {
        case .discovery, .metadata, .jwks, .userinfo, .authorize: ["GET", "HEAD"]
        case .token, .introspect, .revoke: ["POST"]
        case .endsession: ["GET", "HEAD", "POST"]
        }
    }

    /// The issuer's id and the endpoint that `path` names; nil when it names none. The id is all that stands before the
    /// endpoint, usually one segment.
    static func parse(_ path: String) -> (issuerID: String, endpoint: OAuthEndpoint)? {
        for endpoint in allCases where path.hasSuffix("/" + endpoint.rawValue) {
            let issuerID = path.dropFirst().dropLast(endpoint.rawValue.utf8.count + 1)
            return issuerID.isEmpty ? nil : (String(issuerID), endpoint)
        }
        return nil
    }
}
