internal import Bytes
internal import System
public import WebSocket

extension BlockingBridgeClient {
    /// Sending goes on while less than this is on its way to the kernel, in bytes.
    private static var sendMark: Int { 64 * 1024 }

    /// Sends `bytes` in binary messages of at most `frameSize` bytes (nil: the options'), one frame each, and waits
    /// until the kernel has them.
    ///
    /// An empty array is sent as one empty message.
    public func send(
        _ bytes: [UInt8], frameSize: Int? = nil, within patience: Duration = patience
    ) throws(ClientError) {
        let size = max(1, frameSize ?? connection.options.frameSize)
        let deadline = Clock.monotonic + patience
        var start = 0
        repeat {
            let end = min(bytes.count, start + size)
            try waitForRoom(Self.sendMark, patience, until: deadline)
            guard connection.sendFrame(.binary, Array(bytes[start..<end])) else { throw receiver.cannotSend }
            start = end
        } while start < bytes.count
        try waitForRoom(1, patience, until: deadline)
    }

    /// Sends `text` as one binary message.
    public func send(_ text: String, within patience: Duration = patience) throws(ClientError) {
        try send(Array(text.utf8), within: patience)
    }

    /// Sends one frame as it is asked for, sensible or not; a piece of a fragmented message, for example.
    public func sendFrame(
        _ opcode: Opcode, _ payload: [UInt8] = [], isFinal: Bool = true, within patience: Duration = patience
    ) throws(ClientError) {
        guard connection.sendFrame(opcode, payload, isFinal: isFinal) else { throw receiver.cannotSend }
        try waitForRoom(1, patience, until: Clock.monotonic + patience)
    }

    /// Sends `bytes` as they are, in any state after ``open(within:)`` or ``connect(within:)``.
    public func sendRaw(_ bytes: [UInt8], within patience: Duration = patience) throws(ClientError) {
        connection.sendRaw(bytes)
        try waitForRoom(1, patience, until: Clock.monotonic + patience)
    }

    /// Sends `bytes` as messages without waiting for the kernel to take them.
    public func queue(_ bytes: [UInt8]) throws(ClientError) {
        guard connection.send(bytes) else { throw receiver.cannotSend }
    }

    /// Sends a ping and waits for the pong that answers it.
    public func ping(_ payload: [UInt8] = [], within patience: Duration = patience) throws(ClientError) {
        let earlier = receiver.pongs.count
        guard connection.ping(payload) else { throw receiver.cannotSend }
        try wait("pong", patience) { receiver.pongs.dropFirst(earlier).contains(payload) }
    }

    /// Sends messages as fast as the server takes them, and takes what comes, until `count` bytes have come.
    ///
    /// - Parameters:
    ///   - next: the next message; nil: there are no more.
    ///   - consume: is given what came, in order.
    public func exchange(
        sending next: () -> [UInt8]?, receiving consume: ([UInt8]) -> Void, count: Int,
        within patience: Duration = patience
    ) throws(ClientError) {
        let deadline = Clock.monotonic + patience
        var remaining = count
        var isSending = true
        demand(.max)
        defer { settle() }
        while remaining > 0 || isSending {
            while isSending, connection.pendingOutput < Self.sendMark {
                guard let message = next() else {
                    isSending = false
                    break
                }
                guard connection.sendFrame(.binary, message) else { throw receiver.cannotSend }
            }
            if receiver.received.count > 0 {
                let bytes = receiver.received.take(remaining)
                remaining -= bytes.count
                consume(bytes)
            } else if let end = receiver.end {
                throw end.error
            } else if remaining > 0 || isSending, !(try turn(until: deadline)) {
                throw .timedOut(awaiting: "rest of \(count) bytes (\(remaining) are missing)", after: patience)
            }
        }
        try waitForRoom(1, patience, until: deadline)
    }

    /// Waits until less than `mark` bytes wait for the kernel.
    func waitForRoom(_ mark: Int, _ patience: Duration, until deadline: MonotonicTime) throws(ClientError) {
        while connection.pendingOutput >= mark {
            if let end = receiver.end { throw end.error }
            guard try turn(until: deadline) else {
                throw .timedOut(
                    awaiting: "room to send (\(connection.pendingOutput) bytes wait)", after: patience)
            }
        }
    }
}
