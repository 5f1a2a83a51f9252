internal import CLinux
internal import COpenSSL

/// What one event loop's TLS connections share: one BIO under all SSL objects, one buffer that gathers output, and one that
/// receives input.
///
/// Rules that this and ``TLSConnection`` live by:
///  1. One connection is *served* at a time; each entry point of `TLSConnection` claims the engine first. The BIO reads
///     from and writes for the connection that claimed it last.
///  2. Reading: one `recv` fills the input buffer, from which records are opened (``RecordLayer``) and a server's
///     handshake is given its records one by one; otherwise OpenSSL's own (read-ahead) buffer. The engine remembers how
///     it went, so that nobody has to ask OpenSSL's error queue why a read stopped. What is left in the input buffer when
///     another connection claims the engine goes along with its owner.
///  3. Writing never blocks: records are gathered here and leave in one `send` when the connection is flushed. What is
///     left when another connection claims the engine, or when the buffer is full, moves to its owner's own queue.
///  4. So a connection's unsent output is its own queue followed by the gathered bytes, and nothing else.
///
/// An engine belongs to one thread, as do its connections.
@safe
public final class TLSEngine {
    /// At a stable address, because the BIO points to it.
    let state: UnsafeMutablePointer<EngineState>
    let bio: OpaquePointer
    /// What the record layers of this engine's connections use.
    let crypto: RecordCrypto
    private let method: OpaquePointer

    /// Creates the engine of one event loop.
    ///
    /// - Parameters:
    ///   - outputCapacity: bytes gathered before they spill into the connection's own queue; at least 32 KiB, and worth
    ///     being larger than what is usually written between two flushes.
    ///   - inputCapacity: bytes that one `recv` may bring for a connection whose records are opened here; at least the
    ///     64 KiB that OpenSSL may ask for in one piece.
    public init(outputCapacity: Int = 160 * 1024, inputCapacity: Int = 160 * 1024) throws(TLSError) {
        let capacity = max(outputCapacity, 32 * 1024)
        let inputCapacity = max(inputCapacity, 64 * 1024)
        crypto = RecordCrypto()
        let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = unsafe BIO_meth_new(type, "secure-proxy connection being served") else {
            throw .library("BIO_meth_new")
        }
        unsafe BIO_meth_set_read_ex(method, receiveForServedConnection)
        unsafe BIO_meth_set_write_ex(method, gatherForServedConnection)
        unsafe BIO_meth_set_ctrl(method, controlServedConnection)
        guard let bio = unsafe BIO_new(method) else {
            unsafe BIO_meth_free(method)
            throw .library("BIO_new")
        }
        unsafe self.method = method
        unsafe self.bio = bio
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(
            to: EngineState(
                output: .allocate(byteCount: capacity, alignment: 64), outputCapacity: capacity,
                input: .allocate(byteCount: inputCapacity, alignment: 4096), inputCapacity: inputCapacity))
        unsafe BIO_set_data(bio, state)
        unsafe BIO_set_init(bio, 1)
    }

    deinit {
        // Every connection retains its engine, so no SSL object refers to the BIO any more.
        unsafe BIO_free(bio)
        unsafe BIO_meth_free(method)
        unsafe state.pointee.output.deallocate()
        unsafe state.pointee.input.deallocate()
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
    }
}

/// How the last `recv` made for the served connection ended.
enum InputOutcome: UInt8 {
    /// None was made since the connection was claimed.
    case none
    case bytes
    /// Nothing to read now: EAGAIN, or known without asking (``EngineState/drained``).
    case blocked
    /// The peer sent FIN.
    case endOfStream
    case failed
    /// The peer sends and sends, and none of it is data (``EngineState/receivesLeft``).
    case flooded
}

/// What the BIO's callbacks know. Plain memory: the callbacks run for every record.
@unsafe
struct EngineState {
    /// The connection being served, not retained; it takes itself out when it goes.
    var served: UnsafeMutableRawPointer?
    var descriptor: Int32 = -1
    /// The errno of an input that ``InputOutcome/failed``.
    var inputError: Int32 = 0
    var outcome = InputOutcome.none
    /// The last `recv` was short, so the socket is empty and the next read need not ask. Edge-triggered epoll reports
    /// whatever comes later.
    var drained = false
    /// Short reads prove nothing (a FIN may wait behind them): read until EAGAIN or the end.
    var probeUntilEmpty = false
    /// How often OpenSSL may still receive before it delivers something. Records such as key updates cost the peer
    /// little and us much, and OpenSSL would work on them for as long as they come.
    var receivesLeft = 0
    /// Whether the very first byte from the peer is still to come; then ``firstByte`` keeps it.
    var awaitsFirstByte = false
    var firstByte: UInt8 = 0

    /// `0 <= outputCount <= outputCapacity`; the first `outputCount` bytes of `output` belong to `served`.
    var output: UnsafeMutableRawPointer
    var outputCapacity: Int
    var outputCount = 0

    /// Received bytes of `served` that nobody has taken: `inputCount` of them, from `inputStart`, with
    /// `0 <= inputStart` and `inputStart + inputCount <= inputCapacity`. Used by a server's handshakes, and for records
    /// that are opened here; otherwise OpenSSL has its own buffer.
    var input: UnsafeMutableRawPointer
    var inputCapacity: Int
    var inputStart = 0
    var inputCount = 0
    /// Whether OpenSSL is to be given whole records one by one, so that what follows the handshake stays here.
    var givesRecords = false
    /// Bytes that OpenSSL may still be given of a record that is here as a whole.
    var recordLeft = 0

    init(
        output: UnsafeMutableRawPointer, outputCapacity: Int, input: UnsafeMutableRawPointer, inputCapacity: Int
    ) {
        unsafe self.output = unsafe output
        unsafe self.outputCapacity = outputCapacity
        unsafe self.input = unsafe input
        unsafe self.inputCapacity = inputCapacity
    }

    /// The received bytes that nobody has taken.
    var waitingInput: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: input + inputStart, count: inputCount)
    }

    /// Whether a whole record waits.
    var hasWholeRecord: Bool {
        guard let length = unsafe RecordLayer.recordLength(UnsafeRawBufferPointer(waitingInput)) else { return false }
        return unsafe length <= inputCount
    }

    /// Makes `bytes` what waits; nothing waited before.
    mutating func takeInput(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        unsafe input.copyMemory(from: base, byteCount: bytes.count)
        unsafe inputStart = 0
        unsafe inputCount = bytes.count
    }

    /// Forgets all that waits.
    mutating func forgetInput() {
        unsafe inputStart = 0
        unsafe inputCount = 0
        unsafe recordLeft = 0
    }

    /// Forgets the first `count` waiting bytes.
    mutating func consumeInput(_ count: Int) {
        unsafe inputStart += count
        unsafe inputCount -= count
        if unsafe inputCount == 0 { unsafe inputStart = 0 }
    }

    /// How many of the waiting bytes OpenSSL may be given at once, `capacity` at most.
    ///
    /// One record at a time while a handshake goes on, and only when it is here as a whole. What is no record is given
    /// as it is: OpenSSL says best what it is instead.
    mutating func heldFor(_ capacity: Int) -> Int {
        if unsafe inputCount == 0 { return 0 }
        if unsafe !givesRecords { return unsafe min(capacity, inputCount) }
        if unsafe recordLeft == 0 {
            let waiting = unsafe UnsafeRawBufferPointer(waitingInput)
            let looksLikeRecord = unsafe (20...23).contains(waiting[0]) && (waiting.count < 2 || waiting[1] == 3)
            if let length = unsafe RecordLayer.recordLength(waiting), looksLikeRecord,
                length <= RecordProtection.headerLength + RecordProtection.maximumCiphertext
            {
                guard length <= waiting.count else { return 0 }
                unsafe recordLeft = length
            } else if looksLikeRecord, waiting.count < RecordProtection.headerLength {
                return 0
            } else {
                unsafe givesRecords = false
                return unsafe min(capacity, inputCount)
            }
        }
        let count = unsafe min(capacity, recordLeft)
        unsafe recordLeft -= count
        return count
    }

    /// Notes why a `recv` brought nothing.
    mutating func noteNothing(_ count: Int) {
        if count == 0 {
            unsafe outcome = .endOfStream
        } else if count == -Int(EAGAIN) {
            unsafe outcome = .blocked
            unsafe drained = true
        } else {
            unsafe outcome = .failed
            unsafe inputError = Int32(truncatingIfNeeded: -count)
        }
    }

    /// Receives behind what waits, at most until `limit` bytes wait.
    ///
    /// - Returns: what `clinux_recv` does; ``drained`` is set when it shows that the socket is empty.
    mutating func receive(upTo limit: Int) -> Int {
        let limit = unsafe min(limit, inputCapacity)
        if unsafe inputStart + limit > inputCapacity {
            unsafe input.copyMemory(from: input + inputStart, byteCount: inputCount)
            unsafe inputStart = 0
        }
        let room = unsafe limit - inputCount
        let count = unsafe clinux_recv(descriptor, input + inputStart + inputCount, room)
        if count > 0 {
            if unsafe awaitsFirstByte {
                unsafe awaitsFirstByte = false
                unsafe firstByte = input.load(fromByteOffset: inputStart + inputCount, as: UInt8.self)
            }
            unsafe inputCount += count
            unsafe drained = count < room && !probeUntilEmpty
        } else if count == -Int(EAGAIN) {
            unsafe drained = true
        }
        return count
    }
}

private let retryReadFlags = BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY

/// BIO read: one `recv` straight into OpenSSL's buffer. Whatever keeps bytes from coming, OpenSSL is told to try again
/// later: since 3.2 it takes an end or an error for fatal, and then forbids writing, too. ``EngineState/input`` says what
/// it really was.
private let receiveForServedConnection:
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<CChar>?, Int, UnsafeMutablePointer<Int>?
    ) -> Int32 = { bio, buffer, capacity, received in
        guard let state = unsafe BIO_get_data(bio)?.assumingMemoryBound(to: EngineState.self) else { return -1 }
        while true {
            let held = unsafe state.pointee.heldFor(capacity)
            if held > 0 {
                if let buffer = unsafe buffer {
                    unsafe UnsafeMutableRawPointer(buffer).copyMemory(
                        from: state.pointee.input + state.pointee.inputStart, byteCount: held)
                }
                unsafe state.pointee.consumeInput(held)
                unsafe received?.pointee = held
                unsafe state.pointee.outcome = .bytes
                return 1
            }
            if unsafe state.pointee.drained {
                unsafe state.pointee.outcome = .blocked
                break
            }
            if unsafe state.pointee.receivesLeft <= 0 {
                unsafe state.pointee.outcome = .flooded
                break
            }
            unsafe state.pointee.receivesLeft -= 1
            let count: Int
            if unsafe state.pointee.givesRecords {
                count = unsafe state.pointee.receive(upTo: state.pointee.inputCapacity)
            } else {
                count = unsafe clinux_recv(state.pointee.descriptor, buffer, capacity)
                if count > 0 {
                    unsafe received?.pointee = count
                    unsafe state.pointee.outcome = .bytes
                    unsafe state.pointee.drained = count < capacity && !state.pointee.probeUntilEmpty
                    if unsafe state.pointee.awaitsFirstByte {
                        unsafe state.pointee.awaitsFirstByte = false
                        if let buffer = unsafe buffer {
                            unsafe state.pointee.firstByte = UInt8(bitPattern: buffer.pointee)
                        }
                    }
                    return 1
                }
            }
            if count > 0 { continue }
            unsafe state.pointee.noteNothing(count)
            break
        }
        unsafe BIO_set_flags(bio, retryReadFlags)
        return -1
    }

/// BIO write: appends to the gather buffer; always takes everything.
private let gatherForServedConnection:
    @convention(c) (
        OpaquePointer?, UnsafePointer<CChar>?, Int, UnsafeMutablePointer<Int>?
    ) -> Int32 = { bio, bytes, count, written in
        guard let state = unsafe BIO_get_data(bio)?.assumingMemoryBound(to: EngineState.self),
            let bytes = unsafe bytes
        else { return -1 }
        if unsafe count > state.pointee.outputCapacity - state.pointee.outputCount {
            guard let served = unsafe state.pointee.served else { return -1 }
            let connection = unsafe Unmanaged<TLSConnection>.fromOpaque(served).takeUnretainedValue()
            connection.spillGatheredOutput()
            if unsafe count > state.pointee.outputCapacity {
                unsafe connection.appendPending(UnsafeRawBufferPointer(start: bytes, count: count))
                unsafe written?.pointee = count
                return 1
            }
        }
        unsafe (state.pointee.output + state.pointee.outputCount).copyMemory(from: bytes, byteCount: count)
        unsafe state.pointee.outputCount += count
        unsafe written?.pointee = count
        return 1
    }

/// BIO control. Flushing is the connection's business, nothing is ever pending inside the BIO, and an end of stream is
/// reported by ``EngineState/input``: telling OpenSSL would turn it into a fatal error and forbid further writing.
private let controlServedConnection:
    @convention(c) (
        OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?
    ) -> Int = { _, command, _, _ in
        switch command {
        case BIO_CTRL_FLUSH, BIO_CTRL_DUP: return 1
        default: return 0
        }
    }
