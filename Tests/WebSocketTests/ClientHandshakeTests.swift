import HTTP1
import Testing
import WebSocket

@Suite struct ClientHandshakeTests {
    /// The key of RFC 6455 section 1.3.
    static let handshake = ClientHandshake(
        host: "localhost:10000", target: "/a?b", subprotocols: ["binary", "base64"],
        nonce: Array("the sample nonce".utf8),
        fields: ["Authorization": "Bearer x"])

    static func response(_ change: (inout ResponseHead) -> Void = { _ in }) -> ResponseHead {
        var head = ResponseHead(
            status: 101,
            fields: [
                "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                "Sec-WebSocket-Protocol": "binary",
            ])
        change(&head)
        return head
    }

    @Test("RFC 6455 4.1: the request, field by field")
    func request() {
        let expected: HeaderFields = [
            "Host": "localhost:10000", "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": "binary, base64", "Authorization": "Bearer x",
        ]
        #expect(Self.handshake.request == RequestHead(method: "GET", target: "/a?b", fields: expected))
    }

    @Test func noSubprotocolNoField() {
        let request = ClientHandshake(host: "a", nonce: ClientHandshake.makeNonce()).request
        #expect(!request.fields.contains("Sec-WebSocket-Protocol"))
        #expect(request.target == "/")
    }

    @Test func noncesDiffer() {
        let nonces = Set((0..<50).map { _ in ClientHandshake.makeNonce() })
        #expect(nonces.count == 50)
        #expect(nonces.allSatisfy { $0.count == 16 })
    }

    @Test func bothEndsAgree() throws {
        let accepted = try OpeningHandshake().validate(Self.handshake.request)
        #expect(try Self.handshake.verify(accepted.responseHead) == "binary")
    }

    @Test func goodAnswers() throws {
        #expect(try Self.handshake.verify(Self.response()) == "binary")
        #expect(try Self.handshake.verify(Self.response { $0.fields.remove("Sec-WebSocket-Protocol") }) == nil)
        #expect(try Self.handshake.verify(Self.response { $0.fields.replace("Upgrade", "WebSocket") }) == "binary")
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        var response: ResponseHead
        var error: ClientHandshakeError
        var testDescription: String { "\(error)" }

        init(_ error: ClientHandshakeError, _ change: (inout ResponseHead) -> Void) {
            (response, self.error) = (ClientHandshakeTests.response(change), error)
        }
    }

    static let refusals = [
        Refused(.unexpectedStatus(403)) { $0.status = 403 },
        Refused(.unexpectedStatus(200)) { $0.status = 200 },
        Refused(.upgradeNotWebSocket) { $0.fields.remove("Upgrade") },
        Refused(.upgradeNotWebSocket) { $0.fields.replace("Upgrade", "h2c") },
        Refused(.connectionNotUpgrade) { $0.fields.remove("Connection") },
        Refused(.connectionNotUpgrade) { $0.fields.replace("Connection", "close") },
        Refused(.wrongAcceptKey) { $0.fields.remove("Sec-WebSocket-Accept") },
        Refused(.wrongAcceptKey) { $0.fields.append("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") },
        Refused(.wrongAcceptKey) { $0.fields.replace("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO=") },
        Refused(.unofferedExtension("permessage-deflate")) {
            $0.fields.append("Sec-WebSocket-Extensions", "permessage-deflate")
        },
        Refused(.unofferedSubprotocol("mqtt")) { $0.fields.replace("Sec-WebSocket-Protocol", "mqtt") },
        Refused(.unofferedSubprotocol("binary")) { $0.fields.append("Sec-WebSocket-Protocol", "base64") },
    ]

    @Test("RFC 6455 4.1: each misdeed of the server has its error", arguments: refusals)
    func refused(_ refused: Refused) {
        let outcome = Result { () throws(ClientHandshakeError) in try Self.handshake.verify(refused.response) }
        #expect(outcome == .failure(refused.error))
        #expect(!refused.error.description.isEmpty)
    }
}
