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
    // The stored properties below belong to this class alone; they are not private because it has three files.

    /// What the handshake agreed on, kept when OpenSSL's object has gone.
    private(set) var agreed: Agreement?
    /// Opens and seals records from the handshake on, where this side is a TLS 1.3 server; otherwise OpenSSL does.
    var records: RecordLayer?
    /// Set while a handshake goes on whose records are to be taken over.
    var secrets: HandshakeSecrets?
    /// Received bytes that waited in the engine when another connection claimed it.
    var heldInput = ByteQueue()

    /// Output that the socket has not taken, before anything that is still in the engine's gather buffer.
    var pending = ByteQueue()
    var failure: TLSFailure?
    var ending = Ending.none
    var firstByte: UInt8 = 0
    /// The next read may trust what the handshake learnt about the socket.
    var keepsDrained = false
    var isInputBuffered = false
    var isDrained = false
    /// Records that are still to be small enough for one packet.
    var smallRecordsLeft = TLSConnection.smallRecordsInBurst
    /// Whether the record layer has sent its last: close_notify or a fatal alert.
    var isShut = false
    var probesUntilEmpty = false

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
    static let maximumReceives = 8
    /// The same during the handshake, where OpenSSL 3.2 and newer don't read ahead: two for each record, of which the
    /// flight of a server with a long chain has more than a dozen.
    private static let maximumHandshakeReceives = 64

    /// A record that fits with its overhead into a packet of 1,460 bytes, with room for options of TCP.
    static let smallRecordSize = 1_400
    /// Small records at the beginning of a burst: about what a connection may send before it hears of the other end.
    static let smallRecordsInBurst = 10

    /// What a read found after bytes that had to be delivered first.
    enum Ending: UInt8 { case none, closed, endOfStream, failed }

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

    func freeLibraryObject() {
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
        let result = unsafe secrets?.capturing { unsafe SSL_do_handshake(ssl) } ?? SSL_do_handshake(ssl)
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
    func takeOverRecords(_ secrets: HandshakeSecrets, sentFrom start: Int) {
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

    /// The failure of a connection whose input ended where OpenSSL needs more; nil when input is not to blame.
    func inputFailed() -> TLSFailure? {
        switch unsafe engine.state.pointee.outcome {
        case .endOfStream: fail(TLSFailure(.closedDuringHandshake))
        case .failed: unsafe fail(TLSFailure(.transport, systemError: engine.state.pointee.inputError))
        case .flooded: fail(TLSFailure(.recordFlood))
        case .none, .bytes, .blocked: nil
        }
    }

    /// Says why OpenSSL gave up, and sends the alert if one is due.
    func handshakeFailed() -> TLSFailure {
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

    // MARK: The engine

    /// Makes this the connection that the engine serves.
    @inline(__always)
    @discardableResult
    func claim() -> UnsafeMutablePointer<EngineState> {
        let state = unsafe engine.state
        if unsafe state.pointee.served != Unmanaged.passUnretained(self).toOpaque() { takeOverEngine() }
        unsafe state.pointee.outcome = .none
        unsafe state.pointee.probeUntilEmpty = probesUntilEmpty
        return unsafe state
    }

    func takeOverEngine() {
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
    func leaveEngine() {
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
