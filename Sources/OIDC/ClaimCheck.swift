internal import Bytes
internal import JOSE
internal import JSON

/// One question asked of a token, with its answer in words.
public struct ClaimCheck: Sendable, Equatable {
    /// How the question was answered.
    public enum Verdict: String, Sendable {
        /// As it should be.
        case passed
        /// Not as it should be: the token is refused.
        case failed
        /// The policy doesn't ask, or what is needed to tell is missing.
        case notChecked = "not checked"
    }

    /// What was looked at: a claim, a header parameter, or `signature`.
    public let name: String
    /// What the policy wants.
    public let expected: String
    /// What the token has, made printable.
    public let found: String
    /// How the two compare.
    public let verdict: Verdict
    /// The answer in words.
    public let words: String
    /// What the gate answers if this is the first check that fails.
    public let refusal: GateRefusal?

    init(_ name: String, expected: String, found: String, _ verdict: Verdict, _ words: String) {
        (self.name, self.expected, self.found, self.verdict, self.words) = (name, expected, found, verdict, words)
        refusal = nil
    }

    /// A check with a refusal is failed and speaks the refusal's words; one without is `otherwise`.
    init(
        _ name: String, expected: String, found: String, refusal: GateRefusal?, otherwise: Verdict = .passed,
        _ words: String
    ) {
        (self.name, self.expected, self.found, self.refusal) = (name, expected, found, refusal)
        self.verdict = refusal == nil ? otherwise : .failed
        self.words = refusal.map { "\($0)" } ?? words
    }
}

extension ClaimsPolicy {
    /// All rules with their answers, in the order of the gate; unlike the gate it doesn't stop at the first failure.
    func explain(_ token: Subject) -> [ClaimCheck] { rules.map { explain($0, of: token) } }

    /// The answer itself comes from where the gate has it; here are only the words.
    private func explain(_ rule: Rule, of token: Subject) -> ClaimCheck {
        let refusal = refusal(by: rule, of: token)
        switch rule {
        case .type:
            let missing = typeMayBeMissing ? " or none" : ""
            return ClaimCheck(
                "typ", expected: types.isEmpty ? "anything" : "one of \(Printable.list(types))\(missing)",
                found: Self.shown(token.header.typ), refusal: refusal, otherwise: types.isEmpty ? .notChecked : .passed,
                types.isEmpty ? "the policy accepts any type" : "the type is that of an access token")
        case .issuer:
            return ClaimCheck(
                "iss", expected: Printable.quoted(token.issuer), found: Self.shown(token.claims.issuer),
                refusal: refusal, "the token comes from the provider")
        case .audience: return explainAudience(refusal, token)
        case .expiry, .notBefore, .issuedAt: return explainTime(rule, refusal, token)
        case .tokenUse:
            return ClaimCheck(
                "token_use", expected: tokenUses.isEmpty ? "anything" : "one of \(Printable.list(tokenUses))",
                found: Self.shown(token.claims.claim("token_use")), refusal: refusal,
                otherwise: tokenUses.isEmpty ? .notChecked : .passed,
                tokenUses.isEmpty ? "the policy doesn't ask for it" : "the token is meant for this use")
        case .claim(let required):
            let values = required.accepted.map { JSON.text($0) }
            return ClaimCheck(
                required.name, expected: values.isEmpty ? "any value" : "one of \(values.joined(separator: ", "))",
                found: Self.shown(token.claims.value(at: required.name)), refusal: refusal,
                values.isEmpty ? "the claim is there" : "the claim has an accepted value")
        case .scope(let name):
            let granted = token.claims.scopes
            return ClaimCheck(
                "scope", expected: Printable.quoted(name), found: granted.isEmpty ? "none" : Printable.list(granted),
                refusal: refusal, "the scope was granted")
        }
    }

    private func explainAudience(_ refusal: GateRefusal?, _ token: Subject) -> ClaimCheck {
        let found = audienceClaims.map { name in
            let value = Self.shown(token.claims.value(at: name))
            return audienceClaims.count == 1 ? value : "\(name): \(value)"
        }
        return ClaimCheck(
            audienceClaims.joined(separator: " or "),
            expected: audience.isEmpty ? "anything" : "one of \(Printable.list(audience))",
            found: found.joined(separator: "; "), refusal: refusal, otherwise: audience.isEmpty ? .notChecked : .passed,
            audience.isEmpty
                ? "no audience is configured: a token that the provider issued for anyone is accepted"
                : "the token is meant for this audience")
    }

    private func explainTime(_ rule: Rule, _ refusal: GateRefusal?, _ token: Subject) -> ClaimCheck {
        let leeway = CalendarText.span(boundedLeeway)
        let now = CalendarText.utc(token.time)
        let (name, time, expected, words): (String, UnixTime?, String, String)
        switch rule {
        case .expiry:
            (name, time) = ("exp", token.claims.expiration)
            (expected, words) = ("later than \(now), with a leeway of \(leeway)", "the token has not expired")
        case .notBefore:
            (name, time) = ("nbf", token.claims.notBefore)
            (expected, words) = ("not later than \(now), with a leeway of \(leeway)", "the token is valid already")
        default:
            (name, time) = ("iat", token.claims.issuedAt)
            (expected, words) = (
                "not later than \(now), with a leeway of \(leeway)", "the token was issued in the past"
            )
        }
        guard let time else {
            return ClaimCheck(
                name, expected: expected, found: "missing", refusal: refusal, otherwise: .notChecked,
                "the token doesn't say, and needn't")
        }
        return ClaimCheck(
            name, expected: expected, found: CalendarText.utc(time, from: token.time), refusal: refusal, words)
    }

    private static func shown(_ text: String?) -> String { text.map { Printable.quoted($0) } ?? "missing" }

    private static func shown(_ value: JSONValue?) -> String {
        value.map { Printable.text(JSON.text($0)) } ?? "missing"
    }
}
