/// The decoder's way through control frames (RFC 6455 section 5.5): off the fast path, byte by byte.
extension FrameDecoder {
    /// Collects what is there of a control frame's payload, unmasked.
    @inline(never)
    mutating func takeControlPayload(_ buffer: inout MutableRawSpan, from position: inout Int, to end: Int) {
        while remaining > 0, position < end {
            let byte = unsafe buffer.unsafeLoad(fromByteOffset: position, as: UInt8.self)
            control.append(byte ^ UInt8(truncatingIfNeeded: key.word))
            key = key.advanced(by: 1)
            position += 1
            remaining -= 1
        }
    }

    /// What the control frame that has just become whole means.
    @inline(never)
    mutating func controlEvent() throws(WebSocketError) -> Event {
        phase = .header
        switch controlOpcode {
        case .ping: return .ping(control)
        case .pong: return .pong(control)
        default:
            do throws(WebSocketError) {
                let status = try control.closeStatus()
                phase = .nothingAfterClose
                return .close(status)
            } catch {
                throw fail(error)
            }
        }
    }

    /// Keeps `misdeed` as the answer to every later step, and answers it.
    @inline(never)
    mutating func fail(_ misdeed: WebSocketError) -> WebSocketError {
        phase = .nothingAfterFailure
        failure = misdeed
        return misdeed
    }
}
