internal import JSON

/// What a provider says about itself: the discovery document (OpenID Connect Discovery 1.0 section 3, RFC 8414).
public struct ProviderMetadata: Sendable, Equatable {
    /// The issuer's identifier, exactly as published; tokens must carry the same text in `iss`.
    public let issuer: String
    /// Where the signing keys are.
    public let keysURL: HTTPURL
    /// Where a browser is sent to log in; nil when the document doesn't say (or says it in a way that can't be dialled).
    public let authorizationEndpoint: HTTPURL?
    /// Where codes are exchanged for tokens; nil when the document doesn't say.
    public let tokenEndpoint: HTTPURL?

    /// Reads the discovery document in `body`.
    ///
    /// - Parameters:
    ///   - body: The bytes of the answer.
    ///   - discoveryURL: Where they came from.
    ///   - configuredIssuer: The issuer that the operator expects, compared exactly; nil to derive it from
    ///     `discoveryURL` (section 4.3).
    ///   - limit: The largest document, in bytes.
    /// - Throws: ``ProviderError``, one case per fault.
    public init(
        body: [UInt8], discoveryURL: HTTPURL, configuredIssuer: String?, limit: Int = KeyDocument.discovery.maxBytes
    ) throws(ProviderError) {
        let document = try Self.object(in: body, .discovery, limit: limit)
        guard let issuer = document["issuer"]?.string, !issuer.isEmpty else { throw .missingMember(name: "issuer") }
        try Self.check(issuer, discoveryURL, configuredIssuer)
        guard let keys = document["jwks_uri"]?.string else { throw .missingMember(name: "jwks_uri") }
        do throws(HTTPURLError) { self.keysURL = try HTTPURL(keys) } catch {
            throw .badAddress(name: "jwks_uri", reason: error)
        }
        guard keysURL.scheme == .https || discoveryURL.scheme == .http else { throw .insecureKeysAddress }
        self.issuer = issuer
        // These two serve the front door only; a provider that publishes odd ones can still guard the bridge.
        self.authorizationEndpoint = document["authorization_endpoint"]?.string.flatMap { try? HTTPURL($0) }
        self.tokenEndpoint = document["token_endpoint"]?.string.flatMap { try? HTTPURL($0) }
    }

    /// The issuer that the document at `url` must name, or nil when the address doesn't tell.
    ///
    /// `https://host/path/.well-known/openid-configuration` belongs to `https://host/path` (Discovery section 4.1);
    /// `https://host/.well-known/oauth-authorization-server/path` to the same (RFC 8414 section 3.1).
    public static func issuer(derivedFrom url: HTTPURL) -> HTTPURL? {
        guard url.query == nil else { return nil }
        let suffix = "/.well-known/openid-configuration"
        let infix = "/.well-known/oauth-authorization-server"
        let path: String
        if url.path.hasSuffix(suffix) {
            path = String(url.path.dropLast(suffix.count))
        } else if url.path == infix || url.path.hasPrefix(infix + "/") {
            path = String(url.path.dropFirst(infix.count))
        } else {
            return nil
        }
        return try? HTTPURL("\(url.scheme.rawValue)://\(url.authority)\(path)")
    }

    /// Discovery section 4.3 (RFC 8414 section 3.3): a document that names another issuer is not used.
    private static func check(
        _ issuer: String, _ discoveryURL: HTTPURL, _ configured: String?
    ) throws(ProviderError) {
        if let configured {
            guard issuer == configured else { throw .wrongIssuer(found: issuer, expected: configured) }
            return
        }
        guard let expected = Self.issuer(derivedFrom: discoveryURL) else { throw .issuerUnknowable }
        // Compared as addresses, so that the host's case and a default port don't matter; the final slash is lost on
        // the way to the discovery address (section 4.1), so an issuer may have it (Auth0's does) or not.
        guard let found = try? HTTPURL(issuer), found.scheme == expected.scheme, found.host == expected.host,
            found.port == expected.port, found.query == nil,
            found.path == expected.path || found.path == expected.path + "/"
        else { throw .wrongIssuer(found: issuer, expected: "\(expected)") }
    }

    /// The JSON object in `body`.
    static func object(in body: [UInt8], _ kind: KeyDocument, limit: Int) throws(ProviderError) -> JSONValue {
        guard body.count <= limit else { throw .tooLarge(kind, limit: limit) }
        let value: JSONValue
        do throws(JSONError) { value = try JSON.parse(body, limit: limit) } catch {
            throw .notJSON(kind, reason: "\(error)")
        }
        guard value.object != nil else { throw .notAnObject(kind) }
        return value
    }
}
