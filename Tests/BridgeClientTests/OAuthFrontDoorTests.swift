import HTTP1
import Testing

@testable import BridgeClient

@Suite struct OAuthFrontDoorTests {
    private func door(_ proxy: MockProxy) throws -> (OAuthFrontDoor, TestServer) {
        let server = try proxy.start()
        return (OAuthFrontDoor(try HTTPSClient(server.endpoint)), server)
    }

    private func error(_ proxy: MockProxy, _ body: (OAuthFrontDoor) throws(ClientError) -> Void) throws -> String {
        let (door, server) = try door(proxy)
        return try withExtendedLifetime(server) {
            try clientError { () throws(ClientError) in try body(door) }.description
        }
    }

    @Test func theConfigurationNamesTheIssuer() throws {
        let (door, server) = try door(MockProxy())
        #expect(try door.configuration().issuer == "https://issuer.example")
        #expect(server.seen.requests.first?.target == "/configuration")
    }

    @Test(arguments: [
        (Reply.text(404, "nothing here"), "GET /configuration was answered 404 Not Found: nothing here"),
        (.text(502, "no upstream"), "the server answered 502 Bad Gateway: no upstream"),
        (.text(200, "<html>"), "the server answered 200 with something else than JSON"),
        (.json("[]"), "the server answered 200 with something else than JSON"),
        (.json("{}"), "the configuration names no issuer"),
        (.json(#"{"issuer": "x"}"#), "the configuration of x has no jwks_uri"),
    ])
    func aBadConfigurationIsNamed(_ reply: Reply, _ words: String) throws {
        var proxy = MockProxy()
        proxy.configuration = reply
        let text = try error(proxy) { door throws(ClientError) in _ = try door.configuration() }
        #expect(text.hasPrefix(words))
    }

    /// RFC 6749 sections 4.1.3 and 2.3.1.
    @Test func aCodeIsExchangedForAToken() throws {
        let (door, server) = try door(MockProxy())
        let token = try door.token(
            .authorizationCode(code: "c/d", redirectURI: "http://r.example/", clientID: "id:1", clientSecret: "s&2"))
        #expect(token.value == "good-token")
        #expect(token.type == "Bearer")
        #expect(token.lifetime == 3600)
        let request = try #require(server.seen.requests.first)
        #expect(request.method == "POST")
        #expect(request.target == "/token")
        // "id%3A1:s%262"
        #expect(request.fields.first("Authorization") == "Basic aWQlM0ExOnMlMjYy")
        #expect(
            server.seen.bodies.first.map { String(decoding: $0, as: UTF8.self) }
                == "grant_type=authorization_code&code=c%2Fd&redirect_uri=http%3A%2F%2Fr.example%2F")
    }

    /// RFC 6749 section 4.4.2. The secret's length makes Base64 pad.
    @Test func aClientHasATokenOfItsOwn() throws {
        let (door, server) = try door(MockProxy())
        _ = try door.token(.clientCredentials(clientID: "a", clientSecret: "bc", scope: "read write"))
        #expect(server.seen.requests.first?.fields.first("Authorization") == "Basic YTpiYw==")
        #expect(
            server.seen.bodies.first.map { String(decoding: $0, as: UTF8.self) }
                == "grant_type=client_credentials&scope=read%20write")
    }

    @Test(arguments: [
        (
            Reply.text(400, #"{"error": "invalid_grant", "error_description": "unknown code"}"#),
            "the token endpoint answered 400: invalid_grant, unknown code"
        ),
        (.text(401, "{}"), "the token endpoint answered 401: no error named"),
        (.text(503, ""), "the server answered 503 Service Unavailable"),
        (.json("{}"), "the token endpoint answered 200 without an access_token"),
        (.json(#"{"access_token": "a\nb"}"#), "the token endpoint answered 200 without an access_token"),
    ])
    func aRefusedTokenIsNamed(_ reply: Reply, _ words: String) throws {
        var proxy = MockProxy()
        proxy.token = reply
        let text = try error(proxy) { door throws(ClientError) in _ = try door.token() }
        #expect(text == words)
    }

    @Test func aLoginBringsACode() throws {
        let (door, server) = try door(MockProxy())
        #expect(try door.authorizationCode(clientID: "me & you", state: "s1") == "the-code")
        let query = try #require(server.seen.requests.first?.query)
        #expect(query.contains("client_id=me%20%26%20you"))
        #expect(query.contains("response_type=code"))
    }

    @Test func aLoginPageBringsNoCode() throws {
        var proxy = MockProxy()
        proxy.authorize = .text(200, "<form>")
        let (page, server) = try door(proxy)
        #expect(try page.authorizationCode(clientID: "c", state: "s") == nil)
        #expect(server.port > 0)
        proxy.authorize = .text(302, "", ["Location": "https://login.example/"])
        let (elsewhere, other) = try door(proxy)
        #expect(try elsewhere.authorizationCode(clientID: "c", state: "s") == nil)
        #expect(other.port > 0)
    }

    @Test(arguments: [
        (Reply.text(404, ""), "GET /authorize was answered 404"),
        (
            .text(302, "", ["Location": "http://localhost/callback?code=c&state=wrong"]),
            "the redirect of /authorize lost"
        ),
        (
            .text(302, "", ["Location": "http://localhost/callback?state=s"]),
            "the redirect of /authorize brings no code"
        ),
    ])
    func aBadRedirectIsNamed(_ reply: Reply, _ words: String) throws {
        var proxy = MockProxy()
        proxy.authorize = reply
        let text = try error(proxy) { door throws(ClientError) in
            _ = try door.authorizationCode(clientID: "c", state: "s")
        }
        #expect(text.hasPrefix(words))
    }
}
