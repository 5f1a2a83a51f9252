public import Bytes
public import JOSE
internal import JSON

/// The answer of `secure-proxy token check`: one token held against one policy, check by check, in words.
///
/// It asks what the gate asks, in the same order and with the same code, but doesn't stop at the first failure. It shows
/// what the token says, and never the token itself.
public struct TokenReport: Sendable, Equatable {
    /// What it comes to.
    public enum Verdict: Sendable, Equatable {
        /// The gate would let the token in.
        case admitted
        /// The gate would refuse it, for this reason.
        case refused(GateRefusal)
        /// Everything that could be checked is right, but the signature couldn't be, for want of keys.
        case undecided
    }

    /// The checks in the order of the gate.
    public let checks: [ClaimCheck]
    /// The names of the claims that no check looked at.
    public let otherClaims: [String]

    /// What it comes to: the first failure decides, as at the gate.
    public var verdict: Verdict {
        for check in checks {
            if let refusal = check.refusal { return .refused(refusal) }
        }
        return checks.contains { $0.name == "signature" && $0.verdict == .notChecked } ? .undecided : .admitted
    }

    /// Checks `token`.
    ///
    /// - Parameters:
    ///   - token: The compact token, without white space around it.
    ///   - keys: The provider's keys; nil to look at the claims only.
    ///   - issuer: The provider's issuer.
    ///   - policy: What the listener demands.
    ///   - algorithms: The signature algorithms that are accepted.
    ///   - maxTokenBytes: The longest token taken.
    ///   - time: Now.
    public init(
        token: [UInt8], keys: JWKSet?, issuer: String, policy: ClaimsPolicy,
        algorithms: Set<Algorithm> = Set(Algorithm.allCases), maxTokenBytes: Int = TokenSources.defaultMaxTokenBytes,
        at time: UnixTime
    ) {
        var checks: [ClaimCheck] = []
        var otherClaims: [String] = []
        do throws(GateRefusal) {
            let jws = try Self.parse(token, limit: maxTokenBytes, &checks)
            checks.append(Self.signature(jws, keys, algorithms))
            let claims = try Self.claims(jws, &checks)
            checks += policy.explain(.init(claims: claims, header: jws.header, issuer: issuer, time: time))
            // A way into an object looks at the claim that it begins with.
            let looked = Set(
                policy.claimsLookedAt.flatMap { [$0, $0.split(separator: ".").first.map(String.init) ?? $0] })
            otherClaims = claims.raw.keys.filter { !looked.contains($0) }
        } catch {
            // Its check is there already; what would follow can't be asked.
        }
        self.checks = checks
        self.otherClaims = otherClaims
    }

    private static func parse(_ token: [UInt8], limit: Int, _ checks: inout [ClaimCheck]) throws(GateRefusal) -> JWS {
        let expected = "a signed token in compact form, at most \(limit) bytes"
        let found = "\(token.count) bytes"
        do throws(GateRefusal) {
            guard token.count <= limit else { throw .tokenTooLarge(limit: limit) }
            let jws = try TokenGate.parse(token)
            checks.append(ClaimCheck("form", expected: expected, found: found, .passed, "the token can be taken apart"))
            return jws
        } catch {
            checks.append(ClaimCheck("form", expected: expected, found: found, refusal: error, ""))
            throw error
        }
    }

    private static func signature(_ jws: JWS, _ keys: JWKSet?, _ algorithms: Set<Algorithm>) -> ClaimCheck {
        let names = Algorithm.allCases.filter(algorithms.contains).map(\.rawValue).joined(separator: ", ")
        let expected = "\(names), by a key of the provider"
        let kid = jws.header.kid.map { "kid \(Printable.quoted($0))" } ?? "no kid"
        let found = "\(Printable.text(jws.header.alg)), \(kid)"
        do throws(JOSEError) {
            let verifier = SignatureVerifier(algorithms: algorithms, types: .any)
            let key = try verifier.verify(jws, with: keys ?? JWKSet(keys: []))
            return ClaimCheck(
                "signature", expected: expected, found: found, .passed, "the signature is good (\(key.key.type))")
        } catch {
            guard keys == nil, error.mayBeCuredByFreshKeys else {
                return ClaimCheck("signature", expected: expected, found: found, refusal: .signature(error), "")
            }
            return ClaimCheck(
                "signature", expected: expected, found: found, .notChecked,
                "there are no keys to verify it with: nothing below is proven")
        }
    }

    private static func claims(_ jws: JWS, _ checks: inout [ClaimCheck]) throws(GateRefusal) -> ClaimsSet {
        do throws(ClaimsError) { return try ClaimsSet(payload: jws.payload) } catch {
            let refusal = GateRefusal.malformedClaims(error)
            checks.append(
                ClaimCheck(
                    "payload", expected: "a JSON object of claims", found: "\(jws.payload.count) bytes",
                    refusal: refusal, ""))
            throw refusal
        }
    }
}

extension ClaimsPolicy {
    /// The claims that some rule looks at.
    fileprivate var claimsLookedAt: [String] {
        ["iss", "exp", "nbf", "iat", "token_use"] + audienceClaims + claims.map(\.name)
            + (scopes.isEmpty ? [] : ["scope", "scp"])
    }
}
