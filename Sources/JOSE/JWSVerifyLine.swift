internal import JSON

/// The work behind `secure-proxy jws verify`: one question a line in, one answer a line out.
///
/// A question is a JSON object of one of three forms:
/// - `{"jws": "…", "jwk": {…}}`: is the token signed by this key? What either is called (`kid`) doesn't matter.
/// - `{"jws": "…", "jwks": {"keys": […]}}`: is it signed by the one key of the set that it means?
/// - `{"alg": "…", "jwk": {…}, "msg": "hex", "sig": "hex"}`: is `sig` a signature of `msg`? ECDSA signatures are r and s
///   one after the other, as in a JWS.
///
/// The answer is `{"valid": true}`, or `{"valid": false, "reason": "…"}`, also to a question that can't be understood.
/// Only signature and header are judged, by the rules of the gate save one: any `typ` and `cty` will do, because the
/// payload may be anything.
public enum JWSVerifyLine {
    /// The longest question, in bytes. Token and keys share it.
    public static let maxBytes = 1024 * 1024

    /// Answers the question in `line`.
    ///
    /// - Returns: The answer as UTF-8, without a line's end.
    public static func answer(_ line: [UInt8]) -> [UInt8] {
        do throws(Refusal) {
            try judge(line)
            return JSON.serialize(["valid": true])
        } catch {
            return JSON.serialize(["valid": false, "reason": .string(error.reason)])
        }
    }

    /// Answers the question in `line`, see ``answer(_:)-([UInt8])``.
    public static func answer(_ line: String) -> String {
        String(decoding: answer(Array(line.utf8)), as: UTF8.self)
    }

    /// A "no" with its reason.
    private struct Refusal: Error {
        let reason: String

        init(_ reason: String) { self.reason = reason }
    }

    private static func judge(_ line: [UInt8]) throws(Refusal) {
        let question: JSONValue
        do throws(JSONError) { question = try JSON.parse(line, limit: maxBytes) } catch {
            throw Refusal("the question isn't acceptable JSON: \("\(error)".printable)")
        }
        guard let members = question.object else { throw Refusal("the question isn't a JSON object") }
        switch (members["jws"], members["jwk"], members["jwks"]) {
        case (let jws?, let jwk?, nil): try judge(token(jws), key(jwk))
        case (let jws?, nil, let jwks?): try judge(token(jws), keySet(jwks))
        case (nil, let jwk?, nil): try judgeBare(members, key(jwk))
        case (_, _?, _?): throw Refusal("the question has both \"jwk\" and \"jwks\"")
        case (_?, nil, nil): throw Refusal("the question has neither \"jwk\" nor \"jwks\"")
        case (nil, _, _): throw Refusal("the question has no \"jws\"")
        }
    }

    private static func judge(_ jws: JWS, _ key: JWK) throws(Refusal) {
        do throws(JOSEError) { try verifier.verify(jws, with: key) } catch { throw Refusal("\(error)") }
    }

    private static func judge(_ jws: JWS, _ keys: JWKSet) throws(Refusal) {
        do throws(JOSEError) { try verifier.verify(jws, with: keys) } catch {
            // A key that was left out is the likely reason for finding none.
            guard error.mayBeCuredByFreshKeys, error != .badSignature, !keys.skipped.isEmpty else {
                throw Refusal("\(error)")
            }
            let causes = keys.skipped.prefix(4).map { "key \($0.index): \($0.reason)" }
            throw Refusal("\(error); \(keys.skipped.count) skipped (\(causes.joined(separator: "; ")))")
        }
    }

    private static func judgeBare(_ members: JSONObject, _ key: JWK) throws(Refusal) {
        guard let name = members["alg"]?.string else { throw Refusal("the question has no text \"alg\"") }
        guard let algorithm = Algorithm(name: name) else { throw Refusal("\(JOSEError.unsupportedAlgorithm(name))") }
        guard let message = members["msg"]?.string.flatMap(Hexadecimal.decode) else {
            throw Refusal("the question has no hexadecimal \"msg\"")
        }
        guard let signature = members["sig"]?.string.flatMap(Hexadecimal.decode) else {
            throw Refusal("the question has no hexadecimal \"sig\"")
        }
        guard key.admits(algorithm) else { throw Refusal("the key is not for \(algorithm.rawValue)") }
        guard key.key.verifies(signature, of: message, algorithm: algorithm) else {
            throw Refusal("\(JOSEError.badSignature)")
        }
    }

    private static func token(_ value: JSONValue) throws(Refusal) -> JWS {
        if value.object != nil { throw Refusal("\(JWSError.jsonSerialization)") }
        guard let compact = value.string else { throw Refusal("the question's \"jws\" isn't text") }
        do throws(JWSError) { return try JWS(compact: compact, limits: JWS.Limits(maxBytes: maxBytes)) } catch {
            throw Refusal("\(error)")
        }
    }

    private static func key(_ value: JSONValue) throws(Refusal) -> JWK {
        do throws(JWKError) { return try JWK(json: value) } catch { throw Refusal("\(error)") }
    }

    private static func keySet(_ value: JSONValue) throws(Refusal) -> JWKSet {
        // Ignored, not refused: operators ask about their own keys.
        do throws(JWKSetError) { return try JWKSet(json: value, privateMembers: .ignored) } catch {
            throw Refusal("\(error)")
        }
    }

    private static let verifier = SignatureVerifier(types: .any)
}

/// Hexadecimal text, two digits a byte, upper or lower case.
enum Hexadecimal {
    /// The bytes that `text` spells, or nil when it isn't hexadecimal.
    static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
