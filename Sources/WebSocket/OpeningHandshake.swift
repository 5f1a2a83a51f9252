public import HTTP1

/// The server's side of the opening handshake (RFC 6455 section 4.2).
///
/// Strict where a mistake would be carried on (method, version, key, body), lenient where clients are known to differ:
/// a repeated `Upgrade` is one list, a fixed key will do, a client may offer no subprotocol, extensions are declined by
/// leaving them out of the answer.
public struct OpeningHandshake: Sendable {
    /// The only version of the protocol (section 4.1, number 9).
    public static let version = "13"

    /// The subprotocol spoken here. Case matters (section 4.1, number 10: values are compared as they are).
    public var subprotocol: String

    /// A handshake that agrees on `subprotocol` with clients that offer any.
    public init(subprotocol: String = "binary") { self.subprotocol = subprotocol }

    /// What a good request led to.
    public struct Accepted: Sendable, Equatable {
        /// The subprotocol to echo; nil where the client offered none.
        public var subprotocol: String?
        /// The value of Sec-WebSocket-Accept.
        public var acceptKey: String

        /// The answer that switches protocols (section 4.2.2, number 5). No extension is agreed to.
        public var responseHead: ResponseHead {
            var fields: HeaderFields = [
                "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": acceptKey,
            ]
            if let subprotocol { fields.append("Sec-WebSocket-Protocol", subprotocol) }
            return ResponseHead(status: 101, fields: fields)
        }
    }

    /// Judges `request`, whose grammar the HTTP parser has already judged.
    ///
    /// - Throws: ``HandshakeError``, with the status to answer.
    public func validate(_ request: RequestHead) throws(HandshakeError) -> Accepted {
        let fields = request.fields
        // Section 4.2.1, number 1; the order decides which of several misdeeds is named.
        guard request.method == "GET" else { throw .methodNotGet }
        guard request.version >= .http11 else { throw .httpVersionTooOld }
        guard fields.count("Host") == 1 else { throw .badHost }
        guard fields.contains(token: "websocket", inListField: "Upgrade") else { throw .upgradeNotWebSocket }
        guard fields.contains(token: "upgrade", inListField: "Connection") else { throw .connectionNotUpgrade }
        try checkVersion(fields)
        let key = try checkedKey(fields)
        try checkBody(fields)
        return Accepted(subprotocol: try chosenSubprotocol(fields), acceptKey: Self.acceptKey(for: key))
    }

    /// The value of Sec-WebSocket-Accept that answers `key` (section 4.2.2, number 5.4).
    public static func acceptKey(for key: String) -> String {
        Base64.encode(SHA1.digest(Array(key.utf8) + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
    }

    /// Section 4.2.1, number 6, and section 4.4.
    private func checkVersion(_ fields: HeaderFields) throws(HandshakeError) {
        let versions = fields.all("Sec-WebSocket-Version")
        guard let version = versions.first else { throw .missingVersion }
        guard versions.count == 1 else { throw .repeatedVersion }
        guard version == Self.version else { throw .unsupportedVersion }
    }

    /// Section 4.2.1, number 5; section 11.3.1 allows the field once.
    private func checkedKey(_ fields: HeaderFields) throws(HandshakeError) -> String {
        let keys = fields.all("Sec-WebSocket-Key")
        guard let key = keys.first else { throw .missingKey }
        guard keys.count == 1 else { throw .repeatedKey }
        guard Base64.isSixteenBytes(key.utf8) else { throw .malformedKey }
        return key
    }

    /// What follows the head is taken as frames, so a body would be garbage at best and smuggling at worst.
    private func checkBody(_ fields: HeaderFields) throws(HandshakeError) {
        if fields.contains("Transfer-Encoding") { throw .bodyNotAllowed }
        if fields.contains("Content-Length"), fields.all("Content-Length") != ["0"] { throw .bodyNotAllowed }
    }

    /// The subprotocol to echo (section 4.2.2, number 5.5), nil where none is offered.
    ///
    /// A client that offers some and gets none, or one that it did not offer, fails the connection (section 4.1), so
    /// one that does not offer ours is refused at once.
    private func chosenSubprotocol(_ fields: HeaderFields) throws(HandshakeError) -> String? {
        guard fields.contains("Sec-WebSocket-Protocol") else { return nil }
        let offered = fields.list("Sec-WebSocket-Protocol")
        guard !offered.isEmpty, offered.allSatisfy({ Grammar.isToken($0) }) else { throw .malformedSubprotocols }
        guard offered.contains(subprotocol) else { throw .noCommonSubprotocol(supported: subprotocol) }
        return subprotocol
    }
}
