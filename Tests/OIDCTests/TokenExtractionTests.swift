import Bytes
import HTTP1
import OIDC
import Testing

@Suite("TokenExtraction: the one token of a request")
struct TokenExtractionTests {
    private let everywhere = TokenSources([.header, .cookie, .query, .subprotocol])
    private let prefix = TokenSources.subprotocolPrefix

    private func request(_ target: String = "/", _ fields: HeaderFields = [:]) -> RequestHead {
        RequestHead(method: "GET", target: target, fields: fields)
    }

    private func token(
        _ sources: TokenSources, _ target: String = "/", _ fields: HeaderFields = [:]
    ) throws(GateRefusal) -> String {
        String(decoding: try sources.token(of: request(target, fields)).bytes, as: UTF8.self)
    }

    private func refusal(_ sources: TokenSources, _ target: String = "/", _ fields: HeaderFields = [:]) -> GateRefusal?
    {
        failure { () throws(GateRefusal) in try token(sources, target, fields) }
    }

    // MARK: Header

    @Test(
        "RFC 6750 section 2.1: the scheme in any case, one space or more",
        arguments: ["Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c", "BeArEr    a.b.c"])
    func header(value: String) throws {
        let found = try TokenSources().token(of: request("/", ["authorization": value]))
        #expect(found.bytes == Array("a.b.c".utf8))
        #expect(found.source == .header)
    }

    @Test(
        "broken credentials are refused, not skipped",
        arguments: [
            "Bearer", "Bearer ", "Bearer a b", "Bearer a, Bearer b", "Bearer a,b", "Bearer \"a\"", "Bearer\ta",
            "Bearer a\tb", "Bearer é", "Bearer a;b", "Bearer <a>",
        ])
    func brokenHeader(value: String) {
        #expect(refusal(TokenSources(), "/", ["Authorization": value]) == .malformedCredentials(.header))
    }

    @Test("other schemes are no token", arguments: ["Basic dTpw", "Bearers a", "Beare a", "", "Digest x", "a.b.c"])
    func otherScheme(value: String) {
        #expect(refusal(TokenSources(), "/", ["Authorization": value]) == .noToken)
    }

    @Test("RFC 9110 section 11.6.2: one Authorization only, whatever the others say")
    func severalAuthorizations() {
        for (one, two) in [
            ("Bearer a", "Bearer a"), ("Bearer a", "Basic x"), ("Basic x", "Bearer a"), ("", "Bearer a"),
        ] {
            let fields: HeaderFields = ["Authorization": one, "AUTHORIZATION": two]
            #expect(refusal(TokenSources(), "/", fields) == .severalAuthorizations)
        }
    }

    // MARK: Cookie

    @Test(
        "RFC 6265 section 4.2: cookies",
        arguments: [
            "access_token=a.b.c", "x=1; access_token=a.b.c; y=2", "x=1;access_token=a.b.c", "access_token=\"a.b.c\"",
            " access_token = a.b.c ", "access_token=; access_token=a.b.c", "junk; access_token=a.b.c",
            "Access_Token=z; access_token=a.b.c", "xaccess_token=z; access_token=a.b.c",
        ])
    func cookie(value: String) throws {
        let found = try TokenSources([.cookie]).token(of: request("/", ["Cookie": value]))
        #expect(found.bytes == Array("a.b.c".utf8))
        #expect(found.source == .cookie)
    }

    @Test("the cookie's name is the operator's")
    func cookieName() throws {
        let sources = TokenSources([.cookie], cookieName: "__Host-jwt")
        #expect(try token(sources, "/", ["Cookie": "access_token=x; __Host-jwt=a.b.c"]) == "a.b.c")
    }

    @Test("a cookie sent twice is two tokens, in one field or in two")
    func cookieTwice() {
        let sources = TokenSources([.cookie])
        #expect(refusal(sources, "/", ["Cookie": "access_token=a; access_token=a"]) == .severalTokens)
        #expect(refusal(sources, "/", ["Cookie": "access_token=a", "cookie": "access_token=b"]) == .severalTokens)
    }

    @Test("a deleted cookie is none", arguments: ["access_token=", "access_token=\"\"", "access_token", "x=y", ""])
    func noCookie(value: String) {
        #expect(refusal(TokenSources([.cookie]), "/", ["Cookie": value]) == .noToken)
    }

    @Test("a cookie with odd characters", arguments: ["a b", "a,b", "é", "a=b\\", "\"a"])
    func brokenCookie(value: String) {
        let fields: HeaderFields = ["Cookie": "access_token=\(value)"]
        #expect(refusal(TokenSources([.cookie]), "/", fields) == .malformedCredentials(.cookie))
    }

    // MARK: Query

    @Test(
        "RFC 6750 section 2.3: the query parameter, however it is spelt",
        arguments: [
            "/?access_token=a.b.c", "/x?y=1&access_token=a.b.c&z", "/?access%5Ftoken=a.b.c", "/?access_token=a%2Eb%2ec",
            "/?y;access_token=a.b.c", "http://h/?access_token=a.b.c", "/?access_token=&access_token=a.b.c",
            "/?Access_Token=x&access_token=a.b.c",
        ])
    func query(target: String) throws {
        let found = try TokenSources([.query]).token(of: request(target))
        #expect(found.bytes == Array("a.b.c".utf8))
        #expect(found.source == .query)
    }

    @Test("twice in the query", arguments: ["/?access_token=a&access_token=a", "/?access_token=a;access%5ftoken=b"])
    func queryTwice(target: String) {
        #expect(refusal(TokenSources([.query]), target) == .severalTokens)
    }

    @Test(
        "not there",
        arguments: [
            "/", "/?", "/access_token=a", "/?access_token", "/?access_token=", "/?xaccess_token=a",
            "/?a=access_token=b",
        ])
    func noQuery(target: String) {
        #expect(refusal(TokenSources([.query]), target) == .noToken)
    }

    @Test(
        "broken", arguments: ["/?access_token=%", "/?access_token=a%20b", "/?access_token=a b", "/?access_token=%00"])
    func brokenQuery(target: String) {
        #expect(refusal(TokenSources([.query]), target) == .malformedCredentials(.query))
    }

    // MARK: Subprotocol

    @Test("the entry that carries the token is taken out of the list")
    func subprotocol() throws {
        let entry = prefix + Base64URL.encode(Array("a.b.c".utf8))
        for list in ["binary, \(entry)", "\(entry),binary", "\(entry) ,, binary"] {
            let found = try TokenSources([.subprotocol]).token(of: request("/", ["Sec-WebSocket-Protocol": list]))
            #expect(found.bytes == Array("a.b.c".utf8))
            #expect(found.source == .subprotocol)
            #expect(found.subprotocols == ["binary"])
        }
        let two: HeaderFields = ["Sec-WebSocket-Protocol": entry, "sec-websocket-protocol": "x, binary"]
        #expect(try TokenSources([.subprotocol]).token(of: request("/", two)).subprotocols == ["x", "binary"])
    }

    @Test("a token may also stand plainly behind the prefix: its dots tell")
    func plainSubprotocol() throws {
        let found = try TokenSources([.subprotocol]).token(
            of: request("/", ["Sec-WebSocket-Protocol": "\(prefix)a.b.c"]))
        #expect(found.bytes == Array("a.b.c".utf8))
        #expect(found.subprotocols == [])
    }

    @Test("twice in the list, or broken")
    func brokenSubprotocol() {
        let sources = TokenSources([.subprotocol])
        let entry = prefix + Base64URL.encode(Array("a.b.c".utf8))
        #expect(refusal(sources, "/", ["Sec-WebSocket-Protocol": "\(entry), \(entry)"]) == .severalTokens)
        for broken in ["", "YQ==", "A", "Y+", "*", Base64URL.encode(Array("a b".utf8)), "a..b é"] {
            let fields: HeaderFields = ["Sec-WebSocket-Protocol": prefix + broken]
            #expect(refusal(sources, "/", fields) == .malformedCredentials(.subprotocol), "\(broken)")
        }
        #expect(refusal(sources, "/", ["Sec-WebSocket-Protocol": prefix.uppercased() + "YQ"]) == .noToken)
    }

    @Test("the list is handed on whole when the token is elsewhere")
    func otherSource() throws {
        let fields: HeaderFields = ["Authorization": "Bearer a", "Sec-WebSocket-Protocol": "\(prefix)YQ, binary"]
        #expect(try TokenSources().token(of: request("/", fields)).subprotocols == ["\(prefix)YQ", "binary"])
    }

    // MARK: Together

    private static let places: [(source: TokenSource, target: String, field: (name: String, value: String)?)] = [
        (.header, "/", ("Authorization", "Bearer a.b.c")), (.cookie, "/", ("Cookie", "access_token=a.b.c")),
        (.query, "/?access_token=a.b.c", nil),
        (.subprotocol, "/", ("Sec-WebSocket-Protocol", "\(TokenSources.subprotocolPrefix)a.b.c")),
    ]

    @Test("rule 1: what isn't switched on isn't looked at", arguments: TokenSource.allCases)
    func notEnabled(source: TokenSource) throws {
        var fields = HeaderFields()
        for place in Self.places { if let (name, value) = place.field { fields.append(name, value) } }
        let only = try TokenSources([source]).token(of: request("/?access_token=a.b.c", fields))
        #expect(only.source == source)
        guard let place = Self.places.first(where: { $0.source == source }) else { return }
        var without = everywhere
        without.enabled.remove(source)
        let own = place.field.map { HeaderFields([$0]) } ?? [:]
        #expect(refusal(without, place.target, own) == .noToken)
    }

    @Test("rule 2: any two places at once are refused, even with the same token")
    func severalTokens() {
        for one in Self.places {
            for two in Self.places where one.source != two.source {
                let target = one.source == .query ? one.target : two.target
                let fields = HeaderFields([one.field, two.field].compactMap { $0 })
                #expect(refusal(everywhere, target, fields) == .severalTokens, "\(one.source) and \(two.source)")
            }
        }
    }

    @Test("no token at all")
    func noToken() {
        #expect(refusal(everywhere) == .noToken)
        #expect(refusal(TokenSources([]), "/", ["Authorization": "Bearer a"]) == .noToken)
    }

    @Test("16 KiB are taken, one byte more isn't; the limit is the operator's", arguments: TokenSource.allCases)
    func size(source: TokenSource) throws {
        func fill(_ count: Int) -> (String, HeaderFields) {
            let text = String(repeating: "a", count: count)
            return switch source {
            case .header: ("/", ["Authorization": "Bearer \(text)"])
            case .cookie: ("/", ["Cookie": "access_token=\(text)"])
            case .query: ("/?access_token=\(text)", [:])
            case .subprotocol: ("/", ["Sec-WebSocket-Protocol": prefix + Base64URL.encode(Array(text.utf8))])
            }
        }
        let (target, fields) = fill(16 * 1024)
        #expect(try everywhere.token(of: request(target, fields)).bytes.count == 16 * 1024)
        let (longTarget, longFields) = fill(16 * 1024 + 1)
        #expect(refusal(everywhere, longTarget, longFields) == .tokenTooLarge(limit: 16 * 1024))
        let small = TokenSources(everywhere.enabled, maxTokenBytes: 10)
        #expect(refusal(small, target, fields) == .tokenTooLarge(limit: 10))
    }

    // MARK: Any request

    @Test("any request: what is found is a token in exactly one place, and stood there")
    func anything() {
        var dice = Dice(seed: 7)
        let pieces = [
            "Bearer ", "bearer", "access_token=", "access%5ftoken=", "a.b.c", "x", ";", "&", ",", " ", "\"", "%", "%41",
            "?", "=", "\t", TokenSources.subprotocolPrefix, "YWJj", "binary", "é", "Basic ", "[",
        ]
        func text() -> String {
            (0..<Int.random(in: 0...6, using: &dice)).map { _ in pieces.randomElement(using: &dice) ?? "" }.joined()
        }
        var found = 0
        for _ in 0..<20_000 {
            var fields = HeaderFields()
            for name in ["Authorization", "Cookie", "Sec-WebSocket-Protocol"] {
                for _ in 0..<[0, 1, 1, 2][Int.random(in: 0..<4, using: &dice)] { fields.append(name, text()) }
            }
            let target = "/" + text()
            let request = request(target, fields)
            guard let token = try? everywhere.token(of: request) else { continue }
            found += 1
            #expect(!token.bytes.isEmpty)
            #expect(token.bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F })
            #expect(!token.subprotocols.contains { $0.hasPrefix(TokenSources.subprotocolPrefix) })
            // Without its place there is none left; with its place alone it is the same.
            var others = everywhere
            others.enabled.remove(token.source)
            #expect(throws: GateRefusal.self) { try others.token(of: request) }
            #expect((try? TokenSources([token.source]).token(of: request))?.bytes == token.bytes)
            // The log line of such a target has something left out, and holds no token of the query any more.
            if token.source == .query {
                let safe = TargetRedaction.redact(target)
                #expect(safe.contains(TargetRedaction.placeholder))
                let again = try? TokenSources([.query]).token(of: RequestHead(method: "GET", target: safe))
                #expect(again == nil)
            }
        }
        #expect(found > 150, "the pieces must make tokens often enough to mean something")
    }
}
