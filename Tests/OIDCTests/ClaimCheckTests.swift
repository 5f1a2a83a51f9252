import JOSE
import JSON
import Testing

@testable import OIDC

@Suite("ClaimCheck: one question, its answer in words")
struct ClaimCheckTests {
    private func checks(_ changes: JSONValue, _ adjust: (inout ClaimsPolicy) -> Void) throws -> [ClaimCheck] {
        var policy = ClaimsPolicy()
        adjust(&policy)
        return policy.explain(
            .init(
                claims: try ClaimsSet(payload: JSON.serialize(TestProvider.claims(changes))),
                header: try JOSEHeader(json: Array(#"{"alg":"RS256"}"#.utf8)), issuer: TestProvider.issuer,
                time: TestProvider.time))
    }

    @Test("required claims and scopes: one check each, with what was wanted and found")
    func lists() throws {
        let checks = try checks(["tenant": ["a", 1], "scope": "x y"]) {
            $0.claims = [.init(name: "tenant", accepted: ["b", 1]), .init(name: "org"), .init(name: "sub")]
            $0.scopes = ["x", "z"]
        }.suffix(5)
        #expect(checks.map(\.name) == ["tenant", "org", "sub", "scope", "scope"])
        #expect(checks.map(\.verdict) == [.passed, .failed, .passed, .passed, .failed])
        #expect(checks.map(\.expected) == [#"one of "b", 1"#, "any value", "any value", #""x""#, #""z""#])
        #expect(checks.map(\.found) == [#"["a",1]"#, "missing", #""user-1""#, #""x", "y""#, #""x", "y""#])
        #expect(checks.last?.words == #"the token lacks the required scope "z""#)
        #expect(checks.last?.refusal == .missingScope(name: "z"))
    }

    @Test("what the policy doesn't ask is said to be so")
    func notAsked() throws {
        let checks = try checks([:]) { $0.types = [] }
        #expect(checks.filter { $0.verdict == .notChecked }.map(\.name) == ["typ", "aud", "token_use"])
        #expect(checks.first { $0.name == "aud" }?.words.contains("issued for anyone") == true)
    }

    @Test("a missing exp is a failure, a missing nbf is none")
    func missingTimes() throws {
        let checks = try checks(["exp": nil, "nbf": nil, "iat": nil]) { _ in }
        let missing = checks.filter { $0.found == "missing" }
        #expect(missing.map(\.name) == ["typ", "exp", "nbf", "iat", "token_use"])
        #expect(missing.map(\.verdict) == [.passed, .failed, .notChecked, .notChecked, .notChecked])
    }
}
