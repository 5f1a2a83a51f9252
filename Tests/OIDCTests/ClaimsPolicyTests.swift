import Bytes
import JOSE
import JSON
import Testing

@testable import OIDC

/// One test a rule.
@Suite("ClaimsPolicy: what a verified token must say")
struct ClaimsPolicyTests {
    private let now = TestProvider.time.seconds

    private func judge(
        _ changes: JSONValue = [:], header: JSONValue = ["alg": "RS256", "typ": "JWT"],
        _ adjust: (inout ClaimsPolicy) -> Void = { _ in }
    ) throws -> GateRefusal? {
        var policy = ClaimsPolicy()
        adjust(&policy)
        let claims = try ClaimsSet(payload: JSON.serialize(TestProvider.claims(changes)))
        let header = try JOSEHeader(json: JSON.serialize(header))
        let refusal = policy.refusal(of: claims, header: header, issuer: TestProvider.issuer, at: TestProvider.time)
        // The report's words must never tell another story than the gate.
        let checks = policy.explain(
            .init(claims: claims, header: header, issuer: TestProvider.issuer, time: TestProvider.time))
        #expect(checks.first { $0.refusal != nil }?.refusal == refusal)
        #expect(checks.allSatisfy { ($0.refusal != nil) == ($0.verdict == .failed) })
        return refusal
    }

    @Test("a plain token passes the default policy")
    func plain() throws { #expect(try judge() == nil) }

    // MARK: typ

    @Test(
        "typ of an access token, in any case, with or without application/",
        arguments: ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "application/jwt"])
    func type(typ: String) throws {
        #expect(try judge(header: ["alg": "RS256", "typ": .string(typ)]) == nil)
    }

    @Test(
        "RFC 8725 section 3.11: tokens for other purposes",
        arguments: ["logout+jwt", "dpop+jwt", "secevent+jwt", "", "JOSE"])
    func wrongType(typ: String) throws {
        #expect(try judge(header: ["alg": "RS256", "typ": .string(typ)]) == .wrongType)
        #expect(try judge(header: ["alg": "RS256", "typ": .string(typ)]) { $0.types = [] } == nil)
    }

    @Test("a missing typ is accepted unless the policy says otherwise")
    func missingType() throws {
        #expect(try judge(header: ["alg": "RS256"]) == nil)
        #expect(try judge(header: ["alg": "RS256"]) { $0.typeMayBeMissing = false } == .wrongType)
        #expect(
            try judge(header: ["alg": "RS256", "typ": "application/at+jwt"]) {
                ($0.types, $0.typeMayBeMissing) = (["application/AT+JWT"], false)
            } == nil)
    }

    // MARK: iss

    @Test(
        "iss is compared exactly",
        arguments: [
            nil, "", "https://idp.example", "https://idp.example/awsexample/", "https://IDP.example/awsexample",
            "https://idp.example/awsexample ", "https://evil.example/awsexample",
            "https://idp.example/aws\u{200B}example",
        ] as [JSONValue])
    func issuer(iss: JSONValue) throws { #expect(try judge(["iss": iss]) == .wrongIssuer) }

    // MARK: aud

    @Test("aud: one of several expected, in a text or an array")
    func audience() throws {
        for aud in ["b", ["b"], ["x", "b"], ["a", "b"]] as [JSONValue] {
            #expect(try judge(["aud": aud]) { $0.audience = ["a", "b"] } == nil)
        }
        for aud in [nil, "c", [], ["c"], "B", "a b", ["a b"]] as [JSONValue] {
            #expect(try judge(["aud": aud]) { $0.audience = ["a", "b"] } == .wrongAudience)
        }
    }

    @Test("an empty list of audiences isn't checked")
    func anyAudience() throws {
        #expect(try judge(["aud": nil]) == nil)
        #expect(try judge(["aud": "whoever"]) == nil)
    }

    @Test("Cognito has client_id, Keycloak azp: other claims count for the audience when named")
    func audienceClaims() throws {
        #expect(try judge(["aud": nil, "client_id": "app"]) { $0.audience = ["app"] } == .wrongAudience)
        #expect(
            try judge(["aud": nil, "client_id": "app"]) { ($0.audience, $0.audienceClaims) = (["app"], ["client_id"]) }
                == nil)
        #expect(
            try judge(["aud": "account", "azp": "app"]) {
                ($0.audience, $0.audienceClaims) = (["app"], ["aud", "azp"])
            }
                == nil)
        #expect(
            try judge(["aud": "account", "azp": 7]) { ($0.audience, $0.audienceClaims) = (["app"], ["aud", "azp"]) }
                == .wrongAudience)
    }

    // MARK: exp, nbf, iat

    @Test("exp is required")
    func noExpiry() throws { #expect(try judge(["exp": nil]) == .noExpiry) }

    @Test(
        "RFC 7519 section 4.1.4: valid before exp only, and the leeway longer",
        arguments: [(3600, true), (1, true), (0, true), (-59, true), (-60, false), (-61, false), (-1_000_000, false)]
            as [(Int64, Bool)])
    func expiry(offset: Int64, passes: Bool) throws {
        #expect(try judge(["exp": .integer(now + offset)]) == (passes ? nil : .expired))
    }

    @Test("exp as a real number with a fraction")
    func realExpiry() throws {
        #expect(try judge(["exp": .real(Double(now) + 0.5)]) { $0.leeway = 0 } == .expired, "never later than written")
        #expect(try judge(["exp": .real(Double(now) + 1.5)]) { $0.leeway = 0 } == nil)
    }

    @Test(
        "nbf and iat must have come, give or take the leeway",
        arguments: [(-3600, true), (0, true), (60, true), (61, false), (1_000_000, false)] as [(Int64, Bool)])
    func notBefore(offset: Int64, passes: Bool) throws {
        #expect(try judge(["nbf": .integer(now + offset)]) == (passes ? nil : .notYetValid))
        #expect(try judge(["iat": .integer(now + offset)]) == (passes ? nil : .issuedInFuture))
        // As a float: Jansson's integer reader would see 0.
        #expect(try judge(["nbf": .real(Double(now + offset))]) == (passes ? nil : .notYetValid))
    }

    @Test("nbf and iat may be missing")
    func noTimes() throws { #expect(try judge(["nbf": nil, "iat": nil]) == nil) }

    @Test("the leeway is the operator's, never negative, and can't overflow")
    func leeway() throws {
        #expect(try judge(["exp": .integer(now)]) { $0.leeway = 0 } == .expired)
        #expect(try judge(["exp": .integer(now - 299)]) { $0.leeway = 300 } == nil)
        #expect(try judge(["exp": .integer(now + 1)]) { $0.leeway = -50 } == nil)
        #expect(try judge(["exp": 1, "nbf": 253_402_300_799]) { $0.leeway = .max } == nil)
    }

    // MARK: token_use, claims, scopes

    @Test("Cognito: token_use tells access tokens from ID tokens")
    func tokenUse() throws {
        #expect(try judge(["token_use": "access"]) { $0.tokenUses = ["access"] } == nil)
        #expect(try judge(["token_use": "id"]) { $0.tokenUses = ["access"] } == .wrongTokenUse)
        #expect(try judge { $0.tokenUses = ["access"] } == .wrongTokenUse)
        #expect(try judge(["token_use": "id"]) == nil)
    }

    @Test("required claims: there, with an accepted value, alone or in an array")
    func claims() throws {
        func require(_ name: String, _ accepted: [JSONValue], of changes: JSONValue) throws -> GateRefusal? {
            try judge(changes) { $0.claims = [.init(name: name, accepted: accepted)] }
        }
        #expect(try require("tenant", [], of: ["tenant": "x"]) == nil)
        #expect(try require("tenant", [], of: ["tenant": false]) == nil)
        #expect(try require("tenant", [], of: [:]) == .missingClaim(name: "tenant"))
        #expect(try require("tenant", ["a", "b"], of: ["tenant": "b"]) == nil)
        #expect(try require("tenant", ["a", "b"], of: ["tenant": ["z", "a"]]) == nil)
        #expect(try require("tenant", ["a", "b"], of: ["tenant": "c"]) == .wrongClaim(name: "tenant"))
        #expect(try require("tenant", ["a"], of: ["tenant": []]) == .wrongClaim(name: "tenant"))
        #expect(try require("tenant", ["a"], of: [:]) == .missingClaim(name: "tenant"))
        #expect(try require("verified", [true], of: ["verified": "true"]) == .wrongClaim(name: "verified"))
        #expect(try require("level", [2], of: ["level": 2]) == nil)
        #expect(try require("realm_access.roles", ["ops"], of: ["realm_access": ["roles": ["dev", "ops"]]]) == nil)
    }

    @Test("a claim that is null isn't there")
    func nullClaim() throws {
        var policy = ClaimsPolicy()
        policy.claims = [.init(name: "tenant")]
        let payload = Array(#"{"iss":"\#(TestProvider.issuer)","exp":\#(now + 60),"tenant":null}"#.utf8)
        let refusal = policy.refusal(
            of: try ClaimsSet(payload: payload), header: try JOSEHeader(json: Array(#"{"alg":"RS256"}"#.utf8)),
            issuer: TestProvider.issuer, at: TestProvider.time)
        #expect(refusal == .missingClaim(name: "tenant"))
    }

    @Test("required scopes must all have been granted")
    func scopes() throws {
        #expect(try judge(["scope": "a b c"]) { $0.scopes = ["c", "a"] } == nil)
        #expect(try judge(["scope": "a b"]) { $0.scopes = ["a", "c"] } == .missingScope(name: "c"))
        #expect(try judge(["scp": ["a", "c"]]) { $0.scopes = ["a", "c"] } == nil)
        #expect(try judge { $0.scopes = ["a"] } == .missingScope(name: "a"))
    }

    // MARK: Order

    @Test("the order of the rules: a bad token is told before one that grants too little")
    func order() throws {
        // Each step repairs the failure that was told, so the next one shows.
        let steps: [(String, JSONValue, GateRefusal)] = [
            ("iss", .string(TestProvider.issuer), .wrongIssuer), ("aud", "app", .wrongAudience),
            ("exp", .integer(now + 60), .expired), ("nbf", .integer(now), .notYetValid),
            ("iat", .integer(now), .issuedInFuture), ("token_use", "access", .wrongTokenUse),
            ("tenant", "x", .wrongClaim(name: "tenant")), ("scope", "read", .missingScope(name: "read")),
        ]
        var changes: JSONObject = [
            "iss": "x", "aud": "x", "exp": 1, "nbf": .integer(now + 999), "iat": .integer(now + 999), "token_use": "x",
            "tenant": "y",
        ]
        func verdict(typ: JSONValue) throws -> GateRefusal? {
            try judge(.object(changes), header: ["alg": "RS256", "typ": typ]) {
                ($0.audience, $0.tokenUses, $0.scopes) = (["app"], ["access"], ["read"])
                $0.claims = [.init(name: "tenant", accepted: ["x"])]
            }
        }
        #expect(try verdict(typ: "dpop+jwt") == .wrongType)
        for (name, repaired, refusal) in steps {
            #expect(try verdict(typ: "JWT") == refusal)
            changes[name] = repaired
        }
        #expect(try verdict(typ: "JWT") == nil)
    }
}
