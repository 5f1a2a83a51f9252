public import Bytes
public import JSON

/// The claims of a token (RFC 7519 section 4), read but not judged.
///
/// A registered claim that is there with a wrong type is an error and never passes for one that is missing.
public struct ClaimsSet: Sendable {
    /// Who issued the token, compared code point by code point (section 4.1.1).
    public let issuer: String?
    /// Whom it is about (section 4.1.2).
    public let subject: String?
    /// Whom it is for, whether one text or an array was written; empty without the claim (section 4.1.3).
    public let audience: [String]
    /// The first second at which it is no longer valid (section 4.1.4). Fractions are cut off: never later than written.
    public let expiration: UnixTime?
    /// The first second at which it is valid (section 4.1.5). Fractions are rounded up: never earlier than written.
    public let notBefore: UnixTime?
    /// When it was issued (section 4.1.6). Fractions are cut off; they don't matter to any rule.
    public let issuedAt: UnixTime?
    /// The token's own identifier (section 4.1.7).
    public let jwtID: String?
    /// All claims in their order.
    public let raw: JSONObject

    /// Reads the claims in `payload`.
    ///
    /// - Throws: ``ClaimsError``, one case for each misdeed.
    public init(payload: [UInt8]) throws(ClaimsError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSON.parse(payload) } catch {
            throw .notJSON(reason: "\(error)".printable)
        }
        guard let object = value.object else { throw .notAnObject }
        issuer = try Self.text("iss", in: object)
        subject = try Self.text("sub", in: object)
        audience = try Self.texts("aud", in: object)
        expiration = try Self.time("exp", in: object, rounding: .down)
        notBefore = try Self.time("nbf", in: object, rounding: .up)
        issuedAt = try Self.time("iat", in: object, rounding: .down)
        jwtID = try Self.text("jti", in: object)
        raw = object
    }

    /// The claim called `name`, or nil when there is none.
    public func claim(_ name: String) -> JSONValue? { raw[name] }

    private static func text(_ name: String, in object: JSONObject) throws(ClaimsError) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string else { throw .wrongType(claim: name) }
        return text
    }

    private static func texts(_ name: String, in object: JSONObject) throws(ClaimsError) -> [String] {
        guard let value = object[name] else { return [] }
        if let text = value.string { return [text] }
        guard let values = value.array else { throw .wrongType(claim: name) }
        var texts: [String] = []
        for value in values {
            guard let text = value.string else { throw .wrongType(claim: name) }
            texts.append(text)
        }
        return texts
    }

    /// 9999-12-31 23:59:59 UTC, the last time that calendars agree on.
    private static let latest: Int64 = 253_402_300_799

    /// A NumericDate (section 2): an integer or a real number, which JSON doesn't tell apart.
    private static func time(
        _ name: String, in object: JSONObject, rounding: FloatingPointRoundingRule
    ) throws(ClaimsError) -> UnixTime? {
        guard let value = object[name] else { return nil }
        let seconds: Int64
        switch value {
        case .integer(let number):
            seconds = number
        case .real(let number):
            // The range comes first: converting a larger number would stop the process. NaN is in no range.
            guard (0...Double(latest)).contains(number) else { throw .timeOutOfRange(claim: name) }
            seconds = Int64(number.rounded(rounding))
        default: throw .wrongType(claim: name)
        }
        guard (0...latest).contains(seconds) else { throw .timeOutOfRange(claim: name) }
        return UnixTime(seconds: seconds)
    }
}
