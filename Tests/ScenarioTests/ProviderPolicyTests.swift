// What a token must say: issuer, audience, times, scopes, claims, each refused by its name; and providers over HTTPS.
import BridgeClient
import JSON
import MockServers
import System
import TLS
import TestSupport
import Testing

@Suite struct ProviderPolicyTests {
    /// One daemon with listeners of different policies.
    static let scene = Result {
        try ProviderScene { settings in
            guard let port = settings["backend", "port"]?.integer else { return }
            let port16 = UInt16(clamping: port)
            settings.addBridge("scoped", port: port16, entry: ["requiredScopes": ["bridge:open", "bridge:write"]])
            settings.addBridge(
                "claimed", port: port16,
                entry: ["requiredClaims": ["groups": ["staff", "admins"], "tier": [1, 2], "active": true]])
            settings.addBridge("others", port: port16, entry: ["audience": ["another-api", "third-api"]])
            settings.addBridge("anyone", port: port16, entry: ["audience": []])
        }
    }

    static let badToken = Admission.refused(status: 403, retryAfter: nil, error: "invalid_token")
    static let tooLittle = Admission.refused(status: 403, retryAfter: nil, error: "insufficient_scope")

    /// A change of the claims, at a listener, and what comes of it.
    static let cases: [(bridge: String, claims: JSONValue, expected: Admission)] = [
        ("wss", [:], .admitted),
        ("wss", ["aud": "default"], .admitted),
        ("wss", ["aud": ["other", "default"]], .admitted),
        ("wss", ["aud": "other"], badToken),
        ("wss", ["aud": ["Default"]], badToken),
        ("wss", ["aud": []], badToken),
        ("wss", ["aud": .null], badToken),
        ("wss", ["iss": "http://other.example"], badToken),
        ("wss", ["iss": .null], badToken),
        ("wss", ["exp": .null], badToken),
        ("wss", ["exp": 1_000_000_000], badToken),
        ("wss", ["exp": "tomorrow"], badToken),
        ("wss", ["nbf": 4_000_000_000], badToken),
        ("wss", ["nbf": 4_000_000_000.5], badToken),
        ("wss", ["iat": 4_000_000_000], badToken),
        ("others", [:], badToken),
        ("others", ["aud": "third-api"], .admitted),
        ("anyone", ["aud": "whatever"], .admitted),
        ("anyone", ["aud": .null], .admitted),
        ("scoped", [:], tooLittle),
        ("scoped", ["scope": "bridge:open"], tooLittle),
        ("scoped", ["scope": "bridge:open bridge:writer"], tooLittle),
        ("scoped", ["scope": "bridge:write openid bridge:open"], .admitted),
        ("scoped", ["scp": ["bridge:write", "bridge:open"]], .admitted),
        ("scoped", ["scope": "bridge:write bridge:open", "aud": "other"], badToken),
        ("claimed", ["groups": "staff", "tier": 2, "active": true], .admitted),
        ("claimed", ["groups": ["guests", "admins"], "tier": 1, "active": true], .admitted),
        ("claimed", ["groups": ["guests"], "tier": 1, "active": true], tooLittle),
        ("claimed", ["groups": "staff", "tier": 3, "active": true], tooLittle),
        ("claimed", ["groups": "staff", "tier": 1, "active": "true"], tooLittle),
        ("claimed", ["groups": "staff", "tier": 1], tooLittle),
    ]

    @Test(arguments: cases.indices) func claims(_ index: Int) throws {
        let scene = try Self.scene.get()
        let (bridge, claims, expected) = Self.cases[index]
        let admission = try scene.tryBridge(bridge, token: scene.oauth.mintToken(claims: claims))
        #expect(admission == expected, "\(JSON.text(claims)) at \(bridge)\n\(scene.daemon.account)")
    }

    /// Providers that leave `aud` out, or put something of their own there.
    @Test func theAudienceInAnotherClaim() throws {
        let scene = try ProviderScene { settings in
            settings["oidc", "audience"] = ["web-client"]
            settings["oidc", "audienceClaim"] = ["client_id", "azp"]
            settings["oidc", "tokenUse"] = ["access"]
        }
        func admission(_ claims: JSONValue) throws -> Admission {
            try scene.tryBridge(token: scene.oauth.mintToken(claims: claims))
        }
        // As Cognito's access tokens are, as its ID tokens are, and as Keycloak's are.
        #expect(try admission(["aud": .null, "client_id": "web-client", "token_use": "access"]) == .admitted)
        #expect(
            try admission(["aud": "web-client", "client_id": "web-client", "token_use": "id"]) == Self.badToken)
        #expect(try admission(["aud": "account", "azp": "web-client", "token_use": "access"]) == .admitted)
        #expect(
            try admission(["aud": "web-client", "azp": "other", "token_use": "access"]) == Self.badToken,
            "aud is not among the claims that were named")
    }

    /// A status of 401 is one setting away; what is missing in a good token stays 403.
    @Test func rejectStatus() throws {
        let scene = try ProviderScene { settings in
            settings["oidc", "rejectStatus"] = 401
            settings["oidc", "requiredScopes"] = ["bridge"]
        }
        #expect(try scene.tryBridge(token: "x.y.z").status == 401, "\(scene.daemon.account)")
        #expect(try scene.tryBridge(token: scene.world.token()) == Self.tooLittle)
        #expect(try scene.tryBridge(token: scene.world.token(claims: ["scope": "bridge"])) == .admitted)
    }

    /// A provider over HTTPS is believed with the authority that was configured, and with no other.
    @Test(arguments: ["its authority", "another authority", "the system's authorities", "another name"])
    func providerOverHTTPS(_ trust: String) throws {
        let world = try MockWorld()
        let now = Clock.unix
        let authority = try CertificateAuthority(commonName: "Provider's CA", now: now)
        let stranger = try CertificateAuthority(commonName: "Another CA", now: now)
        let names: [SubjectName] = trust == "another name" ? [.dns("provider.example")] : [.dns("localhost")]
        let issued = try authority.issue(CertificateRequest(commonName: "provider", names: names, now: now))
        let material = try issued.material(label: "provider")
        let server = try MockOAuthServer(
            on: world.host, tls: try .server(TLSContext.ServerOptions(certificates: [material])), hostName: "localhost")
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        let trusted = trust == "another authority" ? stranger : authority
        try File.write(trusted.certificate.certificatePEM, to: "\(directory)/ca.pem", permissions: 0o600)

        var settings = DaemonSettings(
            discovery: server.url(.discovery), backendPort: try world.application().address.port)
        if trust != "the system's authorities" { settings["oidc", "ca"] = .string("\(directory)/ca.pem") }
        let daemon = try DaemonProcess(settings)
        let admission = try ProviderScene.tryBridge(daemon.bridge(token: server.mintToken()))
        #expect(admission.status == (trust == "its authority" ? 101 : 503), "\(admission)\n\(daemon.account)")
        server.stop()
    }
}
