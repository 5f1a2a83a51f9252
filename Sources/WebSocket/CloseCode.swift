/// Why a WebSocket was closed (RFC 6455 section 7.4 and the IANA registry it set up).
public struct CloseCode: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The number as it stands in a Close frame.
    public let rawValue: UInt16

    /// The code with the number `rawValue`, valid on the wire or not.
    @inlinable
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The purpose of the connection has been fulfilled.
    public static let normalClosure = CloseCode(rawValue: 1000)
    /// An endpoint goes away: a server shuts down, a browser leaves the page.
    public static let goingAway = CloseCode(rawValue: 1001)
    /// The peer broke the protocol.
    public static let protocolError = CloseCode(rawValue: 1002)
    /// The peer sent a kind of data that this end does not take, here: text.
    public static let unsupportedData = CloseCode(rawValue: 1003)
    /// Never sent: stands for a Close frame without a code (section 7.4.1).
    public static let noStatusReceived = CloseCode(rawValue: 1005)
    /// Never sent: stands for a connection that ended without a Close frame (section 7.4.1).
    public static let abnormalClosure = CloseCode(rawValue: 1006)
    /// Data that does not fit its type, such as a close reason that is not UTF-8.
    public static let invalidPayload = CloseCode(rawValue: 1007)
    /// What the peer did, or may no longer do, is against this end's policy.
    public static let policyViolation = CloseCode(rawValue: 1008)
    /// A frame or message is larger than this end takes.
    public static let messageTooBig = CloseCode(rawValue: 1009)
    /// The client needs an extension that the server did not agree to.
    public static let mandatoryExtension = CloseCode(rawValue: 1010)
    /// The server met something that kept it from doing its work.
    public static let internalError = CloseCode(rawValue: 1011)
    /// The service restarts (IANA registry).
    public static let serviceRestart = CloseCode(rawValue: 1012)
    /// The service is overloaded (IANA registry).
    public static let tryAgainLater = CloseCode(rawValue: 1013)
    /// A gateway got an invalid answer from behind it (IANA registry).
    public static let badGateway = CloseCode(rawValue: 1014)
    /// Never sent: stands for a TLS handshake that failed (section 7.4.1).
    public static let tlsHandshake = CloseCode(rawValue: 1015)

    /// Whether the code may stand in a Close frame.
    ///
    /// Section 7.4.2 keeps 0–999 unused and 1000–2999 for the protocol, of which only the registered ones may be sent
    /// (1004 has no meaning yet; 1005, 1006 and 1015 are for use inside an endpoint); libraries and applications have
    /// 3000–4999.
    public var isValidOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}
