// One connection of a TCPApplication.
//
// Rules:
// - Output comes from three places in this order: bytes that wait, the pattern, what is read and echoed.
// - An echo reads only while no output waits; what waits is bounded by one read. A sink reads whatever the output does.
// - Edge-triggered: `readable` and `writable` remember what the loop said until the kernel says otherwise.
// - A turn moves at most `turnBudget` bytes, then the other connections have theirs.
// - It ends once: `close` tells the record and forgets everything.
internal import Bytes
internal import Reactor
internal import System

final class TCPConnection: EventSource, TimerTarget {
    private static let turnBudget = 1024 * 1024

    let number: Int
    private let descriptor: Descriptor
    private let server: TCPServer
    private var behaviour: TCPBehaviour
    private var registration: Registration?
    private var tick: TimerID?
    private var readable = true
    private var writable = true
    /// The errno of a failed write; acted upon once nothing is looking at a buffer.
    private var writeFailure: Int32?
    private var pending = ByteQueue()
    private var patternSent: UInt64 = 0
    /// What a slow reader may still read in this tick.
    private var allowance = 0
    private var bytesReceived: UInt64 = 0
    private var bytesSent: UInt64 = 0
    private var kept: [UInt8] = []
    private let digest: SHA256Digest?
    private var peerFinished = false
    private var finishWanted = false
    private var hasFinished = false

    init(_ descriptor: Descriptor, number: Int, server: TCPServer) {
        self.descriptor = descriptor
        self.number = number
        self.server = server
        behaviour = server.behaviour
        digest = behaviour.digests ? SHA256Digest() : nil
        pending.append(behaviour.greeting)
        Socket.setNoDelay(descriptor.number)
        Socket.setBuffers(
            descriptor.number, receive: behaviour.receiveBufferBytes, send: behaviour.sendBufferBytes)
    }

    func start() {
        do throws(SystemError) {
            registration = try server.loop.register(descriptor.number, source: self, role: 0)
        } catch {
            return close(.failed(error.code))
        }
        if case .slowly = behaviour.reading { timerFired(purpose: 0) } else { advance() }
    }

    // MARK: Told by the application

    func send(_ bytes: [UInt8]) {
        guard !finishWanted else { return }
        pending.append(bytes)
        advance()
    }

    func finishSending() {
        finishWanted = true
        advance()
    }

    func reset() {
        Socket.setAbortOnClose(descriptor.number)
        close(.closedHere)
    }

    func setReading(_ reading: TCPBehaviour.Reading) {
        behaviour.reading = reading
        if let tick { server.loop.cancel(tick) }
        tick = nil
        if case .slowly = reading { timerFired(purpose: 0) } else { advance() }
    }

    // MARK: Told by the loop

    func ready(_ readiness: Readiness, role: UInt8) {
        if !readiness.isDisjoint(with: [.readable, .peerFinished, .hungUp, .failed]) { readable = true }
        if readiness.contains(.writable) { writable = true }
        if readiness.contains(.failed), case .never = behaviour.reading {
            // Nobody reads, so nobody else would notice.
            return close(.failed(Socket.pendingError(descriptor.number)))
        }
        advance()
    }

    func timerFired(purpose: UInt8) {
        guard case .slowly(let bytes, let interval) = behaviour.reading, registration != nil else { return }
        allowance = bytes
        tick = server.loop.schedule(at: Clock.monotonic + interval, self, purpose: 0)
        advance()
    }

    // MARK: Moving bytes

    /// Does what can be done now.
    private func advance() {
        guard let registration else { return }
        let end = bytesReceived + bytesSent + UInt64(Self.turnBudget)
        repeat {
            let isSent = flush()
            if let writeFailure { return close(.failed(writeFailure)) }
            guard !endIfDue(isSent: isSent) else { return }
            if !isSent, behaviour.reply == .echo { return }
            guard read() else { return }
        } while bytesReceived + bytesSent < end
        server.loop.continueLater(registration, [])
    }

    /// Sends what waits and the pattern as far as the peer takes it; whether nothing is left.
    private func flush() -> Bool {
        while writable {
            if !pending.isEmpty {
                let sent = unsafe pending.withUnsafeBytes { bytes in unsafe transmit(bytes) }
                pending.removeFirst(sent)
            } else if patternSent < behaviour.pattern {
                let count = Int(min(behaviour.pattern - patternSent, UInt64(server.buffer.count)))
                let offset = patternSent
                patternSent += unsafe server.buffer.withUnsafeMutableBytes { buffer in
                    let chunk = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
                    unsafe BytePattern.fill(chunk, at: offset)
                    return UInt64(unsafe transmit(UnsafeRawBufferPointer(chunk)))
                }
            } else {
                return true
            }
        }
        return pending.isEmpty && patternSent == behaviour.pattern
    }

    /// Hands bytes to the kernel and answers how many it took.
    private func transmit(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch unsafe Socket.send(descriptor.number, bytes) {
        case .bytes(let count):
            bytesSent += UInt64(count)
            server.record.with { $0.statistics.bytesSent += UInt64(count) }
            return count
        case .wouldBlock:
            writable = false
        case .failed(let code):
            writable = false
            writeFailure = code
        }
        return 0
    }

    /// Reads once, and answers whether to go on.
    private func read() -> Bool {
        guard readable, !peerFinished else { return false }
        var count = server.buffer.count
        switch behaviour.reading {
        case .atOnce: break
        case .slowly: count = min(count, allowance)
        case .never: return false
        }
        // What is to be counted exactly is not read past.
        if case .reset(let limit) = behaviour.ending { count = min(count, Int(clamping: limit - bytesReceived)) }
        guard count > 0 else { return false }
        let transfer = unsafe server.buffer.withUnsafeMutableBytes { buffer in
            let transfer = unsafe Socket.receive(
                descriptor.number, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
            if case .bytes(let received) = transfer, received > 0 {
                unsafe take(UnsafeRawBufferPointer(rebasing: buffer[..<received]))
            }
            return transfer
        }
        switch transfer {
        case .bytes(0):
            peerFinished = true
            server.record.with { $0.statistics.peersFinished += 1 }
        case .bytes: break
        case .wouldBlock:
            readable = false
            return false
        case .failed(let code):
            close(.failed(code))
            return false
        }
        return true
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        bytesReceived += UInt64(bytes.count)
        server.record.with { $0.statistics.bytesReceived += UInt64(bytes.count) }
        if case .slowly = behaviour.reading { allowance -= bytes.count }
        unsafe digest?.update(bytes)
        if kept.count < behaviour.keptBytes {
            unsafe kept.append(contentsOf: bytes.prefix(behaviour.keptBytes - kept.count))
        }
        guard behaviour.reply == .echo, !finishWanted else { return }
        let sent = pending.isEmpty && writable ? unsafe transmit(bytes) : 0
        if sent < bytes.count { unsafe pending.append(UnsafeRawBufferPointer(rebasing: bytes[sent...])) }
    }

    // MARK: Ending

    /// Finishes its own side, or the whole, when the behaviour says so; whether the connection is gone.
    private func endIfDue(isSent: Bool) -> Bool {
        switch behaviour.ending {
        case .withPeer: if peerFinished { finishWanted = true }
        case .halfCloseAfterSending: if isSent { finishWanted = true }
        case .closeAfterSending:
            if isSent {
                close(.closedHere)
                return true
            }
        case .halfClose(let limit): if bytesReceived >= limit { finishWanted = true }
        case .reset(let limit):
            if bytesReceived >= limit {
                reset()
                return true
            }
            if peerFinished { finishWanted = true }
        case .never: break
        }
        if finishWanted, isSent, !hasFinished {
            hasFinished = true
            Socket.shutdownWrite(descriptor.number)
        }
        if hasFinished, peerFinished { close(.finished) }
        return registration == nil
    }

    /// Ends the connection, once.
    func close(_ ending: ConnectionReport.Ending) {
        guard !descriptor.isClosed else { return }
        if let registration { server.loop.deregister(registration) }
        registration = nil
        if let tick { server.loop.cancel(tick) }
        descriptor.close()
        pending.removeAll()
        server.forget(self)
        let report = ConnectionReport(
            number: number, bytesReceived: bytesReceived, bytesSent: bytesSent, sha256: digest?.finish(),
            received: kept, peerFinished: peerFinished, ending: ending)
        server.record.with { $0.add(report) }
    }
}
