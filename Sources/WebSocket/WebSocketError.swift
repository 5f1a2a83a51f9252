/// A peer's breach of RFC 6455 or of this end's limits, one case for each misdeed.
///
/// Whoever meets one fails the connection (section 7.1.7): sends a Close frame with ``closeCode`` and reads no further.
public enum WebSocketError: Error, Sendable, Equatable {
    /// A reserved bit is set though no extension was agreed (section 5.2); the three bits as they stand in the byte.
    case reservedBits(UInt8)
    /// The opcode is one that no one has defined (section 5.2).
    case unknownOpcode(UInt8)
    /// A client sent a frame without masking it (section 5.1).
    case unmaskedFrame
    /// A server sent a masked frame (section 5.1).
    case maskedFrame
    /// The length is written in more bytes than it needs (section 5.2).
    case nonMinimalLength(UInt64)
    /// The length's most significant bit is set (section 5.2).
    case lengthOutOfRange
    /// The frame's payload is larger than this end takes.
    case frameTooLarge(length: UInt64, limit: Int)
    /// The assembled message is larger than this end takes.
    case messageTooLarge(limit: Int)
    /// A text frame, where only binary data is carried.
    case textFrame
    /// A continuation frame, but no message has begun (section 5.4).
    case continuationWithoutStart
    /// A new message begins inside another that is not finished (section 5.4).
    case interleavedMessage
    /// A control frame without FIN (section 5.5).
    case fragmentedControlFrame(Opcode)
    /// A control frame with more than 125 bytes (section 5.5).
    case oversizedControlFrame(Opcode)
    /// A Close frame with a single byte, which is half a code (section 5.5.1).
    case truncatedCloseCode
    /// A Close frame with a code that must not be sent (section 7.4).
    case invalidCloseCode(UInt16)
    /// A Close frame whose reason is not UTF-8 (section 5.5.1).
    case invalidCloseReason

    /// The code to send when failing the connection for this (section 7.4.1).
    public var closeCode: CloseCode {
        switch self {
        case .textFrame: .unsupportedData
        case .frameTooLarge, .messageTooLarge: .messageTooBig
        case .invalidCloseReason: .invalidPayload
        case .reservedBits, .unknownOpcode, .unmaskedFrame, .maskedFrame, .nonMinimalLength, .lengthOutOfRange,
            .continuationWithoutStart, .interleavedMessage, .fragmentedControlFrame, .oversizedControlFrame,
            .truncatedCloseCode, .invalidCloseCode:
            .protocolError
        }
    }
}

extension WebSocketError: CustomStringConvertible {
    /// The misdeed in words that fit a close reason (at most 123 bytes) and a log line: what, where, what to do.
    public var description: String {
        switch self {
        case .reservedBits(let bits):
            "reserved bits \(bits >> 4) set in a frame header; no extension was agreed, send without compression"
        case .unknownOpcode(let value):
            "unknown opcode \(value) in a frame header; send binary frames"
        case .unmaskedFrame:
            "unmasked frame from a client; mask every frame"
        case .maskedFrame:
            "masked frame from a server; send frames unmasked"
        case .nonMinimalLength(let length):
            "frame length \(length) is not written in the fewest bytes; use the shortest form"
        case .lengthOutOfRange:
            "frame length has its top bit set; send a length below 2^63"
        case .frameTooLarge(let length, let limit):
            "frame of \(length) bytes is over the limit of \(limit); send smaller frames"
        case .messageTooLarge(let limit):
            "message is over the limit of \(limit) bytes; send smaller messages"
        case .textFrame:
            "text frame; only binary frames are carried, send binary"
        case .continuationWithoutStart:
            "continuation frame outside a message; start with a binary frame"
        case .interleavedMessage:
            "new message inside a fragmented one; finish with continuation frames first"
        case .fragmentedControlFrame(let opcode):
            "fragmented \(opcode) frame; send control frames whole"
        case .oversizedControlFrame(let opcode):
            "\(opcode) frame with more than 125 bytes; shorten its payload"
        case .truncatedCloseCode:
            "close frame with half a code; send two bytes or none"
        case .invalidCloseCode(let code):
            "close frame with code \(code), which must not be sent; use 1000 or another valid code"
        case .invalidCloseReason:
            "close frame with a reason that is not UTF-8; send UTF-8"
        }
    }
}
