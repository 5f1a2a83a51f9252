import Bytes
import HTTP1
import JSON
import MockServers
import System
import Testing

/// What tests may do to the provider, seen from the client's side.
@Suite struct MockOAuthKnobsTests {
    private let server: MockOAuthServer
    private let discovery = "/awsexample/.well-known/openid-configuration"

    init() throws { server = try MockOAuthServer(on: MockHost(), hasControlPath: true) }

    private func connect() throws -> TestClient { try TestClient(server.address) }

    @Test func documentsCanLie() throws {
        server.adjust {
            $0.discoveryIssuer = "https://evil"
            $0.jwksURI = "https://evil/keys"
            $0.jwks = ["keys": []]
            $0.documentFields = [("Cache-Control", "max-age=7")]
        }
        let client = try connect()
        let document = try client.get(discovery)
        #expect(try JSON.parse(document.body)["issuer"] == "https://evil")
        #expect(try JSON.parse(document.body)["jwks_uri"] == "https://evil/keys")
        #expect(document.head.fields.first("cache-control") == "max-age=7")
        #expect(try JSON.parse(client.get("/awsexample/jwks").body) == ["keys": []])
    }

    @Test func faultsStrikeWhereAndAsOftenAsTold() throws {
        server.fail(.jwks, with: MockOAuthFault(.status(503), times: 2))
        let client = try connect()
        #expect(try client.get("/awsexample/jwks").head.status == 503)
        #expect(try client.get(discovery).head.status == 200)
        #expect(try client.get("/other/jwks").head.status == 503)
        #expect(try client.get("/awsexample/jwks").head.status == 200)
        server.fail(with: MockOAuthFault(.status(500)))
        server.fail(.jwks, with: MockOAuthFault(.status(502)))
        #expect(try client.get(discovery).head.status == 500)
        #expect(try client.get("/awsexample/jwks").head.status == 502)
        server.heal()
        #expect(try client.get(discovery).head.status == 200)
        #expect(server.requests(to: .jwks) == 3)
        #expect(server.requests(to: .discovery) == 3)
    }

    @Test func kindsOfFaults() throws {
        let client = try connect()
        server.fail(.jwks, with: MockOAuthFault(.garbage))
        #expect(throws: JSONError.self) { try JSON.parse(try client.get("/awsexample/jwks").body) }
        server.fail(.jwks, with: MockOAuthFault(.oversize(bytes: 2_000_000)))
        #expect(try client.get("/awsexample/jwks").body.count > 2_000_000)
        server.fail(.jwks, with: MockOAuthFault(.body(Array("[]".utf8))))
        #expect(try client.get("/awsexample/jwks").text == "[]")
        server.fail(.jwks, with: MockOAuthFault(.redirect(to: "http://elsewhere/")))
        #expect(try client.get("/awsexample/jwks").head.fields.first("location") == "http://elsewhere/")
        let start = Clock.monotonic
        server.fail(.jwks, with: MockOAuthFault(delay: .milliseconds(40)))
        #expect(try client.get("/awsexample/jwks").head.status == 200)
        #expect(Clock.monotonic - start >= .milliseconds(40))
        server.fail(.jwks, with: MockOAuthFault(.delivery(.close)))
        client.write("GET /awsexample/jwks HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.receiveToEnd() == .init(bytes: [], ending: .finished))
    }

    @Test func downAndUpAgain() throws {
        let client = try connect()
        #expect(try client.get(discovery).head.status == 200)
        server.goDown()
        #expect(try client.receiveToEnd().ending == .finished)
        #expect(throws: SystemError.self) { try connect() }
        try server.comeBack()
        #expect(try connect().get(discovery).head.status == 200)
    }

    @Test func requestsAreCountedAndKept() throws {
        let client = try connect()
        _ = try client.get("/awsexample/jwks?x=1", fields: ["X-Test": "yes"])
        _ = try client.post("/awsexample/token", form: "grant_type=client_credentials&client_id=a")
        #expect(server.waitForRequests(1, to: .jwks))
        #expect(server.requests(toPath: "/awsexample/token") == 1)
        let requests = server.lastRequests
        #expect(requests.map(\.head.target) == ["/awsexample/jwks?x=1", "/awsexample/token"])
        #expect(requests.first?.head.fields.first("x-test") == "yes")
        #expect(requests.last?.body == Array("grant_type=client_credentials&client_id=a".utf8))
        server.forgetRequests()
        #expect(server.requests(to: .jwks) == 0)
        #expect(server.lastRequests.isEmpty)
        #expect(server.http.statistics.connectionsAccepted == 1)
    }

    // MARK: Over HTTP

    @Test func theControlPathTurnsTheSameKnobs() throws {
        let client = try connect()
        func command(_ name: String, _ body: String) throws -> TestClient.Response {
            try client.request("POST", "/mock/\(name)", body: Array(body.utf8))
        }
        #expect(try command("rotate", #"{"algorithm":"ES256","keepsOld":true}"#).text.contains("awsexample-2"))
        #expect(try JSON.parse(client.get("/awsexample/jwks").body)["keys"]?.array?.count == 2)
        #expect(
            try command("knobs", #"{"tokenLifetime":-5,"audience":["x"],"claims":{"scope":"s"}}"#).head.status == 200)
        #expect(server.knobs.tokenLifetime == -5)
        #expect(server.knobs.audience == ["x"])
        #expect(server.knobs.claims["scope"] == "s")
        #expect(try command("token", #"{"client":"c","claims":{"a":1}}"#).text.split(separator: ".").count == 3)
        #expect(try command("fault", #"{"endpoint":"jwks","status":500,"times":1}"#).head.status == 200)
        #expect(try client.get("/awsexample/jwks").head.status == 500)
        #expect(try JSON.parse(client.get("/mock/requests").body)["/awsexample/jwks"] == 2)
        #expect(try command("reset", "").head.status == 200)
        #expect(server.knobs.tokenLifetime == 3600)
        #expect(server.requests(to: .jwks) == 0)
    }

    @Test(arguments: [
        ("knobs", "[]"), ("knobs", "{"), ("knobs", #"{"tokenLifetime":"1"}"#), ("fault", #"{"status":99}"#),
        ("fault", #"{"endpoint":"nowhere"}"#), ("fault", #"{"delivery":"pigeon"}"#),
        ("rotate", #"{"algorithm":"HS256"}"#),
        ("rotate", #"{"algorithm":"none"}"#), ("token", #"{"claims":1}"#),
    ])
    func wrongCommands(name: String, body: String) throws {
        #expect(try connect().request("POST", "/mock/\(name)", body: Array(body.utf8)).head.status == 400)
    }

    @Test func unknownCommands() throws {
        let client = try connect()
        #expect(try client.request("POST", "/mock/dance").head.status == 404)
        #expect(try client.get("/mock/rotate").head.status == 405)
    }
}
