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
///     an alert); when blocked, flush again on the next writable event.
///  4. After an event with RDHUP, HUP or ERR set ``probeUntilEmpty``, so that the end is seen.
///
/// The descriptor is not owned: close it after this object is gone or no longer used. It belongs to its engine's thread.
@safe
public final class TLSConnection {
    /// OpenSSL's object; nil once the record layer has taken over, as nothing is asked of it then.
    private(set) var ssl: OpaquePointer?
    let engine: TLSEngine
    /// Retained: the SSL object's callbacks use what it owns.
    let context: TLSContext
    /// The socket that this connection reads from and writes to.
    public let descriptor: Int32
    // The stored properties below are private so that the optimiser sees every access and leaves out the run-time
    // exclusivity checks, which were 2 % of a message's instructions.

    /// What the handshake agreed on, kept when OpenSSL's object has gone.
    private(set) var agreed: Agreement?
    /// Opens and seals records from the handshake on, where this side is a TLS 1.3 server; otherwise OpenSSL does.
    private var records: RecordLayer?
    /// Set while a handshake goes on whose records are to be taken over.
    private var secrets: HandshakeSecrets?
    /// Received bytes that waited in the engine when another connection claimed it.
    private var heldInput = ByteQueue()

    /// Output that the socket has not taken, before anything that is still in the engine's gather buffer.
    private var pending = ByteQueue()
    private var failure: TLSFailure?
    private var ending = Ending.none
    private var firstByte: UInt8 = 0
    /// The next read may trust what the handshake learnt about the socket.
    private var keepsDrained = false
    private var isInputBuffered = false
    private var isDrained = false
    /// Whether the record layer has sent its last: close_notify or a fatal alert.
    private var isShut = false
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
        if context.opensRecords { secrets = HandshakeSecrets() }
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
            unsafe state.pointee.forgetInput()
        }
        if unsafe ssl != nil { freeLibraryObject() }
    }

    private func freeLibraryObject() {
        // Otherwise OpenSSL would hold a missing close_notify against the session, which could not be resumed. That rule
        // went with TLS 1.1 (RFC 4346 section 7.2.1).
        if failure == nil { unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN) }
        unsafe SSL_free(ssl)
        unsafe ssl = nil
    }

    // MARK: Handshake

    /// Goes on with the handshake as far as possible without waiting.
    public func handshake() -> HandshakeProgress {
        if let failure { return .failed(failure) }
        if records != nil { return .complete }
        let state = unsafe claim()
        unsafe state.pointee.drained = false
        unsafe state.pointee.receivesLeft = Self.maximumHandshakeReceives
        unsafe state.pointee.awaitsFirstByte = firstByte == 0
        unsafe state.pointee.givesRecords = secrets != nil
        let gathered = unsafe (waiting: pending.count, count: state.pointee.outputCount)
        let result = unsafe SSL_do_handshake(ssl)
        // What came was no record: OpenSSL has it, and whatever follows.
        if unsafe !state.pointee.givesRecords { secrets = nil }
        unsafe state.pointee.givesRecords = false
        if unsafe firstByte == 0 && !state.pointee.awaitsFirstByte { unsafe firstByte = state.pointee.firstByte }
        isDrained = unsafe state.pointee.drained
        if result == 1 {
            if let secrets {
                if gathered.waiting == pending.count { takeOverRecords(secrets, sentFrom: gathered.count) }
                self.secrets = nil
            }
            // What came together with the last flight is read at once, and then the socket need not be asked again.
            isInputBuffered = unsafe state.pointee.inputCount > 0 || (records == nil && SSL_has_pending(ssl) != 0)
            keepsDrained = isDrained && isInputBuffered
            if records != nil { return .complete }
            // The tickets of TLS 1.3 can wait for the first data, as can a client's last flight; a TLS 1.2 client
            // waits for the server's Finished.
            if unsafe SSL_is_server(ssl) == 1 && SSL_version(ssl) < TLSVersion.tls13.rawValue {
                if case .failed(let error) = flush() { return .failed(fail(.init(.transport, systemError: error))) }
            }
            return .complete
        }
        guard unsafe SSL_want(ssl) == SSL_READING else { return .failed(handshakeFailed()) }
        if unsafe state.pointee.outcome == .blocked {
            switch flush() {
            case .done: return .wantRead
            case .blocked: return .wantWrite
            case .failed(let error): return .failed(fail(.init(.transport, systemError: error)))
            }
        }
        return .failed(inputFailed() ?? handshakeFailed())
    }

    /// Has the records opened and sealed here from now on, and lets OpenSSL's object go, if this is a connection for that:
    /// TLS 1.3 with a cipher suite known here, records of the usual size (RFC 6066 section 4 lets clients ask for small
    /// ones), and OpenSSL holding nothing back. Otherwise OpenSSL goes on.
    private func takeOverRecords(_ secrets: HandshakeSecrets, sentFrom start: Int) {
        let state = unsafe engine.state
        guard unsafe SSL_version(ssl) == TLSVersion.tls13.rawValue && SSL_has_pending(ssl) == 0,
            unsafe !(1...4).contains(SSL_SESSION_get_max_fragment_length(SSL_get_session(ssl))),
            unsafe state.pointee.recordLeft == 0, let cipher = unsafe SSL_get_current_cipher(ssl),
            let suite = unsafe RecordSuite.numbered(SSL_CIPHER_get_protocol_id(cipher)),
            // Nothing but the tickets, which are the first records under the server's secret.
            let sealed = unsafe RecordLayer.countRecords(
                UnsafeRawBufferPointer(
                    start: state.pointee.output + start, count: state.pointee.outputCount - start)),
            let layer = secrets.makeLayer(suite, recordsSealed: sealed, engine.crypto)
        else { return }
        agreed = unsafe Agreement(of: self, cipher: cipher)
        records = layer
        freeLibraryObject()
    }

    /// Keeps a line of OpenSSL's key log, if it is one of the secrets that records will be opened with.
    func note(secretLine line: UnsafeBufferPointer<UInt8>) { unsafe secrets?.note(line) }

    /// The failure of a connection whose input ended where OpenSSL needs more; nil when input is not to blame.
    private func inputFailed() -> TLSFailure? {
        switch unsafe engine.state.pointee.outcome {
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
        if let records { return unsafe read(records, into: buffer) }
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
                isInputBuffered = unsafe SSL_has_pending(ssl) != 0 || state.pointee.inputCount > 0
                return .bytes(total)
            }
            if unsafe state.pointee.drained && SSL_has_pending(ssl) == 0 && state.pointee.inputCount == 0 {
                isDrained = true
                return .bytes(total)
            }
        }
        isDrained = unsafe state.pointee.drained
        if unsafe state.pointee.outcome == .blocked && SSL_want(ssl) == SSL_READING {
            return total > 0 ? .bytes(total) : .wouldBlock
        }
        noteEnding()
        if total == 0 { return reportEnding() }
        isInputBuffered = true
        return .bytes(total)
    }

    /// The same with records that are opened here: whole records, and one `recv` unless it brought no data.
    private func read(_ records: RecordLayer, into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        let state = unsafe claim()
        unsafe state.pointee.drained = keepsDrained && !probesUntilEmpty
        keepsDrained = false
        isInputBuffered = false
        // As much as surely finds room in the buffer, but for a single record.
        let limit = max(buffer.count, RecordProtection.headerLength + RecordProtection.maximumCiphertext)
        for _ in 0...Self.maximumReceives {
            let opened = unsafe records.open(state.pointee.waitingInput, into: buffer, engine.crypto)
            unsafe state.pointee.consumeInput(opened.consumed)
            if let end = opened.end { note(end) }
            if opened.produced > 0 {
                isDrained = unsafe state.pointee.drained
                isInputBuffered = unsafe opened.end != nil || records.hasRest || state.pointee.hasWholeRecord
                return .bytes(opened.produced)
            }
            if ending != .none { return reportEnding() }
            if unsafe state.pointee.drained {
                isDrained = true
                return .wouldBlock
            }
            let count = unsafe state.pointee.receive(upTo: limit)
            if count > 0 { continue }
            if count == 0 {
                ending = .endOfStream
                return .endOfStream
            }
            if count == -Int(EAGAIN) {
                isDrained = true
                return .wouldBlock
            }
            return .failed(fail(TLSFailure(.transport, systemError: Int32(truncatingIfNeeded: -count))))
        }
        return .failed(fail(TLSFailure(.recordFlood)))
    }

    /// Remembers why the record layer delivers nothing more, and tells the peer what it did wrong.
    private func note(_ end: RecordLayer.End) {
        switch end {
        case .closed: ending = .closed
        case .peerAlert(let alert): fail(TLSFailure(peerAlert: alert))
        case .violation(let alert):
            writeAlert(alert)
            fail(TLSFailure(violation: alert))
        }
    }

    /// Finds out why OpenSSL delivers nothing more, other than for want of input.
    private func noteEnding() {
        let isReady = unsafe SSL_in_init(ssl) == 0
        if unsafe SSL_want(ssl) == SSL_READING {
            if unsafe isReady && engine.state.pointee.outcome == .endOfStream {
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
        if let records { return unsafe write(bytes, records) }
        var written = 0
        if unsafe SSL_write_ex(ssl, base, bytes.count, &written) == 1 { return .done }
        let failure = unsafe TLSFailure.fromErrorQueue(ssl)
        // Writing after `shutdown` is our mistake, and reading can go on; anything else is fatal.
        return .failed(unsafe SSL_in_init(ssl) == 0 ? failure : fail(failure))
    }

    private func write(_ bytes: UnsafeRawBufferPointer, _ records: RecordLayer) -> WriteResult {
        // Writing after `shutdown` is our mistake, and reading can go on.
        if isShut { return .failed(TLSFailure(violation: AlertDescription.internalError)) }
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            // Not as soon as the peer asks for it: a peer that asks and asks, and reads nothing, must not fill our queue.
            if records.needsKeyUpdate, !writeKeyUpdate(records) {
                return .failed(fail(TLSFailure(violation: AlertDescription.internalError)))
            }
            let count = min(rest.count, RecordProtection.maximumPlaintext)
            let content = unsafe UnsafeRawBufferPointer(rebasing: rest[..<count])
            guard unsafe gather(content, ContentType.applicationData, records) else {
                return .failed(fail(TLSFailure(violation: AlertDescription.internalError)))
            }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return .done
    }

    /// Seals one record behind the gathered output.
    @inline(__always)
    private func gather(_ content: UnsafeRawBufferPointer, _ type: UInt8, _ records: RecordLayer) -> Bool {
        let state = unsafe engine.state
        if unsafe content.count + RecordProtection.overhead > state.pointee.outputCapacity - state.pointee.outputCount {
            spillGatheredOutput()
        }
        let end = unsafe state.pointee.output + state.pointee.outputCount
        guard let length = unsafe records.seal(content, type: type, to: end) else { return false }
        unsafe state.pointee.outputCount += length
        return true
    }

    private func writeAlert(_ description: UInt8) {
        guard let records, !isShut else { return }
        // warning(1) for close_notify, fatal(2) for all else (RFC 8446 section 6).
        let alert = [description == AlertDescription.closeNotify ? 1 : 2, description]
        isShut = true
        _ = unsafe alert.withUnsafeBytes { unsafe gather($0, ContentType.alert, records) }
    }

    private func writeKeyUpdate(_ records: RecordLayer) -> Bool {
        let state = unsafe engine.state
        if unsafe state.pointee.outputCapacity - state.pointee.outputCount < 64 { spillGatheredOutput() }
        let end = unsafe state.pointee.output + state.pointee.outputCount
        guard let length = unsafe records.sealKeyUpdate(to: end, engine.crypto) else { return false }
        unsafe state.pointee.outputCount += length
        return true
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
        if records != nil {
            guard failure == nil else { return }
            unsafe claim()
            return writeAlert(AlertDescription.closeNotify)
        }
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
        unsafe state.pointee.outcome = .none
        unsafe state.pointee.probeUntilEmpty = probesUntilEmpty
        return unsafe state
    }

    private func takeOverEngine() {
        let state = unsafe engine.state
        if let served = unsafe state.pointee.served,
            unsafe state.pointee.outputCount > 0 || state.pointee.inputCount > 0
        {
            unsafe Unmanaged<TLSConnection>.fromOpaque(served).takeUnretainedValue().leaveEngine()
        }
        unsafe state.pointee.served = Unmanaged.passUnretained(self).toOpaque()
        if !heldInput.isEmpty {
            unsafe heldInput.withUnsafeBytes { unsafe state.pointee.takeInput($0) }
            heldInput.removeAll()
        }
        unsafe state.pointee.givesRecords = false
        unsafe state.pointee.recordLeft = 0
        unsafe state.pointee.descriptor = descriptor
        unsafe state.pointee.awaitsFirstByte = false
    }

    /// Takes along what is this connection's: gathered output and waiting input.
    private func leaveEngine() {
        let state = unsafe engine.state
        if unsafe state.pointee.outputCount > 0 { spillGatheredOutput() }
        if unsafe state.pointee.inputCount > 0 {
            unsafe heldInput.append(UnsafeRawBufferPointer(state.pointee.waitingInput))
            unsafe state.pointee.forgetInput()
        }
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
