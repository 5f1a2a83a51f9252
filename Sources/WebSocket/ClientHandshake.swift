public import HTTP1

/// The client's side of the opening handshake (RFC 6455 section 4.1): the request, and the check of the answer.
public struct ClientHandshake: Sendable {
    /// The key sent, in Base64.
    public let key: String
    /// The subprotocols offered, the preferred first.
    public let subprotocols: [String]
    /// The request to send.
    public let request: RequestHead

    /// A handshake for `target` at `host`.
    ///
    /// - Parameters:
    ///   - host: the Host field: a host, with a port where it is not the scheme's own.
    ///   - target: path and query.
    ///   - subprotocols: what to offer; the field is left out where there is none.
    ///   - nonce: 16 random bytes, new for each connection (section 4.1, number 7).
    ///   - fields: what else to send, such as Authorization or Origin.
    /// - Precondition: `nonce` has 16 bytes.
    public init(
        host: String, target: String = "/", subprotocols: [String] = [], nonce: [UInt8], fields: HeaderFields = [:]
    ) {
        precondition(nonce.count == 16, "a Sec-WebSocket-Key is made of 16 bytes")
        let key = Base64.encode(nonce)
        var all: HeaderFields = [
            "Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": OpeningHandshake.version,
        ]
        if !subprotocols.isEmpty { all.append("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", ")) }
        for field in fields { all.append(field) }
        self.key = key
        self.subprotocols = subprotocols
        request = RequestHead(method: "GET", target: target, fields: all)
    }

    /// Sixteen bytes from the system's source of randomness, for `nonce`.
    public static func makeNonce() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// Judges the server's answer (section 4.1, the second list of numbers).
    ///
    /// - Returns: the subprotocol that the server chose; nil where it chose none.
    /// - Throws: ``ClientHandshakeError``, on which the client closes the connection.
    public func verify(_ response: ResponseHead) throws(ClientHandshakeError) -> String? {
        let fields = response.fields
        guard response.status == 101 else { throw .unexpectedStatus(response.status) }
        guard fields.contains(token: "websocket", inListField: "Upgrade") else { throw .upgradeNotWebSocket }
        guard fields.contains(token: "upgrade", inListField: "Connection") else { throw .connectionNotUpgrade }
        guard fields.all("Sec-WebSocket-Accept") == [OpeningHandshake.acceptKey(for: key)] else {
            throw .wrongAcceptKey
        }
        if let extensionName = fields.list("Sec-WebSocket-Extensions").first {
            throw .unofferedExtension(extensionName)
        }
        let chosen = fields.all("Sec-WebSocket-Protocol")
        guard let subprotocol = chosen.first else { return nil }
        guard chosen.count == 1, subprotocols.contains(subprotocol) else { throw .unofferedSubprotocol(subprotocol) }
        return subprotocol
    }
}

/// Why a server's answer does not open a WebSocket (RFC 6455 section 4.1), one case for each misdeed.
public enum ClientHandshakeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The status is not 101; the answer is an ordinary one of HTTP.
    case unexpectedStatus(Int)
    /// The Upgrade field does not name `websocket`.
    case upgradeNotWebSocket
    /// The Connection field does not name `upgrade`.
    case connectionNotUpgrade
    /// The Sec-WebSocket-Accept field is missing, repeated, or does not answer the key.
    case wrongAcceptKey
    /// The server uses an extension, but none was offered.
    case unofferedExtension(String)
    /// The server chose a subprotocol that was not offered, or more than one.
    case unofferedSubprotocol(String)

    /// The misdeed in words: what, where, what to do.
    public var description: String {
        switch self {
        case .unexpectedStatus(let status): "the server answered \(status) instead of 101 Switching Protocols"
        case .upgradeNotWebSocket: "the answer's Upgrade field does not name websocket; is this a WebSocket server?"
        case .connectionNotUpgrade: "the answer's Connection field does not name Upgrade"
        case .wrongAcceptKey: "the answer's Sec-WebSocket-Accept does not fit the key; is there a cache in between?"
        case .unofferedExtension(let name): "the server uses the extension \(name), which was not offered"
        case .unofferedSubprotocol(let name): "the server chose the subprotocol \(name), which was not offered"
        }
    }
}
