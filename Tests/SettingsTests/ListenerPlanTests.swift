import JSON
import Settings
import Testing

/// The listeners that follow from a file: rules 1 to 5 of ListenerPlan.
@Suite struct ListenerPlanTests {
    @Test func aRangeMapsEachPortToItsBackend() throws {
        let settings = try load(
            with: #""proxySettings": {"wssProxyBindPort": "10000-10009"}, "backend": {"host": "app"}"#)
        let bridge = try #require(settings.listeners.first)
        #expect(bridge.ports.count == 10)
        #expect(bridge.endpoint(for: 10_000)?.description == "app:9000")
        #expect(bridge.endpoint(for: 10_009)?.description == "app:9009")
        #expect(bridge.endpoint(for: 10_010) == nil)
    }

    @Test func theMapGoesBeforeTheScale() throws {
        let settings = try load(
            with: #"""
                "proxySettings": {"wssProxyBindPort": "10000-10003"},
                "backend": {"host": "app", "portMap": {"10001": 22, "10002": "db:5432", "10003": "[::1]:53"}}
                """#)
        let bridge = try #require(settings.listeners.first)
        #expect(
            bridge.ports.ports.map { bridge.endpoint(for: $0)?.description } == [
                "app:9000", "app:22", "db:5432", "[::1]:53",
            ])
    }

    @Test func aFixedPortNeedsNoScale() throws {
        let settings = try load(with: #""proxySettings": {"wssProxyBindPort": "443"}, "backend": {"port": "22"}"#)
        #expect(settings.listeners.first?.endpoint(for: 443)?.description == "127.0.0.1:22")
    }

    @Test func aScaleOfZeroIsForAnotherHost() throws {
        let settings = try load(with: #""proxySettings": {"proxyPortScaleFactor": 0}, "backend": {"host": "10.0.0.5"}"#)
        #expect(settings.listeners.first?.endpoint(for: 10_000)?.description == "10.0.0.5:10000")
    }

    @Test func anEntryAmendsTheListenerOfItsName() throws {
        let settings = try load(
            with: #"""
                "proxySettings": {"websockifyConnectTimeout": "7s"},
                "listeners": [{"name": "wss", "address": "::1", "audience": "app", "backend": {"host": "app"}}]
                """#)
        #expect(settings.listeners.map(\.name) == ["wss", "oauth"])
        let bridge = try #require(settings.listeners.first)
        #expect(bridge.ports.description == "10000")
        #expect(bridge.address.description == "::1")
        #expect(bridge.policy.audience == ["app"])
        #expect(bridge.backend.connectTimeout == .seconds(7))
        #expect(bridge.endpoint(for: 10_000)?.description == "app:9000")
    }

    @Test func anEntryAddsAListener() throws {
        let settings = try load(
            #"""
            {"oidc": {"discovery": "https://id.example.com/x", "audience": ["a"], "requiredScopes": ["s"],
                      "requiredClaims": {"token_use": "access"}},
             "tls": {"clientCA": "ca.pem"},
             "listeners": [
                {"name": "db", "ports": "15432", "backend": {"host": "db", "port": 5432}, "requiredScopes": ["db", "write"],
                 "requiredClaims": {"groups": ["dba", 7, true]}, "tls": {"clientCertificate": "required"}},
                {"name": "web", "kind": "proxy", "ports": 18443, "upstream": "http://web.internal:8080"}]}
            """#)
        #expect(settings.listeners.map(\.name) == ["wss", "oauth", "db", "web"])
        #expect(
            settings.listeners[0].policy.requiredClaims == [ClaimRequirement(name: "token_use", values: ["access"])])
        let database = settings.listeners[2]
        #expect(database.policy.audience == ["a"])
        #expect(database.policy.requiredScopes == ["db", "write"])
        let groups = ClaimRequirement(name: "groups", values: ["dba", 7, true])
        #expect(database.policy.requiredClaims == [groups])
        #expect(database.clientCertificate == .required)
        #expect(database.clientCA == "ca.pem")
        #expect(database.endpoint(for: 15_432)?.description == "db:5432")
        let web = settings.listeners[3]
        #expect(web.kind == .proxy)
        #expect(!web.policy.tokenRequired)
        #expect(web.upstream?.endpoint.description == "web.internal:8080")
    }

    @Test func aListenerMayBeLeftOut() throws {
        let settings = try load(
            #"""
            {"oidc": {"jwksURI": "https://id.example.com/keys", "issuer": "https://id.example.com/"},
             "listeners": [{"name": "oauth", "enabled": false}]}
            """#)
        #expect(settings.listeners.map(\.name) == ["wss"])
        #expect(settings.oidc.issuer == "https://id.example.com/")
    }

    @Test func aFrontDoorAloneNeedsNoProvider() throws {
        let settings = try load(
            #"{"gateway": {"upstream": "http://id:8080"}, "listeners": [{"name": "wss", "enabled": false}]}"#)
        #expect(settings.listeners.map(\.name) == ["oauth"])
    }

    @Test func clientCertificatesMayStandInForTokens() throws {
        let settings = try load(
            with: #"""
                "tls": {"clientCertificate": "required", "clientCA": "ca.pem"},
                "listeners": [{"name": "wss", "tokenRequired": false}]
                """#)
        #expect(settings.listeners.first?.policy.tokenRequired == false)
    }

    @Test func onePortMayServeTwoAddresses() throws {
        let settings = try load(
            with: #"""
                "listeners": [{"name": "a", "ports": 12000, "address": "10.0.0.1"},
                              {"name": "b", "ports": 12000, "address": "10.0.0.2"},
                              {"name": "c", "ports": 12000, "address": "::1"}]
                """#)
        #expect(settings.listeners.count == 5)
    }

    @Test(arguments: [("*", "10.0.0.1"), ("::", "127.0.0.1"), ("0.0.0.0", "*"), ("::1", "0:0:0:0:0:0:0:1")])
    func anAddressIncludedInAnotherCollides(first: String, second: String) {
        #expect(throws: SettingsErrors.self) {
            try load(
                with: #"""
                    "listeners": [{"name": "a", "ports": 12000, "address": "\#(first)"},
                                  {"name": "b", "ports": "11990-12000", "address": "\#(second)"}]
                    """#)
        }
    }

    @Test func theAdminMayHaveAListenersPortElsewhere() throws {
        let settings = try load(
            with: #""admin": {"port": 10000}, "listeners": [{"name": "wss", "address": "10.0.0.1"}]"#)
        #expect(settings.admin.port == 10_000)
        #expect(try load(with: #""admin": {"port": 10000, "enabled": false}"#).admin.enabled == false)
    }
}
