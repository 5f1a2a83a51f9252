internal import Bytes
internal import CLinux
internal import COpenSSL

// Reading: with OpenSSL's records, and with those that are opened here.
extension TLSConnection {
    /// Decrypts as many records as are there and fit, receiving what the socket has.
    ///
    /// Ends are reported once everything before them has been delivered.
    ///
    /// - Parameter receiving: bytes that one `recv` may bring even where the buffer is smaller; what doesn't fit is kept.
    public func read(into buffer: UnsafeMutableRawBufferPointer, receiving: Int = 0) -> ReadResult {
        if ending != .none { return reportEnding() }
        guard let base = buffer.baseAddress, buffer.count > 0 else { return .wouldBlock }
        if let records { return unsafe read(records, into: buffer, receiving: receiving) }
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
    private func read(
        _ records: RecordLayer, into buffer: UnsafeMutableRawBufferPointer, receiving: Int
    ) -> ReadResult {
        let state = unsafe claim()
        unsafe state.pointee.drained = keepsDrained && !probesUntilEmpty
        keepsDrained = false
        isInputBuffered = false
        // As much as surely finds room in the buffer, but for a single record.
        let record = RecordProtection.headerLength + RecordProtection.maximumCiphertext
        let limit = max(buffer.count, record, receiving)
        for _ in 0...Self.maximumReceives {
            let opened = unsafe records.open(state.pointee.waitingInput, into: buffer)
            unsafe state.pointee.consumeInput(opened.consumed)
            if let end = opened.end { note(end) }
            if opened.produced > 0 {
                isDrained = unsafe state.pointee.drained
                isInputBuffered = unsafe opened.end != nil || records.hasRest || state.pointee.hasWholeRecord
                return .bytes(opened.produced)
            }
            if ending != .none { return reportEnding() }
            if opened.isPaused { continue }
            if unsafe state.pointee.drained {
                isDrained = true
                records.noteCaughtUp()
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
                records.noteCaughtUp()
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
        case .flood: fail(TLSFailure(.recordFlood))
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

    func reportEnding() -> ReadResult {
        isInputBuffered = false
        switch ending {
        case .closed: return .closed
        case .endOfStream: return .endOfStream
        case .none, .failed: return .failed(failure ?? TLSFailure(.internalError))
        }
    }

    @discardableResult
    func fail(_ failure: TLSFailure) -> TLSFailure {
        self.failure = failure
        ending = .failed
        return failure
    }
}
