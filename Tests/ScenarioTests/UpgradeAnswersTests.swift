// What a client sees whose upgrade request is wrong: the status of the design's table "What the peer sees", with the
// fields that go with it, over TLS, and then the end of the connection. Each row is one misdeed in an otherwise good
// request; the last rows are requests that look odd and are good.
import BridgeClient
import HTTP1
import JSON
import MockServers
import TestSupport
import Testing
import WebSocket

/// One row: what is spoilt, and what it is answered with.
struct UpgradeRow: CustomTestStringConvertible, Sendable {
    let name: String
    let status: Int
    let fields: [String: String]
    let spoil: @Sendable (inout RawRequest) -> Void
    var testDescription: String { "\(name): \(status)" }

    init(
        _ status: Int, _ name: String, fields: [String: String] = [:],
        _ spoil: @escaping @Sendable (inout RawRequest) -> Void
    ) {
        (self.name, self.status, self.fields, self.spoil) = (name, status, fields, spoil)
    }

    /// A row with one more line.
    static func line(_ status: Int, _ name: String, _ line: String) -> UpgradeRow {
        UpgradeRow(status, name) { $0.append(line) }
    }

    /// A row with the field `field` replaced, or taken out.
    static func field(
        _ status: Int, _ name: String, _ field: String, _ line: String?, fields: [String: String] = [:]
    ) -> UpgradeRow {
        UpgradeRow(status, name, fields: fields) { $0.replace(field, with: line) }
    }

    static let refused: [UpgradeRow] = [
        UpgradeRow(405, "POST", fields: ["Allow": "GET"]) { $0.requestLine = "POST / HTTP/1.1" },
        UpgradeRow(405, "HEAD", fields: ["Allow": "GET"]) { $0.requestLine = "HEAD / HTTP/1.1" },
        UpgradeRow(400, "HTTP/1.0") { $0.requestLine = "GET / HTTP/1.0" },
        UpgradeRow(505, "HTTP/2.0") { $0.requestLine = "GET / HTTP/2.0" },
        UpgradeRow(400, "malformed request line") { $0.requestLine = "GET  / HTTP/1.1" },
        UpgradeRow(501, "long method") { $0.requestLine = "\(String(repeating: "A", count: 200)) / HTTP/1.1" },
        .field(
            426, "version 8", "Sec-WebSocket-Version", "Sec-WebSocket-Version: 8",
            fields: ["Sec-WebSocket-Version": "13", "Upgrade": "websocket"]),
        .field(400, "no version", "Sec-WebSocket-Version", nil, fields: ["Sec-WebSocket-Version": "13"]),
        .field(400, "no Upgrade", "Upgrade", nil),
        .field(400, "upgrade to h2c", "Upgrade", "Upgrade: h2c"),
        .field(400, "no Connection", "Connection", nil),
        .field(400, "Connection: keep-alive", "Connection", "Connection: keep-alive"),
        .field(400, "no key", "Sec-WebSocket-Key", nil),
        .field(400, "short key", "Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZQ=="),
        .field(400, "key that isn't Base64", "Sec-WebSocket-Key", "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="),
        .line(400, "two keys", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
        .field(400, "no Host", "Host", nil),
        .line(400, "two Hosts", "Host: 127.0.0.1"),
        .field(400, "malformed Host", "Host", "Host: a b"),
        .field(400, "Host with a path", "Host", "Host: example.com/x"),
        .line(400, "folded field", " continued"),
        .line(400, "space before the colon", "X-Odd : 1"),
        .line(400, "no colon", "X-Odd"),
        .line(400, "empty name", ": 1"),
        .line(400, "control character", "X-Odd: a\u{1}b"),
        .line(400, "bare LF", "X-Odd: 1\nX-Even: 2"),
        .line(400, "a body", "Content-Length: 5"),
        .line(400, "a chunked body", "Transfer-Encoding: chunked"),
        UpgradeRow(400, "length with chunked") {
            $0.append("Content-Length: 0")
            $0.append("Transfer-Encoding: chunked")
        },
        .line(400, "unknown subprotocol", "Sec-WebSocket-Protocol: base64"),
        .line(400, "binary in capitals", "Sec-WebSocket-Protocol: BINARY"),
        .line(400, "subprotocol that contains binary", "Sec-WebSocket-Protocol: binary2, notbinary"),
        .line(400, "empty subprotocol", "Sec-WebSocket-Protocol:"),
        UpgradeRow(414, "long target") { $0.requestLine = "GET /\(String(repeating: "a", count: 8200)) HTTP/1.1" },
        UpgradeRow(414, "target without end") { $0.requestLine = "GET /\(String(repeating: "a", count: 100_000))" },
        .line(431, "large head", "X-Large: \(String(repeating: "a", count: 33_000))"),
        UpgradeRow(431, "many fields") { for index in 0..<101 { $0.append("X-\(index): 1") } },
    ]

    static let accepted: [UpgradeRow] = [
        UpgradeRow(101, "as it should be") { _ in },
        .line(101, "binary", "Sec-WebSocket-Protocol: binary"),
        .line(101, "binary among several", "Sec-WebSocket-Protocol: base64, binary ,x"),
        UpgradeRow(101, "binary in a second line") {
            $0.append("Sec-WebSocket-Protocol: base64")
            $0.append("Sec-WebSocket-Protocol: binary")
        },
        .line(101, "Upgrade twice", "Upgrade: websocket"),
        .line(101, "compression offered", "Sec-WebSocket-Extensions: permessage-deflate"),
        .line(101, "an Origin", "Origin: http://localhost"),
        .line(101, "a body of no bytes", "Content-Length: 0"),
        UpgradeRow(101, "path and query") { $0.requestLine = "GET /any/path?x=1 HTTP/1.1" },
        UpgradeRow(101, "words in capitals") {
            $0.replace("Upgrade", with: "UPGRADE: WebSocket")
            $0.replace("Connection", with: "connection: keep-alive, UPGRADE")
        },
    ]
}

@Suite(.serialized) struct UpgradeAnswersTests {
    static let stage = Result {
        try Stage { settings in
            settings["limits", "headTimeout"] = "400ms"
            settings["limits", "handshakeTimeout"] = "400ms"
        }
    }

    @Test(arguments: UpgradeRow.refused) func aWrongRequestIsAnswered(_ row: UpgradeRow) throws {
        let stage = try Self.stage.get()
        var request = RawRequest(token: stage.token)
        row.spoil(&request)
        var options = stage.options()
        options.requestBytes = request.bytes
        let client = try BlockingBridgeClient(options)
        let answer = try client.refusal()
        #expect(answer.status == row.status)
        for (name, value) in row.fields { #expect(answer.field(name) == value) }
        #expect(answer.head.fields.list("Connection").map { $0.lowercased() }.contains("close"))
        #expect(!answer.text.contains(stage.token))
        #expect(try stage.application().statistics.accepted == 0, "nothing is dialled for a request that is refused")
    }

    @Test(arguments: UpgradeRow.accepted) func anOddRequestIsTaken(_ row: UpgradeRow) throws {
        let stage = try Stage.shared.get()
        var request = RawRequest(token: stage.token)
        row.spoil(&request)
        var options = stage.options()
        options.requestBytes = request.bytes
        // The client holds the answer against what it would have sent itself: the same key, and `binary` offered.
        options.nonce = Array("the sample nonce".utf8)
        let client = try BlockingBridgeClient(options)
        let answer = try client.connect()
        #expect(answer.status == 101)
        let offersBinary = request.lines.contains { $0.hasPrefix("Sec-WebSocket-Protocol") }
        #expect(answer.fields.all("Sec-WebSocket-Protocol") == (offersBinary ? ["binary"] : []))
        #expect(!answer.fields.contains("Sec-WebSocket-Extensions"))
        try client.send("echo")
        #expect(try client.receive(exactly: 4) == Array("echo".utf8))
        #expect(try client.close().code == .normalClosure)
    }

    @Test func aRequestThatTakesTooLongIsAnswered408() throws {
        let stage = try Self.stage.get()
        let client = try BlockingBridgeClient(stage.options())
        try client.open()
        try client.sendRaw(Array("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n".utf8))
        #expect(try client.refusal().status == 408)
    }

    /// Spare connections of browsers and health checks: an answer nobody asked for would confuse them.
    @Test func aConnectionWithoutARequestEndsWithoutAnAnswer() throws {
        let stage = try Self.stage.get()
        let client = try BlockingBridgeClient(stage.options())
        try client.open()
        #expect(throws: ClientError.self) { try client.closure() }
        guard case .failed = client.end else {
            Issue.record("\(String(describing: client.end))")
            return
        }
    }

    @Test func plainHTTPOnTheTLSPortIsAnswered400() throws {
        let stage = try Self.stage.get()
        var options = stage.options()
        options.endpoint.security = .plain
        let answer = try BlockingBridgeClient(options).refusal()
        #expect(answer.status == 400)
        #expect(answer.text.contains("TLS"))
    }
}

extension Stage {
    /// An echo with default settings, for suites that change nothing.
    static let shared = Result { try Stage() }
}
