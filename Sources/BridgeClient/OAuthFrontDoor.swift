internal import HTTP1
public import JSON

/// A token that the OAuth server issued.
public struct AccessToken: Sendable {
    /// The token.
    public var value: String
    /// Its kind, `Bearer` usually.
    public var type: String
    /// Seconds for which it is good, where the server says so.
    public var lifetime: Int64?

    /// The token in a token endpoint's answer (RFC 6749 section 5.1).
    init(_ response: HTTPResponse) throws(ClientError) {
        try OAuthFrontDoor.checkProxy(response)
        let answer = try OAuthFrontDoor.json(response, expecting: "a token")
        guard response.status == 200 else {
            // Section 5.2: an error is named in the same way.
            let error = answer["error"]?.string ?? "no error named"
            let words = answer["error_description"]?.string.map { ", \($0)" } ?? ""
            throw .unexpected("the token endpoint answered \(response.status): \(Printable.line(error + words))")
        }
        guard let value = answer["access_token"]?.string, !value.isEmpty, Grammar.isFieldValue(value) else {
            throw .unexpected("the token endpoint answered 200 without an access_token")
        }
        self.value = value
        type = answer["token_type"]?.string ?? ""
        lifetime = answer["expires_in"]?.integer
    }
}

/// What an OAuth server says about itself (OpenID Connect Discovery section 3).
public struct ProviderConfiguration: Sendable {
    /// The whole document.
    public var document: JSONValue
    /// The issuer.
    public var issuer: String

    /// The configuration in an answer.
    init(_ response: HTTPResponse) throws(ClientError) {
        try OAuthFrontDoor.checkProxy(response)
        guard response.status == 200 else {
            throw .unexpected(
                "GET /configuration was answered \(response.status) \(response.head.reason)"
                    + (response.body.isEmpty ? "" : ": \(Printable.line(response.body))"))
        }
        document = try OAuthFrontDoor.json(response, expecting: "a configuration")
        guard let issuer = document["issuer"]?.string else {
            throw .unexpected("the configuration names no issuer: is it an OpenID Connect document?")
        }
        self.issuer = issuer
        for name in ["jwks_uri", "token_endpoint"] where document[name]?.string == nil {
            throw .unexpected("the configuration of \(Printable.line(issuer)) has no \(name)")
        }
    }
}

/// The proxy's front door to the OAuth server, for callers that wait.
public struct OAuthFrontDoor {
    private let client: HTTPSClient
    private let timeout: Duration

    /// The front door that `client` talks to.
    public init(_ client: HTTPSClient, timeout: Duration = .seconds(30)) {
        self.client = client
        self.timeout = timeout
    }

    /// The OAuth server's configuration.
    public func configuration() throws(ClientError) -> ProviderConfiguration {
        try ProviderConfiguration(try client.get("/configuration", within: timeout))
    }

    /// A token.
    public func token(_ grant: TokenGrant = .sample()) throws(ClientError) -> AccessToken {
        try AccessToken(try client.perform(grant.request("/token"), within: timeout))
    }

    /// Asks for a code as a browser does at the beginning of a login, without following the redirect.
    ///
    /// - Returns: the code; nil where a login page came instead, which only a person can fill in.
    public func authorizationCode(clientID: String, state: String) throws(ClientError) -> String? {
        let parameters = [
            ("response_type", "code"), ("client_id", clientID), ("redirect_uri", TokenGrant.sampleRedirectURI),
            ("scope", "openid"), ("state", state),
        ]
        let query = parameters.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        let response = try client.get("/authorize?\(query)", within: timeout)
        try Self.checkProxy(response)
        if response.status == 200 { return nil }
        guard (300..<400).contains(response.status), let location = response.field("Location") else {
            throw .unexpected(
                "GET /authorize was answered \(response.status) instead of a redirect or a login page")
        }
        let parts = location.split(separator: "?", maxSplits: 1)
        guard parts.count == 2, String(parts[0]) == TokenGrant.sampleRedirectURI else {
            // A login page elsewhere, for example.
            return nil
        }
        let answer = String(parts[1])
        guard (try? QueryParameters.values(named: "state", in: answer)) == [state] else {
            throw .unexpected("the redirect of /authorize lost the state: is the query passed on unchanged?")
        }
        guard let code = (try? QueryParameters.values(named: "code", in: answer))?.first else {
            throw .unexpected("the redirect of /authorize brings no code")
        }
        return code
    }

    /// Throws where the proxy answers instead of the OAuth server behind it: what may pass by itself.
    static func checkProxy(_ response: HTTPResponse) throws(ClientError) {
        if [502, 503, 504].contains(response.status) { throw .refused(response) }
    }

    /// The JSON object that `response` holds.
    static func json(_ response: HTTPResponse, expecting expected: String) throws(ClientError) -> JSONValue {
        do throws(JSONError) {
            let value = try JSON.parse(response.body, limit: 4 * 1024 * 1024)
            if value.object != nil { return value }
        } catch {}
        throw .unexpected(
            "the server answered \(response.status) with something else than JSON where \(expected) was expected"
                + (response.body.isEmpty ? "" : ": \(Printable.line(response.body))"))
    }
}
