internal import Bytes
internal import JSON

/// Puts tokens together the way mock-oauth2-server does: which claims, in which order, under which header.
struct TokenMint {
    let knobs: MockOAuthKnobs
    let now: UnixTime

    /// The claims of a token for `subject`, the knobs applied.
    ///
    /// - Parameter isIDToken: whether the audience is the client, which no knob changes.
    func claims(
        issuer: String, issuerID: String, subject: String, audience: [String], client: String?, nonce: String? = nil,
        isIDToken: Bool = false, inherited: JSONObject = JSONObject()
    ) -> JSONObject {
        var claims = inherited
        let start = now.adding(seconds: knobs.notBefore).seconds
        claims["sub"] = .string(knobs.subject ?? subject)
        claims["aud"] = audienceClaim(isIDToken ? audience : knobs.audience ?? audience)
        claims["nbf"] = .integer(start)
        if let client { claims["azp"] = .string(client) }
        claims["iss"] = .string(knobs.tokenIssuer ?? issuer)
        claims["exp"] = .integer(UnixTime(seconds: start).adding(seconds: knobs.tokenLifetime).seconds)
        claims["iat"] = .integer(start)
        claims["jti"] = .string(Self.randomUUID())
        if let nonce { claims["nonce"] = .string(nonce) }
        claims["tid"] = .string(issuerID)
        return Self.overridden(claims, by: knobs.claims)
    }

    /// A signed token.
    ///
    /// - Parameter algorithm: what it is signed with and what the header announces; nil: the key's own.
    func token(
        claims: JSONObject, header: JSONObject = JSONObject(), key: IssuerKeys.Named, algorithm: SigningAlgorithm? = nil
    ) -> String {
        let algorithm = algorithm ?? key.key.algorithm
        var whole = JSONObject()
        whole["kid"] = .string(key.keyID)
        whole["typ"] = "JWT"
        whole["alg"] = .string(algorithm.rawValue)
        whole = Self.overridden(Self.overridden(whole, by: knobs.header), by: header)
        return CompactJWS.sign(
            header: .object(whole), payload: JSON.serialize(.object(claims)), key: key.key, algorithm: algorithm)
    }

    private func audienceClaim(_ audience: [String]) -> JSONValue {
        if knobs.audienceAsString, audience.count == 1 { return .string(audience[0]) }
        return .array(audience.map { .string($0) })
    }

    /// `base` with the members of `changes` put in; a null takes one out.
    static func overridden(_ base: JSONObject, by changes: JSONObject) -> JSONObject {
        var result = base
        for (key, value) in changes { result[key] = value.isNull ? Optional.none : value }
        return result
    }

    /// A random UUID (RFC 9562 section 5.4).
    static func randomUUID() -> String {
        let (high, low) = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
        let versioned = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let marked = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = hex(versioned) + hex(marked)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
