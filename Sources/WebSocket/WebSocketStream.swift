internal import Bytes

/// One end of an open WebSocket as a state machine, for either role: received bytes in, events and bytes to send out.
///
/// Convenient rather than fast (it copies); the bridge drives ``FrameDecoder`` itself. LIFECYCLE.md draws the states.
///
/// Rules (RFC 6455 sections 5.5 and 7.1):
/// - A ping is answered at once with its own payload, unless a Close has been sent.
/// - The first Close received is answered with a Close of the same code, unless one has been sent already.
/// - After a Close has been sent, nothing more is sent; what arrives is still reported until the peer's Close.
/// - A misdeed fails the connection: a Close with the misdeed's code is sent, and what arrives later is ignored.
/// - The server ends the transport connection once both Closes are through; the client waits for that.
public struct WebSocketStream: Sendable {
    /// What happened.
    public enum Event: Sendable, Equatable {
        /// Data, as it arrived; `endsMessage` where the last byte of a message is in it (it may be empty then).
        case data([UInt8], endsMessage: Bool)
        /// A ping; its answer is in the output already.
        case ping([UInt8])
        /// A pong.
        case pong([UInt8])
        /// The peer's Close; its answer is in the output already where one was due.
        case close(CloseStatus)
        /// The peer broke the protocol; the Close that says so is in the output already.
        case failed(WebSocketError)
        /// The transport ended before the closing handshake was complete: code 1006 in the words of section 7.1.5.
        case abnormalClosure
    }

    /// How far the connection is (section 7.1).
    public enum State: Sendable, Equatable {
        /// Data flows both ways.
        case open
        /// This end has sent its Close and expects the peer's.
        case closeSent
        /// Both Closes are through, or the connection has failed: the transport remains to be ended.
        case closed
    }

    /// This end's role.
    public let role: Role
    /// How far the connection is.
    public private(set) var state = State.open

    private let maxOutgoingFrame: Int
    private let makeKey: @Sendable () -> UInt32
    private var decoder: FrameDecoder
    private var output = ByteQueue()
    private var transportEnded = false
    private var failed = false

    /// A connection whose opening handshake is complete.
    ///
    /// - Parameters:
    ///   - role: this end's role.
    ///   - maxFrameSize: the largest frame payload accepted, in bytes.
    ///   - maxOutgoingFrame: the largest frame payload sent; larger messages are fragmented. At least 1.
    ///   - makeKey: the source of masking keys, needed by clients; it has to be unpredictable (section 10.3).
    public init(
        role: Role, maxFrameSize: Int = 65_535, maxOutgoingFrame: Int = 32_768,
        makeKey: @escaping @Sendable () -> UInt32 = { UInt32.random(in: 0 ... .max) }
    ) {
        self.role = role
        self.maxOutgoingFrame = max(1, maxOutgoingFrame)
        self.makeKey = makeKey
        decoder = FrameDecoder(role: role, maxFrameSize: maxFrameSize, reportsFrames: true)
    }

    // MARK: Receiving

    /// Takes bytes that the transport delivered and answers what they mean, in order.
    public mutating func receive(_ bytes: [UInt8]) -> [Event] {
        if state == .closed { return [] }
        var events: [Event] = []
        // A private copy, since frames are decoded in place.
        var buffer = bytes
        var position = 0
        var decoded = 0
        do throws(WebSocketError) {
            while position < buffer.count {
                var span = buffer.mutableSpan
                var raw = unsafe span.mutableBytes
                let step = try decoder.step(&raw, from: position, to: bytes.count, compactingTo: decoded)
                let piece = Array(buffer[decoded..<step.output])
                (position, decoded) = (step.position, step.output)
                report(piece, step.event, to: &events)
            }
        } catch {
            events.append(.failed(error))
            fail(error)
        }
        return events
    }

    /// Takes note that the transport will deliver no more.
    public mutating func receiveEndOfFile() -> [Event] {
        transportEnded = true
        if state == .closed { return [] }
        state = .closed
        return [.abnormalClosure]
    }

    private mutating func report(_ piece: [UInt8], _ event: FrameDecoder.Event?, to events: inout [Event]) {
        switch event {
        case .frameEnd(isFinal: true):
            events.append(.data(piece, endsMessage: true))
        case nil, .frameEnd(isFinal: false):
            if !piece.isEmpty { events.append(.data(piece, endsMessage: false)) }
        case .ping(let payload):
            events.append(.ping(payload.bytes))
            if state == .open { append(.pong, payload) }
        case .pong(let payload):
            events.append(.pong(payload.bytes))
        case .close(let status):
            events.append(.close(status))
            // Section 5.5.1: the answer carries the code received; none where none came.
            if state == .open { append(.close, .close(status.code)) }
            state = .closed
        }
    }

    // MARK: Sending

    /// Sends `message` as one binary message, in as many frames as its size needs.
    ///
    /// - Returns: false, having sent nothing, where a Close has been sent already.
    @discardableResult
    public mutating func send(_ message: [UInt8]) -> Bool {
        guard state == .open else { return false }
        var start = 0
        repeat {
            let end = min(message.count, start + maxOutgoingFrame)
            appendFrame(start == 0 ? .binary : .continuation, message[start..<end], isFinal: end == message.count)
            start = end
        } while start < message.count
        return true
    }

    /// Sends one frame as it is asked for, sensible or not: for tests, and for callers that fragment by themselves.
    ///
    /// - Returns: false, having sent nothing, where a Close has been sent already.
    @discardableResult
    public mutating func sendFrame(_ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true) -> Bool {
        guard state == .open else { return false }
        appendFrame(opcode, payload[...], isFinal: isFinal)
        return true
    }

    /// Sends a ping with at most 125 bytes of `payload`.
    ///
    /// - Returns: false, having sent nothing, where a Close has been sent already.
    @discardableResult
    public mutating func ping(_ payload: [UInt8] = []) -> Bool {
        guard state == .open else { return false }
        append(.ping, ControlPayload(payload))
        return true
    }

    /// Begins the closing handshake (section 7.1.2): sends a Close, after which nothing more is sent.
    ///
    /// - Parameters:
    ///   - code: why; one that must not be sent, or nil, yields a Close without a code.
    ///   - reason: words for a log, cut to 123 bytes of UTF-8.
    public mutating func close(_ code: CloseCode? = .normalClosure, reason: String = "") {
        guard state == .open else { return }
        append(.close, .close(code, reason: reason))
        state = .closeSent
    }

    /// The bytes to send, which are then forgotten here.
    public mutating func takeOutput() -> [UInt8] {
        defer { output.removeAll() }
        return output.bytes
    }

    /// Whether there are bytes to send.
    public var hasOutput: Bool { !output.isEmpty }

    /// Whether this end should end the transport connection, once the output is sent: the server does so when the
    /// closing handshake is complete (section 7.1.1); a client only after the server has, or after a misdeed.
    public var shouldEndTransport: Bool {
        state == .closed && (role == .server || transportEnded || failed)
    }

    /// Section 7.1.7: fail the WebSocket connection.
    private mutating func fail(_ misdeed: WebSocketError) {
        if state == .open { append(.close, .close(misdeed.closeCode, reason: misdeed.description)) }
        state = .closed
        failed = true
    }

    private mutating func append(_ opcode: Opcode, _ payload: ControlPayload) {
        output.append(payload.frame(opcode, maskingKey: nextKey()))
    }

    private mutating func appendFrame(_ opcode: Opcode, _ payload: ArraySlice<UInt8>, isFinal: Bool) {
        let key = nextKey()
        let header = FrameHeader(opcode, payloadLength: payload.count, isFinal: isFinal, maskingKey: key)
        var frame = header.bytes + payload
        if let key {
            var span = frame.mutableSpan
            var raw = unsafe span.mutableBytes
            Masking.apply(key, to: &raw, from: header.size, count: payload.count, movingTo: header.size)
        }
        output.append(frame)
    }

    private func nextKey() -> MaskingKey? { role == .client ? MaskingKey(word: makeKey()) : nil }
}
