import Settings
import Testing

@testable import Daemon

@Suite struct ListenerSummaryTests {
    private func settings(_ members: String) throws -> Settings {
        let text = #"{ "oidc": { "discovery": "https://idp.example/.well-known/openid-configuration" }, \#(members) }"#
        return try Settings.load(text: Array(text.utf8), file: "proxy.json")
    }

    private func summary(_ members: String, _ name: String = "wss") throws -> ListenerSummary {
        let settings = try settings(members)
        return ListenerSummary(try #require(settings.listeners.first { $0.name == name }), settings)
    }

    @Test func summarisesAScaledRange() throws {
        let summary = try summary(#""proxySettings": { "wssProxyBindPort": "10000-10009" }"#)
        #expect(summary.route == "wss: bridge at *:10000-10009 -> 127.0.0.1:9000-9009")
    }

    @Test func summarisesARangeWithOneBackend() throws {
        let summary = try summary(
            #""proxySettings": { "wssProxyBindPort": "10000-10009" }, "backend": { "host": "app", "port": 22 }"#)
        #expect(summary.route == "wss: bridge at *:10000-10009 -> app:22")
    }

    @Test func tellsPortsApartThatGoElsewhere() throws {
        let summary = try summary(
            #""proxySettings": { "wssProxyBindPort": "10000-10004" }, "backend": { "portMap": { "10002": "[2001:db8::1]:22" } }"#
        )
        #expect(
            summary.route == "wss: bridge at *:10000-10004 -> "
                + "10000-10001 to 127.0.0.1:9000-9001, 10002 to [2001:db8::1]:22, 10003-10004 to 127.0.0.1:9003-9004")
    }

    @Test func doesNotMixPortsInARowWithPortsThatStay() throws {
        let summary = try summary(
            #""proxySettings": { "wssProxyBindPort": "10000-10003" }, "#
                + #""backend": { "portMap": { "10000": 1, "10001": 1, "10002": 2, "10003": 3 } }"#)
        #expect(
            summary.route == "wss: bridge at *:10000-10003 -> 10000-10001 to 127.0.0.1:1, 10002-10003 to 127.0.0.1:2-3")
    }

    @Test func tellsWhereRequestsGo() throws {
        let members =
            #""listeners": [{ "name": "web", "kind": "proxy", "ports": 8443, "upstream": "https://web.internal" }]"#
        #expect(try summary(members, "web").route == "web: proxy at *:8443 -> https://web.internal")
        #expect(
            try summary(members, "oauth").route
                == "oauth: oauth at *:11080 -> https://idp.example, paths /configuration, /token, /authorize")
    }

    @Test func tellsThePolicy() throws {
        let members = """
            "listeners": [{ "name": "wss", "audience": ["a", "b"], "requiredScopes": "read write",
                            "requiredClaims": { "groups": "staff" },
                            "tls": { "clientCertificate": "required", "clientCA": "ca.pem" } }]
            """
        #expect(
            try summary(members).policy
                == "token from header; aud one of a, b; scopes read write; claims groups; client certificate required")
        #expect(try summary(members, "oauth").policy == "no token")
    }
}
