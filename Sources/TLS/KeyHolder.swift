internal import CLinux
internal import COpenSSL

/// The key-holder process's core: keeps the private keys and signs for workers, which never see them.
///
/// Rules:
///  1. It reads nothing but requests, each a datagram of bounded size, and never waits for a worker: an answer that a
///     worker's full socket doesn't take is dropped.
///  2. It signs only what TLS signs (``HandshakeMessage``), and decrypts nothing.
///  3. Workers take turns: one request of each before the next of any.
///  4. It ends when every channel has ended, that is, when all processes that had the other ends are gone.
public final class KeyHolder {
    private let keys: [PrivateKey]

    /// A holder of `keys`; workers name them by their place in it.
    public init(keys: [PrivateKey]) { self.keys = keys }

    /// Has OpenSSL keep the numbers of keys that are read from now on in memory that is locked, left out of core dumps
    /// and between guard pages. To be called once, before the first key is read.
    ///
    /// - Returns: false when the system gives no such memory; keys are then kept as usual.
    @discardableResult
    public static func protectMemory() -> Bool {
        // Room for a hundred RSA keys. It grows no further: what doesn't fit is kept as usual.
        CRYPTO_secure_malloc_init(1024 * 1024, 32) == 1
    }

    /// Serves until every channel has ended.
    ///
    /// - Parameter channels: one end of a SOCK_SEQPACKET pair for each worker; they are closed here.
    public func serve(channels: [Int32]) throws(TLSError) {
        let epoll = clinux_epoll_create()
        guard epoll >= 0 else { throw .keyHolderCannotStart(reason: errorName(epoll)) }
        defer { _ = clinux_close(epoll) }
        var open: Set<Int32> = []
        defer { for channel in open { _ = clinux_close(channel) } }
        for channel in channels {
            open.insert(channel)
            let added = clinux_epoll_control(
                epoll, EPOLL_CTL_ADD, channel, EPOLLIN.rawValue, UInt64(UInt32(bitPattern: channel)))
            guard added == 0 else { throw .keyHolderCannotStart(reason: errorName(added)) }
        }
        let capacity = 64
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
        unsafe events.initialize(repeating: epoll_event(), count: capacity)
        defer { unsafe events.deallocate() }
        var buffer = [UInt8](repeating: 0, count: KeyRequest.maxCount)
        while !open.isEmpty {
            let count = unsafe clinux_epoll_wait(epoll, events, Int32(capacity), -1)
            guard count >= 0 else { throw .keyHolderCannotStart(reason: errorName(count)) }
            for index in 0..<Int(count) {
                let channel = unsafe Int32(truncatingIfNeeded: clinux_event_tag(events + index))
                let hasHungUp = unsafe clinux_event_mask(events + index) & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
                if !serveOne(DatagramSocket(descriptor: channel), &buffer, hasHungUp: hasHungUp) {
                    open.remove(channel)
                    _ = clinux_close(channel)
                }
            }
        }
    }

    /// Answers one request.
    ///
    /// - Returns: false when the channel has ended.
    private func serveOne(_ socket: DatagramSocket, _ buffer: inout [UInt8], hasHungUp: Bool) -> Bool {
        switch socket.receive(into: &buffer) {
        case .wouldBlock: return true
        case .ended: return false
        // The end, or a worker that sends an empty datagram to look like it and so to harm its successor.
        case .done(0): return !hasHungUp
        case .done(let count):
            let answer = count <= buffer.count ? answer(to: buffer.span.extracting(first: count)) : .malformed
            // Never waited for: if it can't be taken, its worker has only itself to blame.
            _ = socket.send(answer.encoded)
            return true
        }
    }

    /// The answer to one datagram, whatever it holds.
    func answer(to datagram: Span<UInt8>) -> KeyAnswer {
        let request: KeyRequest
        do throws(KeyRequest.Refused) { request = try KeyRequest(decoding: datagram) } catch {
            return KeyAnswer(identifier: error.identifier, outcome: error.outcome)
        }
        func refused(_ outcome: KeyAnswer.Outcome) -> KeyAnswer {
            KeyAnswer(identifier: request.identifier, outcome: outcome)
        }
        guard let index = Int(exactly: request.key), keys.indices.contains(index) else { return refused(.unknownKey) }
        let key = keys[index]
        guard key.type == request.scheme.keyType else { return refused(.wrongScheme) }
        let message = datagram.extracting(droppingFirst: KeyRequest.headerCount)
        guard let shape = HandshakeMessage(message), shape.allows(request.scheme) else { return refused(.notTLS) }
        guard let signature = key.sign(message, scheme: request.scheme),
            signature.count <= KeyAnswer.maxSignatureCount
        else {
            ERR_clear_error()
            return refused(.failed)
        }
        return KeyAnswer(identifier: request.identifier, outcome: .signed, signature: signature)
    }
}

private func errorName(_ error: Int32) -> String { unsafe String(cString: clinux_error_name(-error)) }
