import JSON
import Settings
import Testing

@Suite struct OIDCSettingsTests {
    @Test func everythingCanBeSaid() throws {
        let oidc = try load(
            #"""
            {"oidc": {"discovery": "https://id.example.com/x", "jwksURI": "https://keys.example.com/k", "issuer": "me",
                "audience": "app", "audienceClaim": ["aud", "client_id"], "algorithms": ["ES256", "EdDSA"],
                "tokenTypes": [], "tokenTypeRequired": true, "tokenUse": "access", "leeway": 0, "rejectStatus": "401", "realm": "the app",
                "tokenSources": ["header", "cookie", "query", "subprotocol"], "cookie": "sid",
                "requiredScopes": ["a", "b"], "requiredClaims": {"azp": "x"}, "cooldown": 10, "minAge": 0, "maxAge": "1d",
                "discoveryMaxAge": "2d", "staleFor": 0, "fetchTimeout": "250ms", "ca": "ca.pem",
                "certificate": "c.pem", "key": "k.pem", "endWithToken": false, "endGrace": "1m", "verdictCacheSize": 0}}
            """#
        ).oidc
        #expect(oidc.discovery?.text == "https://id.example.com/x")
        #expect(oidc.jwksURI?.host == "keys.example.com")
        #expect(oidc.issuer == "me")
        #expect(oidc.policy.audience == ["app"])
        #expect(oidc.audienceClaim == ["aud", "client_id"])
        #expect(oidc.algorithms == [.es256, .edDSA])
        #expect(oidc.tokenTypes.isEmpty)
        #expect(oidc.tokenTypeRequired)
        #expect(oidc.tokenUse == ["access"])
        #expect(oidc.leeway == .zero)
        #expect(oidc.rejectStatus.code == 401)
        #expect(oidc.realm == "the app")
        #expect(oidc.tokenSources == [.header, .cookie, .query, .subprotocol])
        #expect(oidc.cookie == "sid")
        #expect(oidc.policy.requiredScopes == ["a", "b"])
        #expect(oidc.policy.requiredClaims == [ClaimRequirement(name: "azp", values: ["x"])])
        #expect(oidc.cooldown == .seconds(10))
        #expect(oidc.minAge == .zero)
        #expect(oidc.maxAge == .seconds(86_400))
        #expect(oidc.discoveryMaxAge == .seconds(2 * 86_400))
        #expect(oidc.staleFor == .zero)
        #expect(oidc.fetchTimeout == .milliseconds(250))
        #expect([oidc.ca, oidc.certificate, oidc.key] == ["ca.pem", "c.pem", "k.pem"])
        #expect(!oidc.endWithToken)
        #expect(oidc.endGrace == .seconds(60))
        #expect(oidc.verdictCacheSize == 0)
    }

    @Test func aShortMaxAgeAloneSaysEnough() throws {
        let oidc = try load(#"{"oidc": {"discovery": "https://id.example.com/x", "maxAge": 10}}"#).oidc
        #expect(oidc.maxAge == .seconds(10))
        #expect(oidc.minAge == .seconds(10))
    }

    @Test(arguments: ["none", "None", "NONE", "HS256", "HS384", "HS512"])
    func algorithmsWithoutPublicKeyHaveNoName(name: String) throws {
        #expect(throws: SettingsErrors.self) {
            try load(#"{"oidc": {"discovery": "https://id.example.com/x", "algorithms": ["RS256", "\#(name)"]}}"#)
        }
        #expect(TokenAlgorithm(rawValue: name) == nil)
    }
}
