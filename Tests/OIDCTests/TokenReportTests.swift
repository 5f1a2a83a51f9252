import Bytes
import HTTP1
import JOSE
import JSON
import Testing

@testable import OIDC

@Suite("TokenReport: a token held against a policy, in words")
struct TokenReportTests {
    private var keys: JWKSet {
        get throws { try KeyCache.keySet(in: TestProvider.keySet(TestKey.first.jwk(kid: "k1"))) }
    }

    private func report(_ token: String, keys: JWKSet?, _ policy: ClaimsPolicy = ClaimsPolicy()) -> TokenReport {
        TokenReport(
            token: Array(token.utf8), keys: keys, issuer: TestProvider.issuer, policy: policy, at: TestProvider.time)
    }

    @Test("a good token: every check passed or not asked")
    func good() throws {
        let report = report(TestProvider.token(), keys: try keys)
        #expect(report.verdict == .admitted)
        #expect(
            report.checks.map { "\($0.name) \($0.verdict.rawValue)" } == [
                "form passed", "signature passed", "typ passed", "iss passed", "aud not checked", "exp passed",
                "nbf passed", "iat passed", "token_use not checked",
            ])
        #expect(report.otherClaims == ["sub", "jti"])
    }

    @Test("it doesn't stop at the first failure; the first one decides")
    func severalFailures() throws {
        let claims = TestProvider.claims(["iss": "https://other.example", "exp": 1, "aud": "x"])
        var policy = ClaimsPolicy()
        (policy.audience, policy.scopes) = (["app"], ["read", "write"])
        let report = report(TestProvider.token(claims), keys: try keys, policy)
        #expect(report.verdict == .refused(.wrongIssuer))
        #expect(report.checks.filter { $0.verdict == .failed }.map(\.name) == ["iss", "aud", "exp", "scope", "scope"])
    }

    @Test("without keys the claims are explained, and the verdict stays open unless they fail")
    func withoutKeys() {
        let good = report(TestProvider.token(), keys: nil)
        #expect(good.verdict == .undecided)
        #expect(good.checks.first { $0.name == "signature" }?.verdict == .notChecked)
        let bad = report(TestProvider.token(TestProvider.claims(["exp": 1])), keys: nil)
        #expect(bad.verdict == .refused(.expired))
        #expect(
            report(TestProvider.token(header: ["alg": "none"]), keys: nil).verdict
                == .refused(.signature(.unsupportedAlgorithm("none"))))
    }

    @Test("what can't be taken apart ends the report with its reason")
    func malformed() throws {
        let text = report("garbage", keys: try keys)
        #expect(text.verdict == .refused(.malformedToken(.wrongPartCount(1))))
        #expect(text.checks.map(\.name) == ["form"])
        let large = report(String(repeating: "a", count: 16_385), keys: try keys)
        #expect(large.verdict == .refused(.tokenTooLarge(limit: 16_384)))
        let payload = report(TestProvider.token("text"), keys: try keys)
        #expect(payload.verdict == .refused(.malformedClaims(.notAnObject)))
        #expect(payload.checks.map(\.name) == ["form", "signature", "payload"])
    }

    @Test("the report comes to what the gate answers")
    func sameAsGate() throws {
        var cache = KeyCache(source: .keys(TestProvider.keysURL, issuer: TestProvider.issuer), at: at(0))
        _ = cache.advance(at: at(0))
        _ = cache.finish(TestProvider.answer(TestProvider.keySet(TestKey.first.jwk(kid: "k1"))), at: at(0))
        var policy = ClaimsPolicy()
        (policy.audience, policy.scopes, policy.tokenUses) = (["app"], ["read"], ["access"])
        policy.claims = [.init(name: "realm_access.roles", accepted: ["ops"])]
        let changes: [JSONValue] = [
            [:], ["iss": "x"], ["aud": "x"], ["exp": nil], ["exp": 1], ["exp": "x"],
            ["nbf": .integer(TestProvider.time.seconds + 100)], ["iat": .integer(TestProvider.time.seconds + 100)],
            ["scope": "x"], ["token_use": "id"], ["realm_access": nil], ["realm_access": ["roles": ["dev"]]],
        ]
        for change in changes {
            var claims: JSONObject = [
                "aud": "app", "scope": "read", "token_use": "access", "realm_access": ["roles": ["ops"]],
            ]
            for (name, value) in change.object ?? [:] { claims[name] = value }
            let body = TestProvider.claims(.object(claims))
            for token in [
                TestProvider.token(body), TestProvider.token(body, key: .second), TestProvider.token(body, kid: "k9"),
                TestProvider.token(body, typ: "dpop+jwt"), TestProvider.token(body, header: ["cty": "JWT"]),
            ] {
                var gate = TokenGate(keys: cache)
                let presented = PresentedToken(bytes: Array(token.utf8), source: .header, subprotocols: [])
                let verdict = gate.judge(
                    presented, policy: policy, at: at(1), time: TestProvider.time, afterRefresh: true)
                switch report(token, keys: try keys, policy).verdict {
                case .refused(let refusal): #expect(verdict == .refused(refusal))
                case .admitted: if case .admitted = verdict {} else { Issue.record("\(change): \(verdict)") }
                case .undecided: Issue.record("undecided with keys at hand")
                }
            }
        }
    }
}
