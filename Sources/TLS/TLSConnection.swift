internal import Bytes
internal import CLinux
internal import COpenSSL

/// One TLS connection over a non-blocking descriptor, either side.
///
/// How to drive it, edge-triggered:
///  1. `handshake()` on every event until `.complete`; then go on with reading (input may be buffered already).
///  2. On a readable event `read(into:)` until `.wouldBlock`, or until ``drained`` is set and ``hasBufferedInput`` is
///     not; when stopping earlier, remember to read again: no event will tell.
///  3. Before going back to wait: `flush()` if ``pendingOutput`` is not zero (reading may also produce output, such as
///     an answer to a key update); when blocked, flush again on the next writable event.
///  4. After an event with RDHUP, HUP or ERR set ``probeUntilEmpty``, so that the end is seen.
///
/// The descriptor is not owned: close it after this object is gone or no longer used. It belongs to its engine's thread.
@safe
public final class TLSConnection {
    let ssl: OpaquePointer
    let engine: TLSEngine
    /// Retained: the SSL object's callbacks use what it owns.
    let context: TLSContext
    /// The socket that this connection reads from and writes to.
    public let descriptor: Int32
    // The stored properties below are private so that the optimiser sees every access and leaves out the run-time
    // exclusivity checks, which were 2 % of a message's instructions.

    /// Output that the socket has not taken, before anything that is still in the engine's gather buffer.
    private var pending = ByteQueue()
    private var failure: TLSFailure?
    private var ending = Ending.none
    private var firstByte: UInt8 = 0
    /// The next read may trust what the handshake learnt about the socket.
    private var keepsDrained = false
    private var isInputBuffered = false
    private var isDrained = false
    private var probesUntilEmpty = false

    /// Whether plaintext or undecrypted records are still inside: read again without waiting for an event.
    public var hasBufferedInput: Bool { isInputBuffered }

    /// Whether the last `recv` emptied the socket: no need to read again to learn that.
    public var drained: Bool { isDrained }

    /// Set after RDHUP, HUP or ERR: a short read then proves nothing, since the end waits behind it.
    public var probeUntilEmpty: Bool {
        get { probesUntilEmpty }
        set { probesUntilEmpty = newValue }
    }

    /// The largest flight of a handshake is a chain of certificates, at most 100 KiB by OpenSSL's own limit: two
    /// buffers of the usual size, seven of the smallest. A record of data needs two at most.
    private static let maximumReceives = 8
    /// The same during the handshake, where OpenSSL 3.2 and newer don't read ahead: two for each record, of which the
    /// flight of a server with a long chain has more than a dozen.
    private static let maximumHandshakeReceives = 64

    /// What a read found after bytes that had to be delivered first.
    private enum Ending: UInt8 { case none, closed, endOfStream, failed }

    /// The server's side of a connection just accepted.
    public convenience init(
        _ context: TLSContext, engine: TLSEngine, descriptor: Int32
    ) throws(TLSError) {
        try self.init(context: context, engine: engine, descriptor: descriptor)
        unsafe SSL_set_accept_state(ssl)
    }

    /// The client's side of a connection just made.
    ///
    /// - Parameters:
    ///   - serverName: the name (sent as SNI, RFC 6066 section 3) or address that the server's certificate must bear.
    ///   - resuming: a session of an earlier connection to the same server.
    public convenience init(
        _ context: TLSContext, engine: TLSEngine, descriptor: Int32, serverName: String,
        resuming session: TLSSession? = nil
    ) throws(TLSError) {
        try self.init(context: context, engine: engine, descriptor: descriptor)
        unsafe SSL_set_connect_state(ssl)
        try expectServer(serverName)
        if let session { unsafe SSL_set_session(ssl, session.pointer) }
    }

    private init(context: TLSContext, engine: TLSEngine, descriptor: Int32) throws(TLSError) {
        guard let ssl = unsafe SSL_new(context.pointer) else { throw .library("SSL_new") }
        unsafe self.ssl = ssl
        self.context = context
        self.engine = engine
        self.descriptor = descriptor
        // Each setter takes one reference, and SSL_free gives both back.
        unsafe BIO_up_ref(engine.bio)
        unsafe SSL_set0_rbio(ssl, engine.bio)
        unsafe BIO_up_ref(engine.bio)
        unsafe SSL_set0_wbio(ssl, engine.bio)
    }

    deinit {
        let state = unsafe engine.state
        if unsafe state.pointee.served == Unmanaged.passUnretained(self).toOpaque() {
            unsafe state.pointee.served = nil
            unsafe state.pointee.outputCount = 0
        }
        // Otherwise OpenSSL would hold a missing close_notify against the session, which could not be resumed. That rule
        // went with TLS 1.1 (RFC 4346 section 7.2.1).
        if failure == nil { unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN) }
        unsafe SSL_free(ssl)
    }

    // MARK: Handshake

    /// Goes on with the handshake as far as possible without waiting.
    public func handshake() -> HandshakeProgress {
        if let failure { return .failed(failure) }
        let state = unsafe claim()
        unsafe state.pointee.drained = false
        unsafe state.pointee.receivesLeft = Self.maximumHandshakeReceives
        unsafe state.pointee.awaitsFirstByte = firstByte == 0
        let result = unsafe SSL_do_handshake(ssl)
        if unsafe firstByte == 0 && !state.pointee.awaitsFirstByte { unsafe firstByte = state.pointee.firstByte }
        isDrained = unsafe state.pointee.drained
        if result == 1 {
            // What came together with the last flight is read at once, and then the socket need not be asked again.
            isInputBuffered = unsafe SSL_has_pending(ssl) != 0
            keepsDrained = isDrained && isInputBuffered
            // The tickets of TLS 1.3 can wait for the first data, as can a client's last flight; a TLS 1.2 client
            // waits for the server's Finished.
            if unsafe SSL_is_server(ssl) == 1 && SSL_version(ssl) < TLSVersion.tls13.rawValue {
                if case .failed(let error) = flush() { return .failed(fail(.init(.transport, systemError: error))) }
            }
            return .complete
        }
        guard unsafe SSL_want(ssl) == SSL_READING else { return .failed(handshakeFailed()) }
        if unsafe state.pointee.input == .blocked {
            switch flush() {
            case .done: return .wantRead
            case .blocked: return .wantWrite
            case .failed(let error): return .failed(fail(.init(.transport, systemError: error)))
            }
        }
        return .failed(inputFailed() ?? handshakeFailed())
    }

    /// The failure of a connection whose input ended where OpenSSL needs more; nil when input is not to blame.
    private func inputFailed() -> TLSFailure? {
        switch unsafe engine.state.pointee.input {
        case .endOfStream: fail(TLSFailure(.closedDuringHandshake))
        case .failed: unsafe fail(TLSFailure(.transport, systemError: engine.state.pointee.inputError))
        case .flooded: fail(TLSFailure(.recordFlood))
        case .none, .bytes, .blocked: nil
        }
    }

    /// Says why OpenSSL gave up, and sends the alert if one is due.
    private func handshakeFailed() -> TLSFailure {
        var failure = unsafe TLSFailure.fromErrorQueue(ssl)
        // OpenSSL knows a few request methods; any other capital letter where a record type belongs is text, too.
        if failure.kind == .notTLS, unsafe SSL_is_server(ssl) == 1,
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(firstByte)
        {
            failure = TLSFailure(.plainHTTP, code: failure.code)
        }
        if failure.kind == .plainHTTP {
            // The caller answers in plain text; an alert in front of it would only confuse.
            unsafe engine.state.pointee.outputCount = 0
            pending.removeAll()
        } else {
            _ = flush()
        }
        return fail(failure)
    }

    // MARK: Reading

    /// Decrypts as many records as are there and fit, receiving what the socket has.
    ///
    /// Ends are reported once everything before them has been delivered.
    public func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        if ending != .none { return reportEnding() }
        guard let base = buffer.baseAddress, buffer.count > 0 else { return .wouldBlock }
        let state = unsafe claim()
        unsafe state.pointee.drained = keepsDrained && !probesUntilEmpty
        keepsDrained = false
        isInputBuffered = false
        var total = 0
        while true {
            var count = 0
            unsafe state.pointee.receivesLeft = Self.maximumReceives
            guard unsafe SSL_read_ex(ssl, base + total, buffer.count - total, &count) == 1 else {
                break
            }
            total += count
            if total == buffer.count {
                isDrained = unsafe state.pointee.drained
                isInputBuffered = unsafe SSL_has_pending(ssl) != 0
                return .bytes(total)
            }
            if unsafe state.pointee.drained && SSL_has_pending(ssl) == 0 {
                isDrained = true
                return .bytes(total)
            }
        }
        isDrained = unsafe state.pointee.drained
        if unsafe state.pointee.input == .blocked && SSL_want(ssl) == SSL_READING {
            return total > 0 ? .bytes(total) : .wouldBlock
        }
        noteEnding()
        if total == 0 { return reportEnding() }
        isInputBuffered = true
        return .bytes(total)
    }

    /// Finds out why OpenSSL delivers nothing more, other than for want of input.
    private func noteEnding() {
        let isReady = unsafe SSL_in_init(ssl) == 0
        if unsafe SSL_want(ssl) == SSL_READING {
            if unsafe isReady && engine.state.pointee.input == .endOfStream {
                ending = .endOfStream
                return
            }
            if inputFailed() != nil { return }
        }
        // A fatal error leaves the state machine in its error state, a close_notify does not.
        if unsafe isReady && SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0 {
            ending = .closed
        } else {
            unsafe fail(TLSFailure.fromErrorQueue(ssl))
        }
    }

    private func reportEnding() -> ReadResult {
        isInputBuffered = false
        switch ending {
        case .closed: return .closed
        case .endOfStream: return .endOfStream
        case .none, .failed: return .failed(failure ?? TLSFailure(.internalError))
        }
    }

    @discardableResult
    private func fail(_ failure: TLSFailure) -> TLSFailure {
        self.failure = failure
        ending = .failed
        return failure
    }

    // MARK: Writing

    /// Encrypts all of `bytes`; the records are gathered and leave with the next ``flush()``.
    ///
    /// - Precondition: the handshake is complete.
    public func write(_ bytes: UnsafeRawBufferPointer) -> WriteResult {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return .done }
        if let failure { return .failed(failure) }
        unsafe claim()
        var written = 0
        if unsafe SSL_write_ex(ssl, base, bytes.count, &written) == 1 { return .done }
        let failure = unsafe TLSFailure.fromErrorQueue(ssl)
        // Writing after `shutdown` is our mistake, and reading can go on; anything else is fatal.
        return .failed(unsafe SSL_in_init(ssl) == 0 ? failure : fail(failure))
    }

    /// Sends what has been gathered, in one `send` if the socket takes it; the rest is kept.
    public func flush() -> FlushResult {
        let state = unsafe engine.state
        let isServed = unsafe state.pointee.served == Unmanaged.passUnretained(self).toOpaque()
        if !pending.isEmpty {
            if isServed { spillGatheredOutput() }
            return flushPending()
        }
        guard isServed, unsafe state.pointee.outputCount > 0 else { return .done }
        let count = unsafe state.pointee.outputCount
        let sent = unsafe clinux_send(descriptor, state.pointee.output, count)
        unsafe state.pointee.outputCount = 0
        if sent == count { return .done }
        guard sent >= 0 || sent == -Int(EAGAIN) else { return .failed(Int32(truncatingIfNeeded: -sent)) }
        let taken = max(sent, 0)
        unsafe pending.append(UnsafeRawBufferPointer(start: state.pointee.output + taken, count: count - taken))
        return .blocked(pending: count - taken)
    }

    private func flushPending() -> FlushResult {
        let sent = unsafe pending.withUnsafeBytes { unsafe clinux_send(descriptor, $0.baseAddress, $0.count) }
        if sent > 0 { pending.removeFirst(sent) }
        if pending.isEmpty { return .done }
        guard sent >= 0 || sent == -Int(EAGAIN) else { return .failed(Int32(truncatingIfNeeded: -sent)) }
        return .blocked(pending: pending.count)
    }

    /// Bytes of output that the socket has not been given or has not taken.
    public var pendingOutput: Int {
        let state = unsafe engine.state
        let isServed = unsafe state.pointee.served == Unmanaged.passUnretained(self).toOpaque()
        return unsafe pending.count + (isServed ? state.pointee.outputCount : 0)
    }

    /// Queues close_notify: nothing can be written afterwards, reading goes on. Flush to send it.
    public func shutdown() {
        // Once is enough: a second call would read and throw away what the peer still sends.
        guard failure == nil, unsafe SSL_in_init(ssl) == 0 && SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0 else {
            return
        }
        unsafe claim()
        if unsafe SSL_shutdown(ssl) < 0 { ERR_clear_error() }
    }

    // MARK: The engine

    /// Makes this the connection that the engine serves.
    @inline(__always)
    @discardableResult
    private func claim() -> UnsafeMutablePointer<EngineState> {
        let state = unsafe engine.state
        if unsafe state.pointee.served != Unmanaged.passUnretained(self).toOpaque() { takeOverEngine() }
        unsafe state.pointee.input = .none
        unsafe state.pointee.probeUntilEmpty = probesUntilEmpty
        return unsafe state
    }

    private func takeOverEngine() {
        let state = unsafe engine.state
        if let served = unsafe state.pointee.served, unsafe state.pointee.outputCount > 0 {
            unsafe Unmanaged<TLSConnection>.fromOpaque(served).takeUnretainedValue().spillGatheredOutput()
        }
        unsafe state.pointee.served = Unmanaged.passUnretained(self).toOpaque()
        unsafe state.pointee.descriptor = descriptor
        unsafe state.pointee.awaitsFirstByte = false
    }

    /// Moves the gathered bytes, which must be this connection's, to its own queue.
    func spillGatheredOutput() {
        let state = unsafe engine.state
        unsafe pending.append(UnsafeRawBufferPointer(start: state.pointee.output, count: state.pointee.outputCount))
        unsafe state.pointee.outputCount = 0
    }

    /// Appends a piece of output larger than the gather buffer.
    func appendPending(_ bytes: UnsafeRawBufferPointer) { unsafe pending.append(bytes) }
}
