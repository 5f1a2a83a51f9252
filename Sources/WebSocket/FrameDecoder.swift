/// Takes frames apart where they lie, as fast as the memory allows (RFC 6455 section 5).
///
/// Rules:
/// - One mutable buffer holds what was received. `0 <= output <= position <= end <= buffer.byteCount` before and after
///   each step: payload bytes move only downwards, onto bytes that have been read already.
/// - A step runs over as many data frames as there are and puts their unmasked payloads one behind the other at
///   `output`, so that many frames leave in one send. Message and frame borders vanish, unless asked for.
/// - A frame is never awaited whole. Between steps only a cut header (at most 14 bytes), a cut control payload (at most
///   125 bytes) and the number of payload bytes still to come are kept.
/// - Order is kept: payload that precedes a control frame or a misdeed is handed out by a step of its own, so nothing
///   sent before it gets lost; the next step then reports the control frame, or throws.
/// - After a Close frame nothing counts any more (section 5.5.1): later steps consume everything and yield nothing.
/// - After a throw the decoder stays failed: later steps throw the same.
///
/// Usage: after each read, call ``step(_:from:to:compactingTo:)`` until it answers `position == end`.
public struct FrameDecoder: Sendable {
    /// What came to light at the end of a step.
    public enum Event: Sendable, Equatable {
        /// A ping, to be answered with a pong that carries the same (section 5.5.2).
        case ping(ControlPayload)
        /// A pong (section 5.5.3).
        case pong(ControlPayload)
        /// The peer's Close frame (section 5.5.1).
        case close(CloseStatus)
        /// A data frame ended with the payload of this step; only with `reportsFrames`.
        case frameEnd(isFinal: Bool)
    }

    /// What a step did.
    public struct Step: Sendable {
        /// The first byte of the buffer that has not been consumed; the `from` of the next step.
        public var position: Int
        /// The end of the payload bytes put together so far; the `compactingTo` of the next step.
        public var output: Int
        /// What stopped the step before the buffer's end, if anything. It comes after the payload.
        public var event: Event?

        @inlinable
        init(position: Int, output: Int, event: Event? = nil) {
            self.position = position
            self.output = output
            self.event = event
        }
    }

    /// What the decoder expects next.
    enum Phase {
        case header
        case dataPayload
        case controlPayload
        case nothingAfterClose
        case nothingAfterFailure
    }

    let role: Role
    let maxFrameSize: Int
    let reportsFrames: Bool

    var phase = Phase.header
    /// Whether a message has begun and not ended; the next data frame has to be a continuation (section 5.4).
    var insideMessage = false
    /// Whether the frame at hand has FIN set.
    var frameIsFinal = false
    /// The opcode of the control frame at hand.
    var controlOpcode = Opcode.ping
    /// The payload bytes of the frame at hand that are still to come.
    var remaining = 0
    /// The masking key, turned to the next payload byte.
    var key = MaskingKey(word: 0)
    /// The bytes of a header that a read cut, and how many there are: 0 where none is pending.
    var pendingHeader = InlineArray<14, UInt8>(repeating: 0)
    var pendingCount = 0
    /// The payload of the control frame at hand.
    var control = ControlPayload()
    var failure: WebSocketError?

    /// A decoder at the start of a connection.
    ///
    /// - Parameters:
    ///   - role: this end's role; it decides whether frames have to be masked.
    ///   - maxFrameSize: the largest payload of a data frame, in bytes.
    ///   - reportsFrames: whether each data frame's end is an event, for callers that care about message borders.
    public init(role: Role, maxFrameSize: Int = 65_535, reportsFrames: Bool = false) {
        self.role = role
        self.maxFrameSize = max(0, maxFrameSize)
        self.reportsFrames = reportsFrames
    }

    /// Decodes the bytes `from..<to` of `buffer` in place, and puts payload bytes at `compactingTo` and upwards.
    ///
    /// Stops at the end of the bytes, after a control frame, or before a misdeed or control frame when there is payload
    /// to hand out first.
    ///
    /// - Precondition: `0 <= output <= position <= end <= buffer.byteCount`.
    /// - Throws: ``WebSocketError``, on which the caller fails the connection.
    public mutating func step(
        _ buffer: inout MutableRawSpan, from position: Int, to end: Int, compactingTo output: Int
    ) throws(WebSocketError) -> Step {
        precondition(
            0 <= output && output <= position && position <= end && end <= buffer.byteCount,
            "decoder given positions out of order")
        let firstOutput = output
        var position = position
        var output = output
        while true {
            switch phase {
            case .dataPayload:
                let count = min(remaining, end &- position)
                key = Masking.apply(key, to: &buffer, from: position, count: count, movingTo: output)
                position &+= count
                output &+= count
                remaining &-= count
                if remaining > 0 { return Step(position: position, output: output) }
                phase = .header
                if reportsFrames {
                    return Step(position: position, output: output, event: .frameEnd(isFinal: frameIsFinal))
                }

            case .header:
                let headerStart = position
                guard let header = takeHeader(&buffer, from: &position, to: end) else {
                    return Step(position: position, output: output)
                }
                let misdeed = misdeed(of: header)
                if misdeed != nil || header.isControl {
                    // Payload goes out first. Payload in this step means that this header began in this buffer, so the
                    // next step can read it again.
                    if output > firstOutput { return Step(position: headerStart, output: output) }
                    if let misdeed { throw fail(misdeed) }
                }
                begin(header)

            case .controlPayload:
                takeControlPayload(&buffer, from: &position, to: end)
                if remaining > 0 { return Step(position: position, output: output) }
                let event = try controlEvent()
                return Step(position: position, output: output, event: event)

            case .nothingAfterClose:
                return Step(position: end, output: output)

            case .nothingAfterFailure:
                throw failure ?? .lengthOutOfRange
            }
        }
    }
}
