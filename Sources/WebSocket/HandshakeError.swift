public import HTTP1

/// Why a request is not a WebSocket opening handshake that this server takes (RFC 6455 section 4.2.1), one case for
/// each misdeed.
public enum HandshakeError: Error, Sendable, Equatable {
    /// The method is not GET.
    case methodNotGet
    /// The request is of HTTP/1.0, which has no upgrades.
    case httpVersionTooOld
    /// There is no Host field, or more than one.
    case badHost
    /// The Upgrade field does not name `websocket`.
    case upgradeNotWebSocket
    /// The Connection field does not name `upgrade`.
    case connectionNotUpgrade
    /// There is no Sec-WebSocket-Version field.
    case missingVersion
    /// There is more than one Sec-WebSocket-Version field.
    case repeatedVersion
    /// The Sec-WebSocket-Version is not 13 (section 4.4).
    case unsupportedVersion
    /// There is no Sec-WebSocket-Key field.
    case missingKey
    /// There is more than one Sec-WebSocket-Key field.
    case repeatedKey
    /// The Sec-WebSocket-Key is not 16 bytes in Base64.
    case malformedKey
    /// The Sec-WebSocket-Protocol field is empty or has a member that is not a token.
    case malformedSubprotocols
    /// Subprotocols are offered, but not the one spoken here.
    case noCommonSubprotocol(supported: String)
    /// The request announces a body.
    case bodyNotAllowed

    /// The status code to answer with (RFC 6455 sections 4.2.2 and 4.4, RFC 9110 section 15).
    public var status: Int {
        switch self {
        case .methodNotGet: 405
        case .unsupportedVersion: 426
        default: 400
        }
    }

    /// The fields that the answer needs besides the usual ones.
    public var extraFields: HeaderFields {
        switch self {
        // RFC 9110 section 15.5.6: a 405 has Allow.
        case .methodNotGet: ["Allow": "GET"]
        // Section 4.4 of RFC 6455; a 426 has Upgrade (RFC 9110 section 15.5.22), which needs Connection (7.8).
        case .unsupportedVersion:
            ["Upgrade": "websocket", "Connection": "upgrade", "Sec-WebSocket-Version": OpeningHandshake.version]
        // A client that left the version out learns which one to send.
        case .missingVersion: ["Sec-WebSocket-Version": OpeningHandshake.version]
        default: [:]
        }
    }
}

extension HandshakeError: CustomStringConvertible {
    /// The misdeed in words: what, where, what to do.
    public var description: String {
        switch self {
        case .methodNotGet: "a WebSocket handshake needs the method GET"
        case .httpVersionTooOld: "a WebSocket handshake needs HTTP/1.1"
        case .badHost: "the request needs exactly one Host field"
        case .upgradeNotWebSocket: "the Upgrade field does not name websocket; connect with a WebSocket client"
        case .connectionNotUpgrade: "the Connection field does not name Upgrade; a proxy in between may remove it"
        case .missingVersion: "the Sec-WebSocket-Version field is missing; send 13"
        case .repeatedVersion: "the Sec-WebSocket-Version field is there more than once; send one"
        case .unsupportedVersion: "the Sec-WebSocket-Version is not supported; send 13"
        case .missingKey: "the Sec-WebSocket-Key field is missing; send 16 random bytes in Base64"
        case .repeatedKey: "the Sec-WebSocket-Key field is there more than once; send one"
        case .malformedKey: "the Sec-WebSocket-Key is not 16 bytes in Base64"
        case .malformedSubprotocols: "the Sec-WebSocket-Protocol field is not a list of tokens"
        case .noCommonSubprotocol(let supported):
            "none of the offered subprotocols is spoken here; offer \(supported), or none"
        case .bodyNotAllowed: "a WebSocket handshake has no body; leave Content-Length and Transfer-Encoding out"
        }
    }
}
