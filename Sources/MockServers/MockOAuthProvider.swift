// The mock provider without its sockets: a request and the time in, an answer out.
//
// Paths, documents, tokens and errors agree with navikt/mock-oauth2-server, so that whoever develops against that one
// can use this, and the other way round:
// - Everything before the endpoint in the path is the issuer's id; any id works and has keys of its own.
// - The issuer's address is made from the Host that the request came with (and X-Forwarded-Proto and -Port).
// - JSON is written indented; errors are JSON with `error` and `error_description`.
// Left out: the login page and the debugger, which need a person.
internal import Bytes
internal import HTTP1
internal import JSON

struct MockOAuthProvider: Sendable {
    var knobs = MockOAuthKnobs()
    /// What fails, by endpoint; nil stands for all.
    var faults: [OAuthEndpoint?: MockOAuthFault] = [:]
    /// Requests received, by path without the query.
    private(set) var requestCounts: [String: Int] = [:]
    /// The last requests, oldest first.
    private(set) var requests: [MockRequest] = []
    private var issuers: [String: IssuerKeys] = [:]
    var grants = GrantMemory()

    /// Whether `/mock/…` turns the knobs over HTTP.
    let hasControlPath: Bool
    static let maxRecordedRequests = 100
    static let maxRecordedBodyBytes = 64 * 1024
    // Bounds what a client can make the mock remember by asking for many paths.
    static let maxCountedPaths = 1000

    init(hasControlPath: Bool = false) { self.hasControlPath = hasControlPath }

    // MARK: Keys

    /// The keys of an issuer; made at its first use.
    mutating func keys(of issuerID: String) -> IssuerKeys {
        if let keys = issuers[issuerID] { return keys }
        let keys = IssuerKeys(issuerID: issuerID)
        issuers[issuerID] = keys
        return keys
    }

    mutating func rotateKeys(of issuerID: String, key: SigningKey, keepsKeyID: Bool, keepsOld: Bool) {
        var keys = keys(of: issuerID)
        keys.rotate(issuerID: issuerID, key: key, keepsKeyID: keepsKeyID, keepsOld: keepsOld)
        issuers[issuerID] = keys
    }

    // MARK: Answering

    /// Answers `request`, and does to the answer what the faults demand.
    mutating func answer(_ request: MockRequest, now: UnixTime) -> MockAnswer {
        let path = request.head.path
        if hasControlPath, path.hasPrefix("/mock/") { return control(request, now: now) }
        record(request)
        let place = OAuthEndpoint.parse(path)
        var answer = route(request, place, now: now)
        allowOrigin(request, &answer)
        return fault(at: place?.endpoint)?.applied(to: answer) ?? answer
    }

    private mutating func record(_ request: MockRequest) {
        let path = request.head.path
        if requestCounts[path] != nil || requestCounts.count < Self.maxCountedPaths {
            requestCounts[path, default: 0] += 1
        }
        if requests.count >= Self.maxRecordedRequests { requests.removeFirst() }
        let body = Array(request.body.prefix(Self.maxRecordedBodyBytes))
        requests.append(MockRequest(head: request.head, body: body, isSecure: request.isSecure))
    }

    mutating func forgetRequests() {
        requestCounts = [:]
        requests = []
    }

    /// The fault that strikes now; one that has struck often enough is forgotten.
    private mutating func fault(at endpoint: OAuthEndpoint?) -> MockOAuthFault? {
        let place = faults[endpoint] == nil ? nil : endpoint
        guard var fault = faults[place] else { return nil }
        if let times = fault.times {
            fault.times = times - 1
            faults[place] = times > 1 ? fault : nil
        }
        return fault
    }

    private mutating func route(
        _ request: MockRequest, _ place: (issuerID: String, endpoint: OAuthEndpoint)?, now: UnixTime
    ) -> MockAnswer {
        switch request.head.path {
        case "/isalive": return .text("alive and well")
        case "/favicon.ico": return MockAnswer()
        default: break
        }
        if request.head.method == "OPTIONS" { return MockAnswer(status: 204) }
        guard let (issuerID, endpoint) = place else { return .text("no routes found", status: 404) }
        guard endpoint.methods.contains(request.head.method) else { return .text("method not allowed", status: 405) }
        let issuer = issuerAddress(request, issuerID)
        let mint = TokenMint(knobs: knobs, now: now)
        do throws(OAuthError) {
            switch endpoint {
            case .discovery, .metadata: return document(discovery(issuer))
            case .jwks: return document(knobs.jwks ?? keys(of: issuerID).publicSet)
            case .token: return .json(try token(request, issuer: issuer, issuerID: issuerID, mint: mint))
            case .authorize: return try authorize(request)
            case .userinfo: return .json(.object(try userInfo(request, issuer: issuer, issuerID: issuerID, now: now)))
            case .introspect: return .json(try introspection(request, issuer: issuer, issuerID: issuerID, now: now))
            case .revoke: return try revoke(request)
            case .endsession: return endSession(request)
            }
        } catch {
            return error.answer
        }
    }

    /// The issuer as clients see it: `http://host:port/id`, the port left out where it is the scheme's own.
    func issuerAddress(_ request: MockRequest, _ issuerID: String) -> String {
        let fields = request.head.fields
        let forwardedScheme = fields.first("x-forwarded-proto")
        let scheme = forwardedScheme ?? (request.isSecure ? "https" : "http")
        let authority = request.head.authority
        let standard: UInt16 = scheme == "https" ? 443 : 80
        let port = fields.first("x-forwarded-port").flatMap { UInt16($0) } ?? authority?.port ?? standard
        return "\(scheme)://\(authority?.host ?? "localhost")\(port == standard ? "" : ":\(port)")/\(issuerID)"
    }

    /// Browsers may call from anywhere.
    private func allowOrigin(_ request: MockRequest, _ answer: inout MockAnswer) {
        guard let origin = request.head.fields.first("origin") else { return }
        if request.head.method == "OPTIONS" {
            if let wanted = request.head.fields.first("access-control-request-headers") {
                answer.fields.append("access-control-allow-headers", wanted)
            }
            answer.fields.append("access-control-allow-methods", "POST, GET, OPTIONS")
        }
        answer.fields.append("access-control-allow-origin", origin)
        answer.fields.append("access-control-allow-credentials", "true")
    }

    private func document(_ value: JSONValue) -> MockAnswer {
        var answer = MockAnswer.json(value)
        for field in knobs.documentFields { answer.fields.append(field.name, field.value) }
        return answer
    }

    private func discovery(_ issuer: String) -> JSONValue {
        func endpoint(_ endpoint: OAuthEndpoint) -> JSONValue { .string("\(issuer)/\(endpoint.rawValue)") }
        return [
            "issuer": .string(knobs.discoveryIssuer ?? issuer),
            "authorization_endpoint": endpoint(.authorize),
            "end_session_endpoint": endpoint(.endsession),
            "revocation_endpoint": endpoint(.revoke),
            "token_endpoint": endpoint(.token),
            "userinfo_endpoint": endpoint(.userinfo),
            "jwks_uri": knobs.jwksURI.map { .string($0) } ?? endpoint(.jwks),
            "introspection_endpoint": endpoint(.introspect),
            "response_types_supported": ["code", "none", "id_token", "token"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [
                "ES256", "ES384", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
            ],
            "code_challenge_methods_supported": ["plain", "S256"],
        ]
    }
}

extension MockAnswer {
    /// A JSON document, indented.
    static func json(_ value: JSONValue, status: Int = 200) -> MockAnswer {
        MockAnswer(
            status: status, fields: ["content-type": "application/json;charset=UTF-8"],
            body: JSON.serialize(value, pretty: true))
    }
}

/// An error answer of OAuth (RFC 6749 section 5.2).
struct OAuthError: Error {
    enum Code: String {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case invalidToken = "invalid_token"
    }

    let code: Code
    let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    var answer: MockAnswer {
        .json(
            ["error_description": .string(description.lowercased()), "error": .string(code.rawValue)],
            status: code == .invalidClient || code == .invalidToken ? 401 : 400)
    }
}
