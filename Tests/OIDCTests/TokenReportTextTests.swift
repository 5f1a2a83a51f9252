import Bytes
import JOSE
import JSON
import Testing

@testable import OIDC

@Suite("TokenReportText: the report as it is printed")
struct TokenReportTextTests {
    private func report(_ token: String, _ policy: ClaimsPolicy = ClaimsPolicy()) throws -> TokenReport {
        TokenReport(
            token: Array(token.utf8), keys: try KeyCache.keySet(in: TestProvider.keySet(TestKey.first.jwk(kid: "k1"))),
            issuer: TestProvider.issuer, policy: policy, at: TestProvider.time)
    }

    @Test("the whole text of a refusal")
    func text() throws {
        var policy = ClaimsPolicy()
        policy.audience = ["app"]
        policy.audienceClaims = ["aud", "azp"]
        let claims = TestProvider.claims(["exp": .integer(TestProvider.time.seconds - 61), "nbf": nil])
        let text = try report(TestProvider.token(claims), policy).text
        #expect(
            text == """
                ok    form: the token can be taken apart
                        expected: a signed token in compact form, at most 16384 bytes
                        found:    \(TestProvider.token(claims).utf8.count) bytes
                ok    signature: the signature is good (RSA key of 2048 bits)
                        expected: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, by a key of the provider
                        found:    RS256, kid "k1"
                ok    typ: the type is that of an access token
                        expected: one of "JWT", "at+jwt" or none
                        found:    "JWT"
                ok    iss: the token comes from the provider
                        expected: "https://idp.example/awsexample"
                        found:    "https://idp.example/awsexample"
                FAIL  aud or azp: the token is meant for another audience
                        expected: one of "app"
                        found:    aud: ["default"]; azp: missing
                FAIL  exp: the token has expired
                        expected: later than 2027-01-15T08:00:00Z, with a leeway of 1 min
                        found:    2027-01-15T07:58:59Z, 1 min 1 s ago
                -     nbf: the token doesn't say, and needn't
                        expected: not later than 2027-01-15T08:00:00Z, with a leeway of 1 min
                        found:    missing
                ok    iat: the token was issued in the past
                        expected: not later than 2027-01-15T08:00:00Z, with a leeway of 1 min
                        found:    2027-01-15T08:00:00Z, now
                -     token_use: the policy doesn't ask for it
                        expected: anything
                        found:    missing
                not looked at: "sub", "jti"
                verdict: refused: the token is meant for another audience

                """)
    }

    @Test("the same for machines")
    func json() throws {
        let json = try report(TestProvider.token(TestProvider.claims(["exp": 1]))).json
        #expect(json["verdict"] == "refused")
        #expect(json["error"] == "invalid_token")
        #expect(json["reason"] == "the token has expired")
        #expect(json["notLookedAt"] == ["sub", "jti"])
        let checks = try #require(json["checks"]?.array)
        #expect(checks.count == 9)
        #expect(checks[5]["name"] == "exp")
        #expect(checks[5]["verdict"] == "failed")
        #expect(checks[5]["found"]?.string?.hasPrefix("1970-01-01T00:00:01Z") == true)
        let good = try report(TestProvider.token()).json
        #expect(good["verdict"] == "admitted")
        #expect(good["error"] == .null)
    }

    @Test("neither form shows the token, or lets it write to the terminal")
    func harmless() throws {
        let claims = TestProvider.claims(["aud": "\u{1B}[2J\u{202E}", "x\ny": 1])
        let token = TestProvider.token(claims, kid: "k1", header: ["kid": "\u{7}bell"])
        let report = try report(token)
        for text in [report.text, JSON.text(report.json)] {
            for part in token.split(separator: ".") { #expect(!text.contains(part)) }
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E })
        }
        #expect(!report.text.contains("x\ny"))
    }

    @Test("the same input gives the same text")
    func deterministic() throws {
        let token = TestProvider.token()
        #expect(try report(token).text == report(token).text)
    }
}
