internal import Bytes
internal import CLinux
internal import COpenSSL

// Writing: records are gathered, and leave together.
extension TLSConnection {
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
            let count = min(rest.count, nextRecordSize())
            let content = unsafe UnsafeRawBufferPointer(rebasing: rest[..<count])
            guard unsafe gather(content, ContentType.applicationData, records) else {
                return .failed(fail(TLSFailure(violation: AlertDescription.internalError)))
            }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return .done
    }

    /// What the next record may carry: at the beginning of a burst as much as one packet does, because a record can't be
    /// opened before all of it is there; later as much as a record can, because each costs.
    @inline(__always)
    private func nextRecordSize() -> Int {
        if smallRecordsLeft == 0 { return RecordProtection.maximumPlaintext }
        smallRecordsLeft -= 1
        return Self.smallRecordSize
    }

    /// Says that nothing was written for a while: the network's window may be small again (RFC 9293 section 3.8.6).
    public func beginBurst() { smallRecordsLeft = Self.smallRecordsInBurst }

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

    func writeAlert(_ description: UInt8) {
        guard let records, !isShut else { return }
        // warning(1) for close_notify, fatal(2) for all else (RFC 8446 section 6).
        let alert = [description == AlertDescription.closeNotify ? 1 : 2, description]
        isShut = true
        _ = unsafe alert.withUnsafeBytes { unsafe gather($0, ContentType.alert, records) }
    }

    func writeKeyUpdate(_ records: RecordLayer) -> Bool {
        let state = unsafe engine.state
        if unsafe state.pointee.outputCapacity - state.pointee.outputCount < 64 { spillGatheredOutput() }
        let end = unsafe state.pointee.output + state.pointee.outputCount
        guard let length = unsafe records.sealKeyUpdate(to: end) else { return false }
        unsafe state.pointee.outputCount += length
        return true
    }

    /// Sends what has been gathered, in one `send` if the socket takes it; the rest is kept.
    ///
    /// - Parameter isLast: the socket is closed or shut for writing right afterwards: the bytes wait for that, and leave
    ///   in one packet with the FIN.
    public func flush(isLast: Bool = false) -> FlushResult {
        let state = unsafe engine.state
        let isServed = unsafe state.pointee.served == Unmanaged.passUnretained(self).toOpaque()
        if !pending.isEmpty {
            if isServed { spillGatheredOutput() }
            return flushPending(isLast)
        }
        guard isServed, unsafe state.pointee.outputCount > 0 else { return .done }
        let count = unsafe state.pointee.outputCount
        let sent = unsafe send(state.pointee.output, count, isLast)
        unsafe state.pointee.outputCount = 0
        if sent == count { return .done }
        guard sent >= 0 || sent == -Int(EAGAIN) else { return .failed(Int32(truncatingIfNeeded: -sent)) }
        let taken = max(sent, 0)
        unsafe pending.append(UnsafeRawBufferPointer(start: state.pointee.output + taken, count: count - taken))
        return .blocked(pending: count - taken)
    }

    private func flushPending(_ isLast: Bool) -> FlushResult {
        let sent = unsafe pending.withUnsafeBytes { unsafe send($0.baseAddress, $0.count, isLast) }
        if sent > 0 { pending.removeFirst(sent) }
        if pending.isEmpty { return .done }
        guard sent >= 0 || sent == -Int(EAGAIN) else { return .failed(Int32(truncatingIfNeeded: -sent)) }
        return .blocked(pending: pending.count)
    }

    @inline(__always)
    private func send(_ bytes: UnsafeRawPointer?, _ count: Int, _ isLast: Bool) -> Int {
        unsafe isLast ? clinux_send_last(descriptor, bytes, count) : clinux_send(descriptor, bytes, count)
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
}
