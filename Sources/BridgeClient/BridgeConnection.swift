// One WebSocket connection to the bridge, on an event loop.
//
// Rules:
// - Phases: idle → connecting → (connected →) awaitingAnswer → open → ended. `connect()` goes as far as `open`; `open()`
//   stops at `connected`, for who wants to send bytes of his own there.
// - The owner hears `bridgeOpened` at most once, and `bridgeEnded` once, behind everything else. After
//   `disconnect()` or `reset()` nothing comes.
// - Backpressure: the owner stops sending while ``pendingOutput`` is not zero, or at a bound of its own, and goes on at
//   `bridgeDrained`. It calls ``pauseReading()`` while it can't take more.
// - The server ends the TCP connection once both Close frames are through (RFC 6455 section 7.1.1); ``closeTimeout``
//   ends the wait for it.
internal import Bytes
public import HTTP1
public import Reactor
internal import System
public import TLS
public import WebSocket

/// What a connection to the bridge tells.
public protocol BridgeConnectionOwner: AnyObject {
    /// TCP and TLS stand; only after ``BridgeConnection/open()``.
    func bridgeConnected()
    /// The upgrade was answered with `answer`, a 101.
    func bridgeOpened(_ answer: ResponseHead)
    /// The application's bytes came; `endsMessage` where a WebSocket message ends with them.
    func bridgeReceived(_ bytes: [UInt8], endsMessage: Bool)
    /// The server's ping came; it was answered.
    func bridgeReceivedPing(_ payload: [UInt8])
    /// A pong came.
    func bridgeReceivedPong(_ payload: [UInt8])
    /// Everything sent is with the kernel.
    func bridgeDrained()
    /// It is over.
    func bridgeEnded(_ end: BridgeEnd)
}

extension BridgeConnectionOwner {
    /// Nothing to do.
    public func bridgeConnected() {}
    /// Nothing to do.
    public func bridgeReceivedPing(_ payload: [UInt8]) {}
    /// Nothing to do.
    public func bridgeReceivedPong(_ payload: [UInt8]) {}
    /// Nothing to do.
    public func bridgeDrained() {}
}

/// A WebSocket connection to the bridge.
public final class BridgeConnection: ClientChannelOwner, TimerTarget {
    private enum Phase { case idle, connecting, connected, awaitingAnswer, open, ended }

    /// Whom everything is told.
    public weak var owner: (any BridgeConnectionOwner)?
    /// The options it was made with.
    public let options: BridgeOptions
    private let runtime: ClientRuntime
    private let channel: ClientChannel
    private let handshake: ClientHandshake
    private var phase = Phase.idle
    private var stopsBeforeRequest = false
    private var reader = ResponseReader(method: "GET")
    private var stream: WebSocketStream
    private var received: CloseStatus?
    private var sentCloseFirst = false
    private var closeTimer: TimerID?

    /// A connection that is not made yet: set ``owner``, then ``connect()``.
    public init(_ options: BridgeOptions, runtime: ClientRuntime) {
        self.options = options
        self.runtime = runtime
        channel = ClientChannel(options.endpoint, runtime: runtime)
        var fields = HeaderFields()
        if let token = options.token { fields.append("Authorization", "Bearer \(token)") }
        for field in options.fields { fields.append(field) }
        let nonce = options.nonce.flatMap { $0.count == 16 ? $0 : nil } ?? ClientHandshake.makeNonce()
        handshake = ClientHandshake(
            host: options.host ?? options.endpoint.description, target: options.target,
            subprotocols: options.subprotocols, nonce: nonce, fields: fields)
        stream = WebSocketStream(
            role: .client, maxFrameSize: options.maxFrameSize, maxOutgoingFrame: options.frameSize)
        channel.owner = self
    }

    deinit { disconnect() }

    // MARK: Opening

    /// Connects and asks for the upgrade.
    public func connect() {
        guard phase == .idle else { return phase == .connected ? sendRequest() : () }
        phase = .connecting
        channel.open()
    }

    /// Connects with TCP and TLS, and stops before the request.
    public func open() {
        guard phase == .idle else { return }
        stopsBeforeRequest = true
        phase = .connecting
        channel.open()
    }

    /// Sends the request; for after ``open()``, ``connect()`` does it by itself.
    public func sendRequest() {
        guard phase == .connected else { return }
        phase = .awaitingAnswer
        let bytes = options.requestBytes ?? HeadSerializer.serialize(handshake.request)
        channel.write(bytes)
    }

    /// The request that is sent where ``BridgeOptions/requestBytes`` are not given.
    public var request: RequestHead { handshake.request }

    /// Whether the WebSocket is open and no Close has been sent or received.
    public var isOpen: Bool { phase == .open && stream.state == .open }

    /// Whether the closing handshake is under way.
    public var isClosing: Bool { phase == .open && stream.state != .open }

    /// The TLS connection: its version, cipher and certificate names; nil before it is there, and without TLS.
    public var tls: TLSConnection? { channel.tls }

    // MARK: Sending

    /// Bytes that were sent and are not with the kernel.
    public var pendingOutput: Int { channel.pendingOutput }

    /// Sends `message` as one binary message, fragmented where it is longer than ``BridgeOptions/frameSize``.
    ///
    /// - Returns: false, having sent nothing, where the WebSocket isn't open.
    @discardableResult
    public func send(_ message: [UInt8]) -> Bool {
        guard phase == .open, stream.send(message) else { return false }
        return flushed()
    }

    /// Sends one frame as it is asked for, sensible or not.
    ///
    /// - Returns: false, having sent nothing, where the WebSocket isn't open.
    @discardableResult
    public func sendFrame(_ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true) -> Bool {
        guard phase == .open, stream.sendFrame(opcode, payload, isFinal: isFinal) else { return false }
        return flushed()
    }

    /// Sends a ping.
    @discardableResult
    public func ping(_ payload: [UInt8] = []) -> Bool {
        guard phase == .open, stream.ping(payload) else { return false }
        return flushed()
    }

    /// Sends `bytes` as they are, in any phase after TLS stands: for tests.
    public func sendRaw(_ bytes: [UInt8]) {
        // Whoever sends before the request was asked for sends it himself.
        if phase == .connected { phase = .awaitingAnswer }
        channel.write(bytes)
    }

    private func flushed() -> Bool {
        if stream.hasOutput { channel.write(stream.takeOutput()) }
        return true
    }

    // MARK: Receiving

    /// Takes nothing more from the socket.
    public func pauseReading() { channel.pauseReading() }

    /// Takes bytes from the socket again.
    public func resumeReading() { channel.resumeReading() }

    // MARK: Ending

    /// Begins the closing handshake. Nothing can be sent afterwards; data is reported until the server's Close.
    public func close(_ code: CloseCode? = .normalClosure, reason: String = "") {
        guard phase == .open, stream.state == .open else { return }
        sentCloseFirst = true
        stream.close(code, reason: reason)
        _ = flushed()
        expectEnd()
    }

    /// Ends the sending direction with close_notify and FIN, whatever the WebSocket's state. Reading goes on.
    public func finishWriting() { channel.finishWriting() }

    /// Sends a bare FIN, without close_notify. Reading goes on.
    public func finishWritingAbruptly() { channel.finishWritingAbruptly() }

    /// Ends the TCP connection without a Close frame; the owner hears no more.
    public func disconnect() {
        phase = .ended
        forgetTimer()
        channel.close()
    }

    /// Ends the TCP connection with a reset; the owner hears no more.
    public func reset() {
        phase = .ended
        forgetTimer()
        channel.reset()
    }

    private func expectEnd() {
        guard closeTimer == nil else { return }
        closeTimer = runtime.loop.schedule(at: Clock.monotonic + options.closeTimeout, self, purpose: 0)
    }

    private func forgetTimer() {
        if let closeTimer { runtime.loop.cancel(closeTimer) }
        closeTimer = nil
    }

    private func end(_ end: BridgeEnd) {
        guard phase != .ended else { return }
        disconnect()
        owner?.bridgeEnded(end)
    }

    private func closure(_ transport: ChannelEnd) -> BridgeEnd {
        .closed(BridgeClosure(received: received, startedHere: sentCloseFirst, transport: transport))
    }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        closeTimer = nil
        let awaited = received == nil ? "Close frame" : "end of the connection"
        end(closure(.failed(.timedOut(awaiting: awaited, after: options.closeTimeout))))
    }

    // MARK: The channel's calls

    func channelOpened() {
        phase = .connected
        if stopsBeforeRequest { owner?.bridgeConnected() } else { sendRequest() }
    }

    func channelReceived(_ bytes: Span<UInt8>) {
        switch phase {
        case .open: receive(frames: bytes)
        case .awaitingAnswer, .connected: receive(answer: bytes)
        case .idle, .connecting, .ended: break
        }
    }

    func channelDrained() { owner?.bridgeDrained() }

    func channelEnded(_ ending: ChannelEnd) {
        if phase == .open {
            // The answer to the server's close_notify.
            if case .finished = ending { channel.finishWriting() }
            return end(closure(ending))
        }
        if case .failed(let error) = ending { return end(.failed(error)) }
        do throws(HTTPError) {
            if let response = try reader.receiveEnd() { return end(.refused(response)) }
            end(.failed(.closedEarly(awaiting: reader.isIdle ? "an answer" : "the rest of its answer")))
        } catch {
            end(.failed(.http(error)))
        }
    }

    private func receive(answer bytes: Span<UInt8>) {
        do throws(HTTPError) {
            guard case .complete(let response, let consumed) = try reader.receive(bytes) else { return }
            guard response.status == 101 else { return end(.refused(response)) }
            if options.requestBytes == nil {
                do throws(ClientHandshakeError) { _ = try handshake.verify(response.head) } catch {
                    return end(.failed(.upgrade(error.description)))
                }
            }
            phase = .open
            owner?.bridgeOpened(response.head)
            if consumed < bytes.count { receive(frames: bytes.extracting(consumed..<bytes.count)) }
        } catch {
            end(.failed(.http(error)))
        }
    }

    private func receive(frames bytes: Span<UInt8>) {
        for event in stream.receive(Array(copying: bytes)) {
            guard phase == .open else { return }
            switch event {
            case .data(let bytes, let endsMessage): owner?.bridgeReceived(bytes, endsMessage: endsMessage)
            case .ping(let payload): owner?.bridgeReceivedPing(payload)
            case .pong(let payload): owner?.bridgeReceivedPong(payload)
            case .close(let status):
                received = status
                expectEnd()
            case .failed(let error):
                _ = flushed()
                return end(.failed(.webSocket(error)))
            case .abnormalClosure: break
            }
        }
        if phase == .open, stream.hasOutput { _ = flushed() }
    }
}
