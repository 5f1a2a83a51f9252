import HTTP1
import OIDC
import Testing

@testable import Bridge

@Suite struct RequestRecordTests {
    private func record(_ target: String = "/", _ fields: HeaderFields = [:]) -> RequestRecord {
        RequestRecord(RequestHead(method: "GET", target: target, fields: fields))
    }

    @Test func keepsWhatLogsSay() {
        let record = record(
            "/ws",
            [
                "Host": "proxy.example:8443", "User-Agent": "Mozilla/5.0 (X11)", "Referer": "https://a.example/page",
                "Origin": "https://a.example", "X-Forwarded-For": "192.0.2.7, 192.0.2.8", "Cookie": "session=secret",
                "Authorization": "Bearer secret",
            ])
        #expect(record[.method] == "GET")
        #expect(record[.target] == "/ws")
        #expect(record[.version] == "HTTP/1.1")
        #expect(record[.host] == "proxy.example:8443")
        #expect(record[.userAgent] == "Mozilla/5.0 (X11)")
        #expect(record[.referer] == "https://a.example/page")
        #expect(record[.origin] == "https://a.example")
        #expect(record[.forwardedFor] == "192.0.2.7, 192.0.2.8")
        #expect(record[.subject] == nil)
        #expect(record.path == "/ws")
        #expect(!record.hasQuery)
        for field in RequestRecord.Field.allCases { #expect(record[field]?.contains("secret") != true) }
    }

    @Test func ofNoRequestThereIsNothing() {
        let record = RequestRecord(nil)
        #expect(RequestRecord.Field.allCases.allSatisfy { record[$0] == nil })
        #expect(record.path == nil)
    }

    @Test(arguments: [
        ("/?token=secret", "/?[redacted]", "/"),
        ("/a?secret", "/a?[redacted]", "/a"),
        ("/a?", "/a?[redacted]", "/a"),
        ("/a/eyJsecret.x.y/b?c", "/a/[redacted]/b?[redacted]", "/a/[redacted]/b"),
        ("/a/%65%79%4asecret", "/[redacted]", "/[redacted]"),
        ("/a%20b", "/a%20b", "/a%20b"),
        ("https://h.example/x?secret", "/x?[redacted]", "/x"),
    ])
    func leavesQueriesAndTokensOut(target: String, expected: String, path: String) {
        let record = record(target)
        #expect(record[.target] == expected)
        #expect(record.path == path)
    }

    @Test(arguments: [
        ("https://a.example/p?x=secret", "https://a.example/p"),
        ("https://a.example/p#secret", "https://a.example/p"),
        ("https://user:secret@a.example/p", "https://a.example/p"),
        ("https://user:secret@a.example", "https://a.example"),
        ("https://a.example/@home", "https://a.example/@home"),
        ("https://a.example/eyJsecret", "https://a.example/[redacted]"),
        ("eyJsecret", "[redacted]"),
        (":", ":"),
    ])
    func leavesSecretsOutOfReferers(value: String, expected: String) {
        #expect(record("/", ["Referer": value])[.referer] == expected)
        #expect(record("/", ["Origin": value])[.origin] == expected)
    }

    @Test func cutsLongTextsBetweenCharacters() throws {
        let record = record("/", ["User-Agent": String(repeating: "ü", count: 5_000), "Origin": "o"])
        let text = try #require(record[.userAgent])
        #expect(text.utf8.count <= RequestRecord.maximumLength)
        #expect(text.utf8.count > RequestRecord.maximumLength - 4)
        #expect(text.hasSuffix("ü…"))
        #expect(record[.origin] == "o")
    }

    @Test func keepsATextOfTheMaximumLengthWhole() {
        let text = String(repeating: "a", count: RequestRecord.maximumLength)
        #expect(record("/", ["User-Agent": text])[.userAgent] == text)
    }

    @Test func mendsWhatIsNotUTF8() throws {
        var fields = HeaderFields()
        let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0x62]
        fields.append("User-Agent", bytes.span)
        #expect(record("/", fields)[.userAgent] == "a\u{FFFD}\u{FFFD}b")
    }

    @Test func anyRandomTargetGivesUTF8WithoutAQuery() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let bytes = (0..<600).map { _ in UInt8.random(in: 0x21...0x7E, using: &generator) }
            let record = record("/" + String(decoding: bytes, as: UTF8.self))
            #expect((record[.target]?.utf8.count ?? 0) <= RequestRecord.maximumLength)
            #expect(record.path?.contains("?") == false)
        }
    }
}
