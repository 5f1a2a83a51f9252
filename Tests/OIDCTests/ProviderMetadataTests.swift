import JSON
import Testing

@testable import OIDC

@Suite("ProviderMetadata: the discovery document (OpenID Connect Discovery 1.0)")
struct ProviderMetadataTests {
    private func read(
        _ body: [UInt8], from url: String = "https://idp.example/awsexample/.well-known/openid-configuration",
        issuer: String? = nil
    ) throws(ProviderError) -> ProviderMetadata {
        try ProviderMetadata(body: body, discoveryURL: TestProvider.url(url), configuredIssuer: issuer)
    }

    @Test("section 3: the members that matter")
    func members() throws {
        let metadata = try read(TestProvider.discovery())
        #expect(metadata.issuer == TestProvider.issuer)
        #expect(metadata.keysURL == TestProvider.keysURL)
        #expect(metadata.authorizationEndpoint?.path == "/awsexample/authorize")
        #expect(metadata.tokenEndpoint?.path == "/awsexample/token")
    }

    @Test("endpoints of the front door may be missing or odd")
    func withoutEndpoints() throws {
        let metadata = try read(
            Array(
                """
                {"issuer": "https://idp.example/awsexample", "jwks_uri": "https://keys.example//jwks",
                 "token_endpoint": 7, "authorization_endpoint": "custom:scheme"}
                """.utf8))
        #expect(metadata.authorizationEndpoint == nil)
        #expect(metadata.tokenEndpoint == nil)
        #expect(metadata.keysURL.path == "//jwks", "as glewlwyd writes it")
    }

    @Test(
        "section 4.3: the issuer is the one that the address implies",
        arguments: [
            ("https://idp.example/awsexample/.well-known/openid-configuration", "https://idp.example/awsexample"),
            ("https://idp.example/.well-known/openid-configuration", "https://idp.example"),
            // Auth0's issuer ends with a slash that its address has lost (section 4.1).
            ("https://idp.example/.well-known/openid-configuration", "https://idp.example/"),
            ("https://idp.example/t/.well-known/openid-configuration", "https://idp.example/t/"),
            ("https://IDP.example:443/a/.well-known/openid-configuration", "https://idp.EXAMPLE/a"),
            ("http://127.0.0.1:10080/awsexample/.well-known/openid-configuration", "http://127.0.0.1:10080/awsexample"),
            ("https://idp.example/.well-known/oauth-authorization-server/t", "https://idp.example/t"),
            ("https://idp.example/.well-known/oauth-authorization-server", "https://idp.example"),
        ])
    func derivedIssuer(url: String, issuer: String) throws {
        let body = TestProvider.discovery(issuer: issuer)
        #expect(try read(body, from: url).issuer == issuer, "kept exactly as published")
    }

    @Test(
        "section 4.3: any other issuer is refused",
        arguments: [
            "https://idp.example", "https://idp.example/other", "https://idp.example/awsexample//",
            "https://idp.example/AWSexample", "http://idp.example/awsexample", "https://idp.example:444/awsexample",
            "https://evil.example/awsexample", "https://idp.example/awsexample?x", "awsexample",
            "https://idp.example/awsexample#x", "https://u@idp.example/awsexample",
        ])
    func otherIssuer(issuer: String) {
        let error = failure { () throws(ProviderError) in try read(TestProvider.discovery(issuer: issuer)) }
        #expect(error == .wrongIssuer(found: issuer, expected: "https://idp.example/awsexample"))
    }

    @Test("a configured issuer is compared exactly and instead")
    func configuredIssuer() throws {
        let body = TestProvider.discovery(issuer: "https://public.example/x")
        #expect(try read(body, issuer: "https://public.example/x").issuer == "https://public.example/x")
        for other in ["https://public.example/x/", "https://PUBLIC.example/x", TestProvider.issuer] {
            let error = failure { () throws(ProviderError) in try read(body, issuer: other) }
            #expect(error == .wrongIssuer(found: "https://public.example/x", expected: other))
        }
    }

    @Test("an address that implies no issuer needs a configured one")
    func issuerUnknowable() throws {
        for url in ["https://idp.example/config", "https://idp.example/.well-known/openid-configuration?tenant=1"] {
            let body = TestProvider.discovery()
            let error = failure { () throws(ProviderError) in try read(body, from: url) }
            #expect(error == .issuerUnknowable)
            #expect(try read(body, from: url, issuer: TestProvider.issuer).issuer == TestProvider.issuer)
        }
    }

    @Test(
        "garbage is refused, each kind for its own reason",
        arguments: [
            ("", "not JSON"), ("<html>", "not JSON"), ("{\"issuer\": \"a\", \"issuer\": \"b\"}", "not JSON"),
            ("[]", "not a JSON object"), ("null", "not a JSON object"), ("{}", "\"issuer\" is missing"),
            ("{\"issuer\": 1}", "\"issuer\" is missing"), ("{\"issuer\": \"\"}", "\"issuer\" is missing"),
            ("{\"issuer\": \"https://idp.example/awsexample\"}", "\"jwks_uri\" is missing"),
            ("{\"issuer\": \"https://idp.example/awsexample\", \"jwks_uri\": \"keys\"}", "\"jwks_uri\": the URL must"),
            (
                "{\"issuer\": \"https://idp.example/awsexample\", \"jwks_uri\": \"http://idp.example/keys\"}",
                "plain http although"
            ),
        ])
    func garbage(text: String, words: String) {
        let error = failure { () throws(ProviderError) in try read(Array(text.utf8)) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test("a document over the cap is refused before it is parsed")
    func tooLarge() {
        let error = failure { () throws(ProviderError) in
            try read([UInt8](repeating: 0x20, count: 256 * 1024 + 1))
        }
        #expect(error == .tooLarge(.discovery, limit: 256 * 1024))
    }

    @Test("an issuer with control characters can't write into the log")
    func printable() {
        let error = failure { () throws(ProviderError) in
            try read(JSON.serialize(["issuer": "x\u{1B}[2J\n"]))
        }
        #expect(error?.description.unicodeScalars.contains { $0.value < 0x20 } == false)
    }
}
