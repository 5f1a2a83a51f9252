import Bytes
import HTTP1
import JOSE
import JSON
import MockServers
import System
import Testing

/// The endpoints over real sockets, as mock-oauth2-server answers them.
@Suite struct MockOAuthServerTests {
    private let server: MockOAuthServer
    private let client: TestClient
    /// What the client's Host field makes of the default issuer.
    private let issuer = "http://localhost:1234/awsexample"

    init() throws {
        server = try MockOAuthServer(on: MockHost())
        client = try TestClient(server.address)
    }

    private func document(_ response: TestClient.Response) throws -> JSONValue {
        #expect(response.head.fields.first("content-type") == "application/json;charset=UTF-8")
        return try JSON.parse(response.body)
    }

    /// Posts to the token endpoint and answers the document.
    private func token(_ form: String, fields: [(String, String)] = [], status: Int = 200) throws -> JSONValue {
        let response = try client.post(
            "/awsexample/token", form: form, fields: .init(fields.map { (name: $0.0, value: $0.1) }))
        #expect(response.head.status == status)
        return try document(response)
    }

    private func claims(_ document: JSONValue, _ member: String = "access_token") throws -> ClaimsSet {
        let jws = try JWS(compact: try #require(document[member]?.string))
        _ = try SignatureVerifier().verify(jws, with: try JWKSet(json: server.publishedKeys()))
        return try ClaimsSet(payload: jws.payload)
    }

    // MARK: Documents

    @Test(arguments: ["openid-configuration", "oauth-authorization-server"])
    func discoveryNamesTheEndpoints(name: String) throws {
        let document = try document(client.get("/awsexample/.well-known/\(name)"))
        #expect(document["issuer"]?.string == issuer)
        #expect(document["jwks_uri"]?.string == "\(issuer)/jwks")
        #expect(document["token_endpoint"]?.string == "\(issuer)/token")
        #expect(document["authorization_endpoint"]?.string == "\(issuer)/authorize")
        #expect(document["userinfo_endpoint"]?.string == "\(issuer)/userinfo")
        #expect(document["introspection_endpoint"]?.string == "\(issuer)/introspect")
        #expect(document["end_session_endpoint"]?.string == "\(issuer)/endsession")
        #expect(document["revocation_endpoint"]?.string == "\(issuer)/revoke")
        #expect(document["response_types_supported"]?.array?.contains("code") == true)
    }

    @Test func theIssuerFollowsTheHost() throws {
        func issuer(_ fields: [(String, String)], id: String = "other") throws -> String? {
            let response = try client.get(
                "/\(id)/.well-known/openid-configuration", fields: .init(fields.map { (name: $0.0, value: $0.1) }))
            return try document(response)["issuer"]?.string
        }
        #expect(try issuer([("Host", "example.org")]) == "http://example.org/other")
        #expect(try issuer([("Host", "example.org:80")]) == "http://example.org/other")
        #expect(try issuer([("Host", "[::1]:81")], id: "a/b") == "http://[::1]:81/a/b")
        #expect(try issuer([("Host", "h"), ("X-Forwarded-Proto", "https")]) == "https://h/other")
        #expect(
            try issuer([("Host", "h"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "8443")])
                == "https://h:8443/other")
    }

    @Test func eachIssuerHasAKeyOfItsOwn() throws {
        let one = try document(client.get("/one/jwks"))
        let two = try document(client.get("/two/jwks"))
        #expect(one["keys"]?[0]?["kid"] == "one")
        #expect(two["keys"]?[0]?["kid"] == "two")
        #expect(one["keys"]?[0]?["n"] != two["keys"]?[0]?["n"])
        #expect(one["keys"]?[0]?["alg"] == "RS256")
        #expect(try document(client.get("/one/jwks")) == one)
        #expect(try JWKSet(json: one).skipped.isEmpty)
    }

    // MARK: Tokens

    @Test func clientCredentials() throws {
        let document = try token("grant_type=client_credentials&client_id=me&client_secret=x")
        #expect(document["token_type"] == "Bearer")
        #expect(document["expires_in"] == 3600)
        #expect(document["id_token"] == nil)
        #expect(document["refresh_token"] == nil)
        let claims = try claims(document)
        #expect(claims.issuer == issuer)
        #expect(claims.subject == "me")
        #expect(claims.audience == ["default"])
        #expect(claims.claim("azp") == "me")
    }

    @Test func scopesBecomeTheAudience() throws {
        let document = try token("grant_type=client_credentials&client_id=me&scope=openid+read%20write")
        #expect(document["scope"] == "openid read write")
        #expect(try claims(document).audience == ["read", "write"])
    }

    @Test func basicCredentials() throws {
        // "me%2Bmyself:secret?>" needs both characters that base64url spells otherwise.
        let document = try token(
            "grant_type=client_credentials", fields: [("Authorization", "Basic bWUlMkJteXNlbGY6c2VjcmV0Pz4=")])
        #expect(try claims(document).subject == "me+myself")
        _ = try token("grant_type=client_credentials", fields: [("Authorization", "Basic !")], status: 401)
        let refused = try token("grant_type=client_credentials", status: 401)
        #expect(refused["error"] == "invalid_client")
    }

    @Test func anyCodeIsAccepted() throws {
        let document = try token("grant_type=authorization_code&code=invented&client_id=me&redirect_uri=x")
        let identity = try claims(document, "id_token")
        #expect(identity.audience == ["me"])
        #expect(identity.claim("nonce") == nil)
        #expect(try claims(document).subject == identity.subject)
        // The refresh token is for the same subject.
        let refresh = try #require(document["refresh_token"]?.string)
        let again = try token("grant_type=refresh_token&refresh_token=\(refresh)&client_id=me")
        #expect(again["refresh_token"]?.string == refresh)
        #expect(try claims(again).subject == identity.subject)
        // Until it is revoked.
        #expect(try client.post("/awsexample/revoke", form: "token=\(refresh)").head.status == 200)
        #expect(try claims(token("grant_type=refresh_token&refresh_token=\(refresh)")).subject != identity.subject)
    }

    @Test func passwordAndAssertions() throws {
        let document = try token("grant_type=password&username=ann&password=x&client_id=me")
        #expect(try claims(document).subject == "ann")
        let assertion = server.mintToken(claims: ["sub": "bob", "colour": "blue"])
        let bearer = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
        let exchanged = try claims(token("grant_type=\(bearer)&assertion=\(assertion)&client_id=me&scope=api"))
        #expect(exchanged.subject == "bob")
        #expect(exchanged.claim("colour") == "blue")
        #expect(exchanged.audience == ["api"])
        #expect(exchanged.issuer == issuer)
        let exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
        let third = try token("grant_type=\(exchange)&subject_token=\(assertion)&audience=there&client_id=me")
        #expect(try claims(third).audience == ["there"])
        #expect(third["issued_token_type"]?.string == "urn:ietf:params:oauth:token-type:access_token")
    }

    @Test(arguments: [
        ("", "invalid_request"), ("grant_type=", "invalid_request"), ("grant_type=implicit", "invalid_grant"),
        ("grant_type=authorization_code", "invalid_request"), ("grant_type=refresh_token", "invalid_request"),
        ("grant_type=password&password=x", "invalid_request"), ("grant_type=%zz", "invalid_request"),
        ("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x", "invalid_request"),
    ])
    func wrongTokenRequests(form: String, error: String) throws {
        let document = try token(form, status: 400)
        #expect(document["error"]?.string == error)
        #expect(document["error_description"]?.string != nil)
    }

    // MARK: Login

    @Test func loginAndProof() throws {
        // RFC 7636 appendix B.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        let target =
            "/awsexample/authorize?client_id=me&response_type=code&scope=openid&nonce=n1&state=a%26b"
            + "&redirect_uri=http%3A%2F%2Fapp%2Fcb%3Fx%3D1&code_challenge_method=S256&code_challenge=\(challenge)"
        func code() throws -> String {
            let response = try client.get(target)
            #expect(response.head.status == 302)
            let location = try #require(response.head.fields.first("location"))
            #expect(location.hasPrefix("http://app/cb?x=1&code="))
            #expect(location.hasSuffix("&state=a%26b"))
            return String(location.dropFirst("http://app/cb?x=1&code=".utf8.count).prefix(36))
        }
        let form = "grant_type=authorization_code&client_id=me&code="
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let good = try token(form + code() + "&code_verifier=\(verifier)")
        #expect(try claims(good, "id_token").claim("nonce") == "n1")
        #expect(try token(form + code() + "&code_verifier=wrong", status: 400)["error"] == "invalid_grant")
        #expect(try token(form + code(), status: 400)["error"] == "invalid_grant")
    }

    @Test func otherResponseModes() throws {
        let base = "/awsexample/authorize?client_id=me&response_type=code&redirect_uri=http://app/&state=s"
        let fragment = try client.get(base + "&response_mode=fragment")
        #expect(fragment.head.fields.first("location")?.hasPrefix("http://app/#code=") == true)
        let page = try client.get(base + "&response_mode=form_post")
        #expect(page.head.status == 200)
        #expect(page.text.contains("<input type=\"hidden\" name=\"state\" value=\"s\"/>"))
    }

    @Test(arguments: [
        "", "?client_id=a&response_type=code", "?response_type=code&redirect_uri=x", "?client_id=a&redirect_uri=x",
        "?client_id=a&response_type=token&redirect_uri=x",
    ])
    func wrongLogins(query: String) throws {
        #expect(try client.get("/awsexample/authorize" + query).head.status == 400)
    }

    @Test func logout() throws {
        #expect(try client.get("/awsexample/endsession").text == "logged out")
        let response = try client.get("/awsexample/endsession?post_logout_redirect_uri=http%3A%2F%2Fapp%2F")
        #expect(response.head.status == 302)
        #expect(response.head.fields.first("location") == "http://app/")
    }

    // MARK: Looking at tokens

    @Test func userInfoAndIntrospection() throws {
        let token = try #require(
            try token("grant_type=client_credentials&client_id=me")["access_token"]?.string)
        let info = try client.get("/awsexample/userinfo", fields: ["Authorization": "Bearer \(token)"])
        #expect(try document(info)["sub"] == "me")
        let asked = try client.post(
            "/awsexample/introspect", form: "token=\(token)", fields: ["Authorization": "Basic YTpi"])
        let answer = try document(asked)
        #expect(answer["active"] == true)
        #expect(answer["iss"]?.string == issuer)
        // One of another issuer, one that expired, none at all.
        let others = [server.mintToken(issuer: "another"), server.mintToken(lifetime: -1), "x.y.z"]
        for other in others {
            let response = try client.post(
                "/awsexample/introspect", form: "token=\(other)", fields: ["Authorization": "Basic YTpi"])
            #expect(try document(response) == ["active": false])
            let refused = try client.get("/awsexample/userinfo", fields: ["Authorization": "Bearer \(other)"])
            #expect(refused.head.status == 401)
            #expect(try document(refused)["error"] == "invalid_token")
        }
        #expect(try client.get("/awsexample/userinfo").head.status == 401)
        #expect(try client.post("/awsexample/introspect", form: "token=\(token)").head.status == 401)
    }

    // MARK: Routing

    @Test func otherPathsAndMethods() throws {
        #expect(try client.get("/isalive").text == "alive and well")
        #expect(try client.get("/favicon.ico").head.status == 200)
        for path in [
            "/", "/jwks", "//jwks", "/awsexample", "/awsexample/tokens", "/awsexample/xjwks", "/mock/requests",
        ] {
            #expect(try client.get(path).head.status == 404, "\(path)")
        }
        #expect(try client.get("/awsexample/token").head.status == 405)
        #expect(try client.post("/awsexample/jwks", form: "").head.status == 405)
    }

    @Test func browsersMayCallFromAnywhere() throws {
        let preflight = try client.request(
            "OPTIONS", "/awsexample/token",
            fields: ["Origin": "http://app", "Access-Control-Request-Headers": "authorization"])
        #expect(preflight.head.status == 204)
        #expect(preflight.head.fields.first("access-control-allow-headers") == "authorization")
        let response = try client.get("/awsexample/jwks", fields: ["Origin": "http://app"])
        #expect(response.head.fields.first("access-control-allow-origin") == "http://app")
    }
}
