// One client connection as a stream of bytes: name, TCP, TLS, then reading and writing.
//
// Rules:
// - Phases: dialling → handshake → open → closed. One deadline covers the first two.
// - The owner hears `channelOpened` once, then bytes, then `channelEnded` once. Before `channelOpened` only
//   `channelEnded` can come. After `close()` or `reset()` nothing comes.
// - `channelEnded(.finished)` or `.truncated` ends reading only; what is written still leaves, until `close()`.
// - While reading is paused nothing is taken from the socket; what the kernel said meanwhile is remembered.
internal import Bytes
internal import Reactor
internal import System
internal import TLS

/// How the peer's bytes ended.
public indirect enum ChannelEnd: Sendable {
    /// In order: FIN, behind close_notify where TLS is spoken.
    case finished
    /// FIN without close_notify: the stream may have been cut short (RFC 8446 section 6.1).
    case truncated
    /// The connection broke, or never came about.
    case failed(ClientError)
}

/// What a channel tells.
protocol ClientChannelOwner: AnyObject {
    /// Bytes can be written, and will come.
    func channelOpened()
    /// Bytes came.
    func channelReceived(_ bytes: Span<UInt8>)
    /// Everything that was written is with the kernel.
    func channelDrained()
    /// No more bytes will come.
    func channelEnded(_ end: ChannelEnd)
}

/// A client's byte stream on an event loop.
final class ClientChannel: EventSource, TimerTarget {
    private enum Phase { case idle, dialling, handshake, open, closed }

    /// Reads in one turn before others have theirs; each brings at most 16 KiB.
    private static let readBudget = 32

    let endpoint: ClientEndpoint
    private let runtime: ClientRuntime
    weak var owner: (any ClientChannelOwner)?
    private var phase = Phase.idle
    private var dial: Dial?
    private var socket: Descriptor?
    private var segmenter: Segmenter?
    private var transport: Transport?
    private var registration: Registration?
    private var deadline: TimerID?
    private var started: MonotonicTime
    private var isPaused = false
    private var hasUnread = false
    private var hasEnded = false
    private var hasUnsent = false

    init(_ endpoint: ClientEndpoint, runtime: ClientRuntime) {
        self.endpoint = endpoint
        self.runtime = runtime
        started = runtime.loop.now
    }

    deinit { close() }

    // MARK: Connecting

    /// Starts to connect.
    func open() {
        guard phase == .idle else { return }
        phase = .dialling
        // The loop's time stands still between turns; a client may have waited outside.
        started = Clock.monotonic
        deadline = runtime.loop.schedule(at: started + endpoint.connectTimeout, self, purpose: 0)
        dial = Dial(
            endpoint.host, port: endpoint.port, timeout: endpoint.connectTimeout + .seconds(1),
            resolver: runtime.resolver, loop: runtime.loop
        ) { [weak self] result in
            guard let self, phase == .dialling else { return }
            dial = nil
            switch result {
            case .success(let descriptor): connected(descriptor)
            case .failure(let error): fail(.dial(error, endpoint: endpoint.description))
            }
        }
    }

    /// Takes over a socket that is connected already, without TLS; reading is paused.
    func adopt(_ descriptor: Descriptor) throws(SystemError) {
        guard phase == .idle else { return }
        Socket.setNoDelay(descriptor.number)
        socket = descriptor
        transport = Transport(descriptor)
        isPaused = true
        phase = .open
        registration = try runtime.loop.register(descriptor.number, source: self, role: 0)
    }

    private func connected(_ descriptor: Descriptor) {
        phase = .handshake
        socket = descriptor
        Socket.setNoDelay(descriptor.number)
        // A peer that has vanished without a word is noticed after two minutes.
        Socket.setKeepAlive(descriptor.number, idle: .seconds(60), interval: .seconds(15), count: 4)
        let wire = endpoint.wire
        if wire.receiveBufferBytes > 0 || wire.sendBufferBytes > 0 {
            Socket.setBuffers(descriptor.number, receive: wire.receiveBufferBytes, send: wire.sendBufferBytes)
        }
        do {
            var stream = descriptor
            if let sizes = wire.segmentation {
                let relay = try Segmenter(descriptor, sizes: sizes, loop: runtime.loop)
                relay.drained = { [weak self] in self?.flush() }
                segmenter = relay
                stream = relay.inner
            }
            transport = Transport(stream, tls: try tls(over: stream))
            registration = try runtime.loop.register(stream.number, source: self, role: 0)
        } catch let error as TLSError {
            fail(.trust(error))
        } catch {
            fail(.setup("\(error)"))
        }
    }

    private func tls(over stream: Descriptor) throws(TLSError) -> TLSConnection? {
        guard case .tls(let trust) = endpoint.security else { return nil }
        return try TLSConnection(
            runtime.context(for: trust), engine: runtime.engine, descriptor: stream.number,
            serverName: endpoint.serverName ?? endpoint.host)
    }

    func timerFired(purpose: UInt8) {
        deadline = nil
        guard phase == .dialling || phase == .handshake else { return }
        let awaited = phase == .dialling ? "TCP connection to \(endpoint)" : "TLS handshake with \(endpoint)"
        fail(.timedOut(awaiting: awaited, after: endpoint.connectTimeout))
    }

    private func continueHandshake() {
        guard let transport else { return }
        switch transport.handshake() {
        case .inProgress: return
        case .failed(.tls(let failure)): fail(.tlsHandshake(failure, endpoint: endpoint.description))
        case .failed(let error): fail(.connection(error))
        case .complete:
            if let deadline { runtime.loop.cancel(deadline) }
            deadline = nil
            phase = .open
            // The last flight of the handshake may have brought data, which no event will tell.
            hasUnread = true
            owner?.channelOpened()
        }
    }

    // MARK: Events

    func ready(_ readiness: Readiness, role: UInt8) {
        if phase == .handshake { continueHandshake() }
        guard phase == .open else { return }
        if !readiness.isDisjoint(with: [.peerFinished, .hungUp, .failed]) { transport?.tls?.probeUntilEmpty = true }
        if readiness.contains(.writable) { flush() }
        if !readiness.isDisjoint(with: [.readable, .peerFinished, .hungUp, .failed]) { hasUnread = true }
        readWhatIsThere()
    }

    private func readWhatIsThere() {
        guard !hasEnded else { return }
        var budget = Self.readBudget
        while hasUnread, !isPaused, phase == .open, let transport {
            if budget == 0 {
                if let registration { runtime.loop.continueLater(registration, .readable) }
                return
            }
            budget -= 1
            switch transport.read({ bytes in owner?.channelReceived(bytes) }) {
            case .bytes: continue
            case .wouldBlock: hasUnread = false
            case .finished: end(.finished)
            case .truncated: end(segmentedFailure ?? .truncated)
            case .failed(let error): end(segmentedFailure ?? .failed(.connection(error)))
            }
        }
        // Reading may produce output, such as the answer to a key update.
        if phase == .open, (transport?.pendingOutput ?? 0) > 0 { flush() }
    }

    /// The real socket's failure, where a relay stands between.
    private var segmentedFailure: ChannelEnd? {
        segmenter?.failure.map { .failed(.connection(.socket($0))) }
    }

    private func end(_ end: ChannelEnd) {
        guard !hasEnded else { return }
        hasEnded = true
        hasUnread = false
        owner?.channelEnded(end)
    }

    private func fail(_ error: ClientError) {
        let hadEnded = hasEnded
        hasEnded = true
        close()
        if !hadEnded { owner?.channelEnded(.failed(error)) }
    }

    // MARK: Using it

    /// Bytes that were written and are not with the kernel.
    var pendingOutput: Int { (transport?.pendingOutput ?? 0) + (segmenter?.pending ?? 0) }

    /// Whether bytes can be written.
    var isOpen: Bool { phase == .open }

    /// The TLS connection, once there is one.
    var tls: TLSConnection? { transport?.tls }

    /// Writes `bytes`, as far as the kernel takes them; the rest is kept.
    func write(_ bytes: [UInt8]) {
        guard phase == .open, let transport else { return }
        transport.write(bytes)
        hasUnsent = true
        flush()
    }

    private func flush() {
        guard phase == .open, let transport else { return }
        switch transport.flush() {
        case .done:
            // The relay calls again once it is through.
            guard hasUnsent, pendingOutput == 0 else { return }
            hasUnsent = false
            // Later, so that a writer is not called from within its own call.
            runtime.loop.enqueue { [weak self] in
                guard let self, phase == .open, pendingOutput == 0 else { return }
                owner?.channelDrained()
            }
        case .blocked: hasUnsent = true
        case .failed(let error):
            // What the peer said before it broke off is worth more than the failure to write.
            transport.tls?.probeUntilEmpty = true
            hasUnread = true
            if hasEnded { return }
            runtime.loop.enqueue { [weak self] in
                guard let self else { return }
                isPaused = false
                readWhatIsThere()
                end(segmentedFailure ?? .failed(.connection(error)))
            }
        }
    }

    /// Tells the peer, behind everything written, that nothing more comes: close_notify and FIN.
    func finishWriting() {
        guard phase == .open else { return }
        transport?.finishWriting()
        segmenter?.expectEnd()
        flush()
    }

    /// Sends FIN at once, without close_notify and regardless of what waits: an unannounced TCP half-close.
    func finishWritingAbruptly() {
        guard let transport, phase == .open else { return }
        segmenter?.expectEnd()
        Socket.shutdownWrite(transport.descriptor.number)
    }

    /// Takes nothing more from the socket until ``resumeReading()``.
    func pauseReading() { isPaused = true }

    /// Takes bytes again.
    func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        guard hasUnread, let registration else { return }
        runtime.loop.continueLater(registration, .readable)
    }

    /// Ends everything; what the kernel has still leaves, followed by FIN.
    func close() {
        guard phase != .closed else { return }
        phase = .closed
        dial?.cancel()
        dial = nil
        if let deadline { runtime.loop.cancel(deadline) }
        deadline = nil
        if let registration { runtime.loop.deregister(registration) }
        registration = nil
        segmenter?.close()
        segmenter = nil
        transport?.descriptor.close()
        transport = nil
        socket?.close()
        socket = nil
    }

    /// Ends everything with a TCP reset.
    func reset() {
        if let socket, !socket.isClosed { Socket.setAbortOnClose(socket.number) }
        close()
    }
}
