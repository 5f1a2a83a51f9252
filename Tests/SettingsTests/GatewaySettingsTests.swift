import Settings
import Testing

@Suite struct GatewaySettingsTests {
    @Test func upstreamAndRoutesFollowFromDiscovery() throws {
        let gateway = try load("{\(Sample.provider)}").gateway
        #expect(gateway.upstream?.text == "https://id.example.com")
        #expect(gateway.upstream?.endpoint == Endpoint(host: "id.example.com", port: 443))
        #expect(
            gateway.routes == [
                GatewayRoute(
                    path: "/configuration", upstreamPath: "/tenant/.well-known/openid-configuration",
                    endpoint: .configuration),
                GatewayRoute(path: "/token", upstreamPath: "/tenant/token", endpoint: .token),
                GatewayRoute(path: "/authorize", upstreamPath: "/tenant/authorize", endpoint: .authorization),
            ])
    }

    @Test func aDiscoveryElsewhereLeavesTheEndpointsToItself() throws {
        let gateway = try load(#"{"oidc": {"discovery": "http://id:8080/config.json?v=1"}}"#).gateway
        #expect(gateway.upstream?.text == "http://id:8080")
        #expect(gateway.routes.map(\.upstreamPath) == ["/config.json?v=1", nil, nil])
    }

    @Test func routesAreReplacedAddedAndClosed() throws {
        let gateway = try load(
            with: #"""
                "gateway": {"routes": {"/token": "/oauth2/token?x=1", "/authorize": false, "/userinfo": "/me"}}
                """#
        ).gateway
        #expect(gateway.routes.map(\.path) == ["/configuration", "/token", "/userinfo"])
        #expect(gateway.routes[1] == GatewayRoute(path: "/token", upstreamPath: "/oauth2/token?x=1"))
        #expect(gateway.routes[2].upstreamPath == "/me")
    }

    @Test func theProvidersAuthoritiesServeTheGatewayToo() throws {
        let text = #"{"oidc": {"discovery": "https://id/x", "ca": "ca.pem"}, "gateway": {"forwardedHeaders": true}}"#
        let gateway = try load(text).gateway
        #expect(gateway.ca == "ca.pem")
        #expect(gateway.forwardedHeaders)
        #expect(!gateway.preserveHost)
        let own = try load(#"{"oidc": {"discovery": "https://id/x", "ca": "a"}, "gateway": {"ca": "b"}}"#).gateway
        #expect(own.ca == "b")
    }
}
