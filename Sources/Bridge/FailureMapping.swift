// What the peer sees when something fails: the one place that decides it. Told to users in docs/ANSWERS.md.
//
// Rules: an answer never holds a token, a key, a URL of the provider or an address of the backend.
public import HTTP1
public import OIDC
public import Reactor
public import WebSocket

/// How refusals of the gate are put (RFC 6750 section 3).
public struct Challenge: Sendable {
    /// The status for a missing or bad token: 403 as the predecessor, or 401.
    public var status: Int
    /// The realm of `WWW-Authenticate`.
    public var realm: String
    /// Seconds after which a client may try again, for what passes by itself.
    public var retryAfter: Int64

    /// Refusals with `status` in `realm`.
    public init(status: Int = 403, realm: String = "secure-proxy", retryAfter: Int64 = 5) {
        self.status = status
        self.realm = realm
        self.retryAfter = retryAfter
    }

    /// The value of `WWW-Authenticate`, with the error's name and description where there was a token.
    func field(error: String? = nil, description: String? = nil) -> String {
        var value = "Bearer realm=\"\(Self.quoted(realm))\""
        if let error { value += ", error=\"\(error)\"" }
        if let description { value += ", error_description=\"\(Self.quoted(description))\"" }
        return value
    }

    /// RFC 6750 section 3 allows %x20-21 / %x23-5B / %x5D-7E in these values: no quotes, no backslashes.
    private static func quoted(_ text: String) -> String {
        String(
            text.unicodeScalars.map { scalar in
                scalar.value >= 0x20 && scalar.value < 0x7F && scalar != "\"" && scalar != "\\"
                    ? Character(scalar) : "'"
            })
    }
}

/// Why an upgrade request got no tunnel.
public enum BridgeFailure: Error, CustomStringConvertible {
    /// The request's head breaks HTTP's rules or limits.
    case http(HTTPError)
    /// The request isn't a WebSocket opening handshake that this proxy takes.
    case handshake(HandshakeError)
    /// The gate refuses the token.
    case gate(GateRefusal)
    /// The provider's keys were never fetched: nobody can be let in.
    case keysUnavailable(KeysUnavailable)
    /// The backend can't be reached.
    case dial(DialError)
    /// The worker has as many tunnels as it may.
    case full
    /// The worker is shutting down.
    case draining
    /// The client speaks HTTP without TLS.
    case plainHTTP

    /// The same in words, for the log.
    public var description: String {
        switch self {
        case .http(let error): error.description
        case .handshake(let error): error.description
        case .gate(let refusal): refusal.description
        case .keysUnavailable(let keys):
            "the provider's keys are not available\(keys.lastFailure.map { ": \($0)" } ?? "")"
        case .dial(let error): error.description
        case .full: "the limit of tunnels is reached"
        case .draining: "shutting down"
        case .plainHTTP: "plain HTTP on a TLS port"
        }
    }
}

/// The mapping of failures to answers.
public enum FailureMapping {
    /// The answer to an upgrade request that got no tunnel.
    public static func answer(to failure: BridgeFailure, challenge: Challenge) -> HTTPAnswer {
        switch failure {
        case .http(let error):
            HTTPAnswer(error.status, error.description)
        case .handshake(let error):
            HTTPAnswer(error.status, error.description, fields: error.extraFields)
        case .gate(let refusal):
            answer(to: refusal, challenge: challenge)
        case .keysUnavailable(let keys):
            HTTPAnswer(
                503, "the identity provider cannot be reached yet; try again later",
                fields: ["Retry-After": String(keys.retryAfter)])
        case .dial(.unresolvable):
            HTTPAnswer(502, "the application's host has no address")
        case .dial(.failed):
            HTTPAnswer(502, "the application refused the connection")
        case .dial(.timedOut):
            HTTPAnswer(504, "the application did not answer in time")
        case .full:
            HTTPAnswer(
                503, "too many connections; try again later", fields: ["Retry-After": String(challenge.retryAfter)])
        case .draining:
            HTTPAnswer(503, "shutting down; try again later", fields: ["Retry-After": String(challenge.retryAfter)])
        case .plainHTTP:
            HTTPAnswer(400, "this port speaks TLS: use https:// or wss://")
        }
    }

    /// The answer to a request that the gate refused (RFC 6750 section 3.1).
    public static func answer(to refusal: GateRefusal, challenge: Challenge) -> HTTPAnswer {
        let words = refusal.errorDescription
        let field = challenge.field(error: refusal.errorCode, description: refusal.errorCode == nil ? nil : words)
        return switch refusal.kind {
        case .missingToken: HTTPAnswer(challenge.status, words, fields: ["WWW-Authenticate": field])
        case .invalidToken: HTTPAnswer(challenge.status, "invalid jwt: \(words)", fields: ["WWW-Authenticate": field])
        case .insufficientScope: HTTPAnswer(403, words, fields: ["WWW-Authenticate": field])
        }
    }
}
