public import Bytes
public import JOSE
public import JSON

/// What a verified token must say to be let in by a listener.
///
/// Rules, in the order in which they are asked (the first failure is the refusal):
/// 1. `typ` is that of an access token, or missing (RFC 9068 section 4, RFC 8725 section 3.11).
/// 2. `iss` is the provider's, code point by code point (RFC 7519 section 4.1.1).
/// 3. One of the named claims (`aud`, or `client_id`, `azp` for providers that leave `aud` out or generic) holds one of
///    the expected audiences. With an empty list this isn't asked.
/// 4. `exp` is there and hasn't passed; `nbf` and `iat`, where there, have come; all with a leeway.
/// 5. `token_use` is an accepted one (Cognito tells access from ID tokens by it). With an empty list this isn't asked.
/// 6. Each required claim is there with an accepted value; each required scope was granted.
///
/// A failure of 1 to 5 means a bad token, one of 6 a good token that grants too little.
public struct ClaimsPolicy: Sendable, Equatable {
    /// Tells this policy from others in the verdict cache. Two policies of one gate must differ in it.
    public var id: Int
    /// The expected audiences, any of which will do; empty: any audience.
    public var audience: [String] = []
    /// The claims looked at for the audience.
    public var audienceClaims: [String] = ["aud"]
    /// How far the provider's clock may be from ours, in seconds, not negative.
    public var leeway: Int64 = 60
    /// The scopes that must all have been granted, in `scope` or `scp`.
    public var scopes: [String] = []
    /// The claims that must all be there.
    public var claims: [RequiredClaim] = []
    /// The accepted values of `typ`, without case and `application/`; empty: any.
    public var types: [String] = ["JWT", "at+jwt"]
    /// Whether a token without `typ` is accepted.
    public var typeMayBeMissing = true
    /// The accepted values of `token_use`; empty: any or none.
    public var tokenUses: [String] = []

    /// The policy `id` with the defaults.
    public init(id: Int = 0) { self.id = id }

    /// A claim that must be there.
    public struct RequiredClaim: Sendable, Equatable {
        /// The claim's name; or, where no claim is called that, the way into an object, such as `realm_access.roles`.
        public var name: String
        /// The values of which the claim, or one of its elements if it is an array, must have one; empty: any but null.
        public var accepted: [JSONValue]

        /// The claim `name` with one of the values `accepted`.
        public init(name: String, accepted: [JSONValue] = []) {
            self.name = name
            self.accepted = accepted
        }
    }

    /// The first rule that a token breaks, or nil when it may pass. Builds no text.
    ///
    /// - Parameters:
    ///   - claims: The token's claims.
    ///   - header: Its header.
    ///   - issuer: The provider's issuer.
    ///   - time: Now.
    public func refusal(
        of claims: ClaimsSet, header: JOSEHeader, issuer: String, at time: UnixTime
    ) -> GateRefusal? {
        let token = Subject(claims: claims, header: header, issuer: issuer, time: time)
        for rule in Rule.always {
            if let refusal = refusal(by: rule, of: token) { return refusal }
        }
        for claim in self.claims {
            if let refusal = refusal(by: .claim(claim), of: token) { return refusal }
        }
        for scope in scopes {
            if let refusal = refusal(by: .scope(scope), of: token) { return refusal }
        }
        return nil
    }
}

extension ClaimsPolicy {
    /// What a policy judges, and in whose eyes.
    struct Subject {
        let claims: ClaimsSet
        let header: JOSEHeader
        let issuer: String
        let time: UnixTime
    }

    /// One question that the policy asks.
    enum Rule {
        case type
        case issuer
        case audience
        case expiry
        case notBefore
        case issuedAt
        case tokenUse
        case claim(RequiredClaim)
        case scope(String)

        /// The rules that don't come from lists, in order.
        static let always: [Rule] = [.type, .issuer, .audience, .expiry, .notBefore, .issuedAt, .tokenUse]
    }

    /// All rules in the order in which they are asked.
    var rules: [Rule] { Rule.always + claims.map(Rule.claim) + scopes.map(Rule.scope) }

    /// The refusal if `token` breaks `rule`. The one place where rules are judged, for the gate and for reports.
    func refusal(by rule: Rule, of token: Subject) -> GateRefusal? {
        let holds: Bool
        switch rule {
        case .type:
            holds = acceptsType(token.header.mediaType)
            return holds ? nil : .wrongType
        case .issuer:
            holds = token.claims.issuer?.isExactly(token.issuer) ?? false
            return holds ? nil : .wrongIssuer
        case .audience:
            holds = audience.isEmpty || audienceClaims.contains { names(token.claims.value(at: $0), oneOf: audience) }
            return holds ? nil : .wrongAudience
        case .expiry:
            guard let expiry = token.claims.expiration else { return .noExpiry }
            // RFC 7519 section 4.1.4: valid *before* that moment only.
            holds = token.time < expiry.adding(seconds: boundedLeeway)
            return holds ? nil : .expired
        case .notBefore:
            holds = hasCome(token.claims.notBefore, token.time)
            return holds ? nil : .notYetValid
        case .issuedAt:
            holds = hasCome(token.claims.issuedAt, token.time)
            return holds ? nil : .issuedInFuture
        case .tokenUse:
            holds = tokenUses.isEmpty || names(token.claims.claim("token_use"), oneOf: tokenUses)
            return holds ? nil : .wrongTokenUse
        case .claim(let required):
            guard let value = token.claims.value(at: required.name), !value.isNull else {
                return .missingClaim(name: required.name)
            }
            return required.accepts(value) ? nil : .wrongClaim(name: required.name)
        case .scope(let name):
            return token.claims.grants(scope: name) ? nil : .missingScope(name: name)
        }
    }

    /// A negative leeway would be a demand that no provider knows of.
    var boundedLeeway: Int64 { max(0, leeway) }

    private func hasCome(_ moment: UnixTime?, _ time: UnixTime) -> Bool {
        guard let moment else { return true }
        return moment <= time.adding(seconds: boundedLeeway)
    }

    private func acceptsType(_ mediaType: String?) -> Bool {
        guard !types.isEmpty else { return true }
        guard let mediaType else { return typeMayBeMissing }
        return types.contains { Self.shortened($0).isExactly(mediaType) }
    }

    /// RFC 7515 section 4.1.9: `application/` may be left out; the header's value comes without it and in lower case.
    private static func shortened(_ type: String) -> String {
        let lower = type.lowercased()
        return lower.hasPrefix("application/") ? String(lower.dropFirst("application/".count)) : lower
    }

    /// Whether `value`, or one of its elements, is one of `expected`.
    private func names(_ value: JSONValue?, oneOf expected: [String]) -> Bool {
        if let text = value?.string { return expected.contains { $0.isExactly(text) } }
        guard let elements = value?.array else { return false }
        return elements.contains { element in expected.contains { element.string?.isExactly($0) ?? false } }
    }
}

extension ClaimsPolicy.RequiredClaim {
    /// Whether `value` is good enough.
    func accepts(_ value: JSONValue) -> Bool {
        if accepted.isEmpty || accepted.contains(value) { return true }
        return value.array?.contains { accepted.contains($0) } ?? false
    }
}
