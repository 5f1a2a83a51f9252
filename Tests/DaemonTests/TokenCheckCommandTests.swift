import JSON
import MockServers
import System
import Testing

@testable import Daemon

@Suite struct TokenCheckCommandTests {
    let place: Workplace
    let provider: Provider
    let said = Said()
    var server: MockOAuthServer { provider.server }

    init() throws {
        place = try Workplace()
        provider = try Provider()
    }

    private func settings(_ more: String = "", _ sections: String = "") throws -> String {
        try place.settings(oidc: provider.oidc + more, sections)
    }

    private func check(_ options: TokenCheckOptions) -> ExitCode {
        Commands.checkToken(options, output: said.output)
    }

    private func check(_ token: String, _ file: String, keys: TokenCheckOptions.Keys = .provider) -> ExitCode {
        check(TokenCheckOptions(settingsFile: file, token: .argument(token), keys: keys))
    }

    // MARK: Verdicts

    @Test func admitsAGoodToken() throws {
        #expect(check(server.mintToken(), try settings(#", "audience": "default""#)) == .success)
        #expect(said.errors == [])
        #expect(said.lines.first == "policy of listener wss")
        #expect(said.text.hasSuffix("verdict: admitted"))
        #expect(server.requests(to: .jwks) == 1)
    }

    @Test func neverPrintsTheToken() throws {
        let token = server.mintToken()
        #expect(check(token, try settings()) == .success)
        for part in token.split(separator: ".") { #expect(!said.text.contains(part)) }
    }

    @Test func refusesAForgedAnExpiredAndAMeantForOthers() throws {
        let file = try settings(#", "audience": "other""#)
        #expect(check(server.mintToken(key: SigningKey()), file) == .failure)
        #expect(said.text.contains("verdict: refused: the signature"))
        #expect(check(server.mintToken(lifetime: -3600), file) == .failure)
        #expect(said.text.contains("FAIL  exp: the token has expired"))
        #expect(said.text.hasSuffix("verdict: refused: the token is meant for another audience"))
    }

    @Test func takesThePolicyOfTheListener() throws {
        let sections = """
            , "listeners": [{ "name": "strict", "ports": "\(try freePort())", "requiredScopes": "write" }]
            """
        let file = try settings("", sections)
        var options = TokenCheckOptions(settingsFile: file, token: .argument(server.mintToken()), listener: "strict")
        #expect(check(options) == .failure)
        #expect(said.lines.first == "policy of listener strict")
        #expect(said.text.contains("lacks the required scope"))
        options.listener = "nobody"
        #expect(check(options) == .usage)
        #expect(said.errors == [#"error: there is no listener "nobody"; there are wss, oauth, strict"#])
    }

    @Test func answersInJSON() throws {
        let options = TokenCheckOptions(
            settingsFile: try settings(), token: .argument(server.mintToken()), isJSON: true)
        #expect(check(options) == .success)
        let answer = try JSON.parse(said.text)
        #expect(answer["verdict"]?.string == "admitted")
        #expect(answer["listener"]?.string == "wss")
        #expect((answer["checks"]?.array?.count ?? 0) > 5)
    }

    // MARK: Keys

    @Test func takesKeysFromAFile() throws {
        let file = try settings()
        let keys = try place.write(JSON.text(server.publishedKeys()), to: "jwks.json")
        #expect(check(server.mintToken(), file, keys: .file(keys)) == .success)
        #expect(check(server.mintToken(key: SigningKey()), file, keys: .file(keys)) == .failure)
        #expect(server.requests(to: .discovery) == 0)
        #expect(server.requests(to: .jwks) == 0)
    }

    @Test func refusesAFileWithoutKeys() throws {
        let file = try settings()
        #expect(check("a.b.c", file, keys: .file(try place.write("{}", to: "jwks.json"))) == .usage)
        #expect(said.errors == [#"error: \#(place("jwks.json")): the key set has no "keys""#])
        #expect(check("a.b.c", file, keys: .file(place("gone.json"))) == .usage)
    }

    @Test func isUndecidedOffline() throws {
        #expect(check(server.mintToken(), try settings(), keys: .none) == .failure)
        #expect(said.text.hasSuffix("verdict: undecided: the signature was not checked"))
        #expect(server.requests(to: .discovery) == 0)
    }

    @Test func goesOnWithTheClaimsWhenTheProviderIsDown() throws {
        let (token, file) = (server.mintToken(), try settings())
        server.goDown()
        #expect(check(token, file) == .failure)
        #expect(said.errors.first?.contains("the provider can't be reached") == true)
        #expect(said.text.hasSuffix("verdict: undecided: the signature was not checked"))
    }

    @Test func leavesTheFinalSlashOfTheIssuerOpen() throws {
        let issuer = JSONValue.string(server.issuer() + "/")
        let keys = try place.write(JSON.text(server.publishedKeys()), to: "jwks.json")
        #expect(check(server.mintToken(claims: ["iss": issuer]), try settings(), keys: .file(keys)) == .success)
        let other = JSONValue.string(server.issuer() + "x")
        #expect(check(server.mintToken(claims: ["iss": other]), try settings(), keys: .file(keys)) == .failure)
    }

    @Test func asksForTheIssuerThatNobodyTells() throws {
        let file = try place.settings(oidc: #""discovery": "http://127.0.0.1:9/configuration""#)
        #expect(check(server.mintToken(), file, keys: .none) == .usage)
        #expect(said.errorText.contains("set oidc.issuer"))
    }

    @Test func takesTheConfiguredLengthOfTokens() throws {
        let file = try settings("", #", "limits": { "maxTokenBytes": 256 }"#)
        #expect(check(server.mintToken(), file) == .failure)
        #expect(said.text.hasSuffix("verdict: refused: the token is longer than 256 bytes"))
    }

    // MARK: Where the token is

    @Test func readsAFileAndForgivesWhatIsAroundTheToken() throws {
        let file = try settings()
        for text in ["TOKEN\n", "  TOKEN\r\n", "Bearer TOKEN\n", "bearer  TOKEN"] {
            let path = try place.write(text.replacing("TOKEN", with: server.mintToken()), to: "token")
            #expect(check(TokenCheckOptions(settingsFile: file, token: .file(path))) == .success)
        }
    }

    @Test func readsADescriptorToItsEnd() throws {
        let (reader, writer) = try Socket.pair()
        try File.writeAll(Array((server.mintToken() + "\n").utf8), to: writer.number)
        writer.close()
        #expect(
            check(TokenCheckOptions(settingsFile: try settings(), token: .descriptor(reader.number))) == .success)
    }

    @Test func asksForATokenThatIsMissing() throws {
        let file = try settings()
        #expect(check(" \n", file) == .usage)
        #expect(said.errorText.contains("there is no token"))
        #expect(check(TokenCheckOptions(settingsFile: file, token: .file(place("gone")))) == .usage)
        #expect(said.errorText.contains("cannot read the token"))
    }

    @Test func namesWrongSettings() throws {
        #expect(check("a.b.c", place("none.json")) == .usage)
        #expect(said.errorText.contains("none.json"))
    }
}
