public import HTTP1

/// What came of one request to the provider, as the driver that made it reports.
public enum FetchOutcome: Sendable {
    /// A complete answer, whatever its status.
    case response(status: Int, fields: HeaderFields, body: [UInt8])
    /// No complete answer.
    case failure(FetchFailure)
}

/// Why a request to the provider got no complete answer.
public enum FetchFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The host name has no address.
    case unresolvable
    /// Nothing could be connected to; `reason` in the system's words.
    case unreachable(reason: String)
    /// The TLS handshake failed; `reason` in the TLS library's words.
    case tls(reason: String)
    /// No complete answer in time.
    case timedOut
    /// The answer broke HTTP's rules or off; `reason` in the parser's words.
    case malformedAnswer(reason: String)
    /// The body is larger than the cap for this document.
    case tooLarge(limit: Int)

    /// What happened.
    public var description: String {
        switch self {
        case .unresolvable: "the provider's host name has no address"
        case .unreachable(let reason): "the provider can't be reached: \(reason)"
        case .tls(let reason): "the TLS handshake with the provider failed: \(reason)"
        case .timedOut: "the provider didn't answer in time"
        case .malformedAnswer(let reason): "the provider's answer is malformed: \(reason)"
        case .tooLarge(let limit): "the provider's answer is larger than \(limit) bytes"
        }
    }
}

/// Why a discovery document or a key set was not taken over: one case per misdeed of the provider.
///
/// The descriptions are for the operator's logs and status page, never for clients.
public enum ProviderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No complete answer.
    case fetch(KeyDocument, FetchFailure)
    /// An answer with a redirect, which is never followed: it could lead the proxy anywhere.
    case redirected(KeyDocument, status: Int)
    /// An answer with a status other than 200.
    case badStatus(KeyDocument, status: Int)
    /// A body larger than the cap.
    case tooLarge(KeyDocument, limit: Int)
    /// A body that isn't JSON; `reason` with line and column.
    case notJSON(KeyDocument, reason: String)
    /// JSON, but not an object.
    case notAnObject(KeyDocument)
    /// A discovery document without a member that must be there, or with one of the wrong type.
    case missingMember(name: String)
    /// A member that should be an address and isn't; `reason` says why.
    case badAddress(name: String, reason: HTTPURLError)
    /// `jwks_uri` in plain HTTP although discovery came over TLS: whoever sits on that wire could plant keys.
    case insecureKeysAddress
    /// `issuer` isn't the expected one (OpenID Connect Discovery 1.0 section 4.3).
    case wrongIssuer(found: String, expected: String)
    /// The discovery address doesn't end in `/.well-known/…` and no issuer is configured, so there is nothing to
    /// compare `issuer` with.
    case issuerUnknowable
    /// A key set document that can't be read as one; `reason` says why.
    case badKeySet(reason: String)
    /// A key set in which no key can be used (empty, or all of unknown or refused kinds).
    case noUsableKeys(skipped: Int)

    /// What happened and, where the operator can help it, what to do.
    public var description: String {
        switch self {
        case .fetch(let document, let failure): "\(document): \(failure)"
        case .redirected(let document, let status):
            "\(document): answered with a redirect (\(status)), which is not followed; configure the final address"
        case .badStatus(let document, let status): "\(document): answered with status \(status) instead of 200"
        case .tooLarge(let document, let limit): "\(document): larger than \(limit) bytes"
        case .notJSON(let document, let reason): "\(document): not JSON: \(reason)"
        case .notAnObject(let document): "\(document): not a JSON object"
        case .missingMember(let name): "discovery document: member \"\(name)\" is missing or not a string"
        case .badAddress(let name, let reason): "discovery document: member \"\(name)\": \(reason)"
        case .insecureKeysAddress:
            "discovery document: \"jwks_uri\" is plain http although discovery was fetched over https"
        case .wrongIssuer(let found, let expected):
            "discovery document: issuer is \"\(Printable.text(found))\", expected \"\(expected)\"; "
                + "if that is right, set it as oidc.issuer"
        case .issuerUnknowable:
            "the discovery address doesn't end in /.well-known/openid-configuration, so the issuer can't be derived "
                + "from it; set oidc.issuer"
        case .badKeySet(let reason): "key set: \(reason)"
        case .noUsableKeys(let skipped):
            skipped == 0 ? "key set: it is empty" : "key set: none of its \(skipped) keys can be used"
        }
    }
}

/// The two documents fetched from a provider.
public enum KeyDocument: Sendable, Equatable, CustomStringConvertible {
    /// OpenID Connect Discovery 1.0 section 4, or RFC 8414.
    case discovery
    /// RFC 7517 section 5.
    case keySet

    /// The largest body taken unless set otherwise (``DocumentLimits``): 256 KiB of metadata (real ones are below 10 KiB), 1 MiB of keys.
    public var maxBytes: Int { self == .discovery ? 256 * 1024 : 1024 * 1024 }

    /// The document's name in messages.
    public var description: String { self == .discovery ? "discovery document" : "key set" }
}
