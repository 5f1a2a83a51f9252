/// What a frame carries (RFC 6455 section 5.2, registry of section 11.8).
public enum Opcode: UInt8, Sendable, Hashable, CaseIterable {
    /// More of the message that an earlier frame began.
    case continuation = 0x0
    /// The start of a text message.
    case text = 0x1
    /// The start of a binary message.
    case binary = 0x2
    /// The end of the conversation, with an optional code and reason (section 5.5.1).
    case close = 0x8
    /// A question that a pong answers (section 5.5.2).
    case ping = 0x9
    /// The answer to a ping, or an unasked sign of life (section 5.5.3).
    case pong = 0xA

    /// Whether frames of this kind are control frames: at most 125 bytes, never fragmented (section 5.5).
    @inlinable
    public var isControl: Bool { rawValue & 0x8 != 0 }
}
