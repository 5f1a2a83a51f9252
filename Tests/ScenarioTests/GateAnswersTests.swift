// Who is let in, and what the others are told: the status and the challenge of RFC 6750 for each way in which a token can
// be missing or wrong, as they come over the wire. No answer tells the token, a key or an address.
import BridgeClient
import HTTP1
import JSON
import MockServers
import TestSupport
import Testing
import WebSocket

/// One row: a token (or none) and the answer to it.
struct GateRow: CustomTestStringConvertible, Sendable {
    let name: String
    let bridge: String
    let status: Int
    let challenge: String
    let token: @Sendable (MockOAuthServer) -> String?
    var testDescription: String { name }

    init(
        _ name: String, at bridge: String = "wss", status: Int = 403, _ challenge: String,
        token: @escaping @Sendable (MockOAuthServer) -> String?
    ) {
        (self.name, self.bridge, self.status, self.challenge, self.token) = (name, bridge, status, challenge, token)
    }

    static func invalid(
        _ name: String, at bridge: String = "wss", _ words: String,
        token: @escaping @Sendable (MockOAuthServer) -> String?
    ) -> GateRow {
        GateRow(name, at: bridge, "error=\"invalid_token\", error_description=\"\(words)\"", token: token)
    }

    static func insufficient(
        _ name: String, at bridge: String, _ words: String, token: @escaping @Sendable (MockOAuthServer) -> String?
    ) -> GateRow {
        GateRow(name, at: bridge, "error=\"insufficient_scope\", error_description=\"\(words)\"", token: token)
    }

    static let stranger = SigningKey()
    static let rows: [GateRow] = [
        GateRow("no token", "") { _ in nil },
        .invalid("not a token", "the token is malformed") { _ in "not-a-token" },
        .invalid("two parts", "the token is malformed") { _ in "eyJhbGciOiJSUzI1NiJ9.e30" },
        .invalid("a stranger's signature", "the signature is wrong") { $0.mintToken(key: stranger) },
        .invalid("expired", "the token has expired") { $0.mintToken(lifetime: -120) },
        .invalid("no expiry", "the token has no expiry") { $0.mintToken(claims: ["exp": nil]) },
        .invalid("not yet valid", "the token is not valid yet") { $0.mintToken(claims: ["nbf": 4_000_000_000]) },
        .invalid("another issuer", "the token comes from another issuer") {
            $0.mintToken(claims: ["iss": "https://elsewhere.example"])
        },
        .invalid("another audience", "the token is meant for another audience") {
            $0.mintToken(claims: ["aud": ["others"]])
        },
        .invalid("no audience", "the token is meant for another audience") { $0.mintToken(claims: ["aud": nil]) },
        .invalid("algorithm none", "the token is malformed") { $0.mintToken(algorithm: SigningAlgorithm.none) },
        .invalid("HMAC with the public key", "the token can't be verified") {
            let (key, keyID) = $0.signingKey()
            return CompactJWS.sign(
                header: ["alg": "HS256", "kid": .string(keyID)], payload: Array("{}".utf8),
                key: SigningKey(secret: key.publicPEM))
        },
        .invalid("unknown crit", "the token is malformed") {
            $0.mintToken(header: ["crit": ["x"], "x": 1])
        },
        .invalid("at a bridge for others", at: "others", "the token is meant for another audience") {
            $0.mintToken()
        },
        .insufficient("no scope", at: "scoped", "the token lacks a required scope") { $0.mintToken() },
        .insufficient("another scope", at: "scoped", "the token lacks a required scope") {
            $0.mintToken(claims: ["scope": "write"])
        },
        .insufficient("no claim", at: "claimed", "the token lacks a required claim") { $0.mintToken() },
        .insufficient("another claim", at: "claimed", "the token lacks a required claim") {
            $0.mintToken(claims: ["department": "sales"])
        },
    ]
}

@Suite(.serialized) struct GateAnswersTests {
    static func stage(_ adjust: (inout DaemonSettings) -> Void) throws -> Stage {
        let world = try MockWorld()
        let application = try world.application()
        return try Stage(in: world) { settings in
            settings.addBridge("others", to: application, entry: ["audience": ["others"]])
            settings.addBridge("scoped", to: application, entry: ["requiredScopes": ["read"]])
            settings.addBridge("claimed", to: application, entry: ["requiredClaims": ["department": "engineering"]])
            adjust(&settings)
        }
    }

    static let stage = Result { try stage { _ in } }
    static let strict = Result {
        try stage { settings in
            settings["oidc", "rejectStatus"] = 401
            settings["oidc", "realm"] = "legacy applications"
        }
    }

    private func check(_ row: GateRow, _ stage: Stage, realm: String, status: Int) throws {
        let token = row.token(stage.world.oauth)
        let answer = try BlockingBridgeClient(stage.daemon.bridge(row.bridge, token: token)).refusal()
        #expect(answer.status == status)
        let separator = row.challenge.isEmpty ? "" : ", "
        #expect(answer.field("WWW-Authenticate") == "Bearer realm=\"\(realm)\"\(separator)\(row.challenge)")
        #expect(!answer.text.contains("127.0.0.1") && !answer.text.contains("http"), "\(answer.text)")
        if let token { #expect(!answer.text.contains(token.prefix(10))) }
        #expect(try stage.application().statistics.accepted == 0, "nothing is dialled without a good token")
    }

    @Test(arguments: GateRow.rows) func byDefaultTheAnswerIs403(_ row: GateRow) throws {
        try check(row, Self.stage.get(), realm: "secure-proxy", status: 403)
    }

    /// One switch makes it 401; a good token that grants too little stays 403 (RFC 6750 section 3.1).
    @Test(arguments: GateRow.rows) func theSwitchMakesIt401(_ row: GateRow) throws {
        let isGood = row.challenge.contains("insufficient_scope")
        try check(row, Self.strict.get(), realm: "legacy applications", status: isGood ? 403 : 401)
    }

    @Test func severalTokensAreRefused() throws {
        let stage = try Self.stage.get()
        var options = stage.options()
        options.fields = ["Authorization": "Bearer \(stage.token)"]
        let answer = try BlockingBridgeClient(options).refusal()
        #expect(answer.status == 403)
        #expect(answer.field("WWW-Authenticate")?.contains("error=\"invalid_token\"") == true)
    }

    @Test(arguments: ["scoped", "claimed", "others", "wss"]) func whoHasWhatIsAskedIsLetIn(_ bridge: String) throws {
        let stage = try GateAnswersTests.stage { _ in }
        let token = stage.world.token(
            claims: ["scope": "openid read", "department": "engineering", "aud": ["others", "default"]])
        let client = try BlockingBridgeClient(connecting: stage.daemon.bridge(bridge, token: token))
        try client.send("in")
        #expect(try client.receive(exactly: 2) == Array("in".utf8))
    }

    /// Without keys nobody is let in and nobody is told that the token is bad; once the provider is there, all goes well.
    @Test func withoutKeysTheAnswerIs503() throws {
        let world = try MockWorld()
        world.oauth.goDown()
        let stage = try Stage(in: world) { $0["oidc", "cooldown"] = "1s" }
        let answer = try BlockingBridgeClient(stage.options()).refusal()
        #expect(answer.status == 503)
        let pause = try #require(answer.field("Retry-After").flatMap { Int($0) })
        #expect((1...60).contains(pause))
        #expect(!answer.text.contains("127.0.0.1"))
        // A token that is bad whatever the keys is refused at once.
        #expect(try BlockingBridgeClient(stage.daemon.bridge(token: "bad")).refusal().status == 403)

        try world.oauth.comeBack()
        let isIn = Deadline(in: .seconds(20)).poll { (try? stage.connect()) != nil }
        #expect(isIn, "the provider is back, and still nobody is let in\n\(stage.daemon.account)")
    }
}
