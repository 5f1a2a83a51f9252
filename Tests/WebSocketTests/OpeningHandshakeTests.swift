import HTTP1
import Testing
import WebSocket

@Suite struct OpeningHandshakeTests {
    /// The request of RFC 6455 section 1.3, with the subprotocol spoken here.
    static func request(_ change: (inout RequestHead) -> Void = { _ in }) -> RequestHead {
        var head = RequestHead(
            method: "GET", target: "/chat",
            fields: [
                "Host": "server.example.com", "Upgrade": "websocket", "Connection": "Upgrade",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": "http://example.com",
                "Sec-WebSocket-Protocol": "binary", "Sec-WebSocket-Version": "13",
            ])
        change(&head)
        return head
    }

    static func outcome(_ head: RequestHead) -> Result<OpeningHandshake.Accepted, HandshakeError> {
        Result { () throws(HandshakeError) in try OpeningHandshake().validate(head) }
    }

    @Test("RFC 6455 1.3: the example key")
    func exampleKey() {
        #expect(OpeningHandshake.acceptKey(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test("RFC 6455 4.2.2: the answer, field by field, without extensions")
    func answer() throws {
        let head = Self.request { $0.fields.append("Sec-WebSocket-Extensions", "permessage-deflate") }
        let response = try OpeningHandshake().validate(head).responseHead
        let expected: HeaderFields = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "Sec-WebSocket-Protocol": "binary",
        ]
        #expect(response == ResponseHead(status: 101, reason: "Switching Protocols", fields: expected))
    }

    @Test func noSubprotocolOfferedNoneEchoed() throws {
        let accepted = try OpeningHandshake().validate(Self.request { $0.fields.remove("Sec-WebSocket-Protocol") })
        #expect(accepted.subprotocol == nil)
        #expect(!accepted.responseHead.fields.contains("Sec-WebSocket-Protocol"))
    }

    /// What real clients send, each accepted and answered with `binary`.
    @Test(arguments: [
        ("Upgrade", ["websocket", "websocket"]), ("Upgrade", ["WebSocket"]), ("Upgrade", ["h2c, websocket"]),
        ("Connection", ["keep-alive, Upgrade"]), ("Connection", ["upgrade"]),
        ("Connection", ["keep-alive", "Upgrade"]),
        ("Sec-WebSocket-Protocol", ["base64, binary"]), ("Sec-WebSocket-Protocol", ["binary,base64"]),
        ("Sec-WebSocket-Protocol", ["base64", " binary "]),
        ("Sec-WebSocket-Protocol", ["base64url.bearer.authorization.k8s.io.e30, binary"]),
        ("Sec-WebSocket-Protocol", ["binary", "binary"]),
        ("Content-Length", ["0"]),
    ])
    func accepted(_ name: String, _ values: [String]) throws {
        let head = Self.request { head in
            head.fields.remove(name)
            for value in values { head.fields.append(name, value) }
        }
        #expect(try OpeningHandshake().validate(head).subprotocol == "binary")
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        var head: RequestHead
        var error: HandshakeError
        var status: Int
        var testDescription: String { "\(error)" }

        init(_ error: HandshakeError, _ status: Int, _ change: (inout RequestHead) -> Void) {
            (head, self.error, self.status) = (OpeningHandshakeTests.request(change), error, status)
        }

        init(_ error: HandshakeError, _ name: String, _ values: [String], _ status: Int = 400) {
            self.init(error, status) { head in
                head.fields.remove(name)
                for value in values { head.fields.append(name, value) }
            }
        }
    }

    static let refusals: [Refused] = [
        Refused(.methodNotGet, 405) { $0.method = "POST" },
        Refused(.methodNotGet, 405) { $0.method = "HEAD" },
        Refused(.methodNotGet, 405) { $0.method = "get" },
        Refused(.httpVersionTooOld, 400) { $0.version = .http10 },
        Refused(.badHost, "Host", []),
        Refused(.badHost, "Host", ["a", "a"]),
        Refused(.upgradeNotWebSocket, "Upgrade", []),
        Refused(.upgradeNotWebSocket, "Upgrade", ["h2c"]),
        Refused(.upgradeNotWebSocket, "Upgrade", ["websocketx"]),
        Refused(.connectionNotUpgrade, "Connection", []),
        Refused(.connectionNotUpgrade, "Connection", ["keep-alive"]),
        Refused(.missingVersion, "Sec-WebSocket-Version", []),
        Refused(.repeatedVersion, "Sec-WebSocket-Version", ["13", "13"]),
        Refused(.unsupportedVersion, "Sec-WebSocket-Version", ["8"], 426),
        Refused(.unsupportedVersion, "Sec-WebSocket-Version", ["013"], 426),
        Refused(.unsupportedVersion, "Sec-WebSocket-Version", ["13, 8"], 426),
        Refused(.unsupportedVersion, "Sec-WebSocket-Version", [""], 426),
        Refused(.missingKey, "Sec-WebSocket-Key", []),
        Refused(.repeatedKey, "Sec-WebSocket-Key", ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="]),
        Refused(.malformedKey, "Sec-WebSocket-Key", [""]),
        Refused(.malformedKey, "Sec-WebSocket-Key", ["SGVsbG8sIHdvcmxkIQ=="]),
        Refused(.malformedKey, "Sec-WebSocket-Key", ["dGhlIHNhbXBsZSBub25jZSE="]),
        Refused(.noCommonSubprotocol(supported: "binary"), "Sec-WebSocket-Protocol", ["base64"]),
        Refused(.noCommonSubprotocol(supported: "binary"), "Sec-WebSocket-Protocol", ["Binary"]),
        Refused(.noCommonSubprotocol(supported: "binary"), "Sec-WebSocket-Protocol", ["binaryx, xbinary"]),
        Refused(
            .noCommonSubprotocol(supported: "binary"), "Sec-WebSocket-Protocol",
            ["base64url.bearer.authorization.k8s.io.e30"]),
        Refused(.malformedSubprotocols, "Sec-WebSocket-Protocol", [""]),
        Refused(.malformedSubprotocols, "Sec-WebSocket-Protocol", [" , "]),
        Refused(.malformedSubprotocols, "Sec-WebSocket-Protocol", ["binary, a b"]),
        Refused(.bodyNotAllowed, "Content-Length", ["1"]),
        Refused(.bodyNotAllowed, "Content-Length", ["0", "0"]),
        Refused(.bodyNotAllowed, "Transfer-Encoding", ["chunked"]),
    ]

    @Test("RFC 6455 4.2.1: each misdeed has its error and its status", arguments: refusals)
    func refused(_ refused: Refused) {
        #expect(Self.outcome(refused.head) == .failure(refused.error))
        #expect(refused.error.status == refused.status)
        #expect(!refused.error.description.isEmpty)
    }

    @Test("RFC 6455 4.4, RFC 9110 15.5.6 and 15.5.22: fields that the refusal needs")
    func extraFields() {
        #expect(HandshakeError.methodNotGet.extraFields == ["Allow": "GET"])
        #expect(HandshakeError.unsupportedVersion.extraFields.all("Sec-WebSocket-Version") == ["13"])
        #expect(HandshakeError.unsupportedVersion.extraFields.all("Upgrade") == ["websocket"])
        #expect(HandshakeError.missingVersion.extraFields == ["Sec-WebSocket-Version": "13"])
        #expect(HandshakeError.malformedKey.extraFields.isEmpty)
    }

    @Test func anotherSubprotocol() throws {
        let head = Self.request { $0.fields.replace("Sec-WebSocket-Protocol", "mqtt, binary") }
        #expect(try OpeningHandshake(subprotocol: "mqtt").validate(head).subprotocol == "mqtt")
    }
}
