internal import Bytes
public import System
public import TLS

/// Why a transport failed.
public enum TransportError: Error, CustomStringConvertible {
    /// The socket failed.
    case socket(SystemError)
    /// TLS failed.
    case tls(TLSFailure)
    /// TLS could not be set up; the reason.
    case setup(String)

    /// The same in words.
    public var description: String {
        switch self {
        case .socket(let error): error.description
        case .tls(let failure): "TLS: \(failure)"
        case .setup(let reason): "TLS: \(reason)"
        }
    }
}

/// A connected byte stream, plain or TLS, that never blocks: for everything but the bridge's hot path.
///
/// What the peer doesn't take is kept; the owner stops writing while ``pendingOutput`` is not zero, and calls
/// ``flush()`` when the loop says that the socket is writable.
@safe
public final class Transport {
    /// What reading came to.
    public enum ReadResult {
        /// Bytes were handed out; there may be more.
        case bytes
        /// Nothing now; wait for the loop.
        case wouldBlock
        /// The peer finished in order (FIN, or close_notify on TLS).
        case finished
        /// The peer's connection ended without close_notify: what came may be cut short.
        case truncated
        /// It broke.
        case failed(TransportError)
    }

    /// What flushing came to.
    public enum FlushResult {
        /// Everything is with the kernel.
        case done
        /// The peer takes no more now.
        case blocked
        /// It broke.
        case failed(TransportError)
    }

    /// How a handshake stands.
    public enum HandshakeResult {
        /// Bytes can flow.
        case complete
        /// It goes on when the socket is ready.
        case inProgress
        /// It failed.
        case failed(TransportError)
    }

    /// The most bytes handed out by one read.
    ///
    /// A whole record of TLS with its content type and padding.
    public static let readCapacity = 16 * 1024 + 256
    /// What one `recv` may bring of a TLS connection.
    private static let receiveBytes = 64 * 1024

    /// The socket.
    public let descriptor: Descriptor
    /// TLS, where it is spoken.
    public let tls: TLSConnection?
    private var pending = ByteQueue()
    private var finishWhenFlushed = false
    private var isFinished = false

    /// A transport over a connected socket; TLS is ready to shake hands where given.
    public init(_ descriptor: Descriptor, tls: TLSConnection? = nil) {
        self.descriptor = descriptor
        self.tls = tls
    }

    /// Goes on with the TLS handshake; a plain transport is complete at once.
    public func handshake() -> HandshakeResult {
        guard let tls else { return .complete }
        switch tls.handshake() {
        case .complete:
            if case .failed(let error) = flush() { return .failed(error) }
            return .complete
        case .wantRead, .wantWrite:
            if case .failed(let error) = flush() { return .failed(error) }
            return .inProgress
        case .failed(let failure):
            _ = flush()
            return .failed(.tls(failure))
        }
    }

    /// Reads once, and gives what came to `consume`. Call it until it answers something else than `.bytes`.
    public func read(_ consume: (Span<UInt8>) -> Void) -> ReadResult {
        unsafe withUnsafeTemporaryAllocation(byteCount: Self.readCapacity, alignment: 16) { buffer in
            if let tls {
                switch unsafe tls.read(into: buffer, receiving: Self.receiveBytes) {
                case .bytes(let count): unsafe Self.give(buffer, count, to: consume)
                case .wouldBlock: return .wouldBlock
                case .closed: return .finished
                case .endOfStream: return .truncated
                case .failed(let failure): return .failed(.tls(failure))
                }
            } else {
                switch unsafe Socket.receive(descriptor.number, into: buffer) {
                case .bytes(0): return .finished
                case .bytes(let count): unsafe Self.give(buffer, count, to: consume)
                case .wouldBlock: return .wouldBlock
                case .failed(let code): return .failed(.socket(SystemError("recv", code: code)))
                }
            }
            return .bytes
        }
    }

    private static func give(
        _ buffer: UnsafeMutableRawBufferPointer, _ count: Int, to consume: (Span<UInt8>) -> Void
    ) {
        unsafe consume(Span(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[..<count])))
    }

    /// Bytes that wait for the peer.
    public var pendingOutput: Int { tls?.pendingOutput ?? pending.count }

    /// Appends `bytes` to the output; ``flush()`` sends it.
    public func write(_ bytes: [UInt8]) { write(bytes.span) }

    /// Appends `bytes` to the output; ``flush()`` sends it.
    public func write(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { raw in
            if let tls { _ = unsafe tls.write(raw) } else { unsafe pending.append(raw) }
        }
    }

    /// Sends what waits, as far as the peer takes it.
    public func flush() -> FlushResult {
        if let tls {
            switch tls.flush() {
            case .done: break
            case .blocked: return .blocked
            case .failed(let code): return .failed(.socket(SystemError("send", code: code)))
            }
        }
        while !pending.isEmpty {
            switch unsafe pending.withUnsafeBytes({ unsafe Socket.send(descriptor.number, $0) }) {
            case .bytes(let count): pending.removeFirst(count)
            case .wouldBlock: return .blocked
            case .failed(let code): return .failed(.socket(SystemError("send", code: code)))
            }
        }
        if finishWhenFlushed, !isFinished {
            isFinished = true
            Socket.shutdownWrite(descriptor.number)
        }
        return .done
    }

    /// Tells the peer, once all output is through, that nothing more comes (close_notify and FIN). Reading goes on.
    public func finishWriting() {
        guard !finishWhenFlushed else { return }
        tls?.shutdown()
        finishWhenFlushed = true
    }
}
