internal import Bytes
internal import HTTP1

/// How a client asks for an access token (RFC 6749 section 4).
public enum TokenGrant: Sendable {
    /// A code that the user's consent brought (section 4.1.3).
    case authorizationCode(code: String, redirectURI: String, clientID: String, clientSecret: String)
    /// The client's own right (section 4.4.2).
    case clientCredentials(clientID: String, clientSecret: String, scope: String?)

    /// Where a mock server sends the user back to; nothing ever goes there.
    public static let sampleRedirectURI = "http://localhost/callback"

    /// A code and a client that nobody has ever heard of: a mock server accepts them, and no real one does.
    public static func sample(code: String? = nil, clientID: String? = nil) -> TokenGrant {
        .authorizationCode(
            code: code ?? random(16), redirectURI: sampleRedirectURI, clientID: clientID ?? "client-\(random(8))",
            clientSecret: random(20))
    }

    /// `count` random lower-case letters.
    static func random(_ count: Int) -> String {
        String(decoding: (0..<count).map { _ in UInt8.random(in: 97...122) }, as: UTF8.self)
    }

    /// The request to the token endpoint at `target`; the client proves itself with HTTP Basic (section 2.3.1).
    func request(_ target: String) -> HTTPRequest {
        let (parameters, client, secret): ([(name: String, value: String)], String, String) =
            switch self {
            case .authorizationCode(let code, let redirectURI, let client, let secret):
                (
                    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectURI)],
                    client, secret
                )
            case .clientCredentials(let client, let secret, let scope):
                ([("grant_type", "client_credentials")] + (scope.map { [("scope", $0)] } ?? []), client, secret)
            }
        var request = HTTPRequest.form(target, parameters)
        request.fields.append("Authorization", Self.basic(client, secret))
        return request
    }

    /// The value of Authorization for a client (RFC 7617); both parts are form-encoded first (RFC 6749 section 2.3.1).
    private static func basic(_ client: String, _ secret: String) -> String {
        let pair = PercentEncoding.encode(client) + ":" + PercentEncoding.encode(secret)
        // Base64 is base64url with two other characters, and padded (RFC 4648 section 4).
        var text = Base64URL.encode(Array(pair.utf8)).utf8.map { byte in
            byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
        }
        while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return "Basic " + String(decoding: text, as: UTF8.self)
    }
}
