// Standard input and output as the local side of a tunnel.
//
// Neither is made non-blocking, since that would change them for the programs they are shared with. Terminals and pipes
// are watched level-triggered: when epoll says readable, one read does not block, and when it says writable, a write of
// PIPE_BUF bytes does not block either (pipe(7)). Files cannot be watched, and never block.
internal import Bytes
internal import Glibc
internal import Reactor
internal import System

/// Standard input and output.
final class StandardStreams: LocalStream, EventSource {
    private enum Role {
        static let input: UInt8 = 0
        static let output: UInt8 = 1
    }

    private static let readCapacity = 16 * 1024
    /// PIPE_BUF of Linux.
    private static let atomicWrite = 4096

    weak var owner: (any ClientChannelOwner)?
    private let loop: EventLoop
    private let input: Int32
    private let output: Int32
    private var inputRegistration: Registration?
    private var outputRegistration: Registration?
    /// Whether epoll can tell about input; files are read whenever there is room.
    private var watchesInput = true
    private var watchesOutput = true
    private var isPaused = true
    private var hasEnded = false
    private var isClosed = false
    private var finishesWhenWritten = false
    private var isReadScheduled = false
    private var pending = ByteQueue()
    private var buffer = [UInt8](repeating: 0, count: StandardStreams.readCapacity)

    init(input: Int32 = 0, output: Int32 = 1, loop: EventLoop) throws(SystemError) {
        self.input = input
        self.output = output
        self.loop = loop
        do throws(SystemError) {
            inputRegistration = try loop.registerLevel(input, [], source: self, role: Role.input)
        } catch {
            // EPERM: a file.
            guard error.code == EPERM else { throw error }
            watchesInput = false
        }
        do throws(SystemError) {
            outputRegistration = try loop.registerLevel(output, [], source: self, role: Role.output)
        } catch {
            // EEXIST: a terminal that is both; writing to one hardly ever blocks.
            guard error.code == EPERM || error.code == EEXIST else { throw error }
            watchesOutput = false
        }
    }

    // MARK: Reading

    func pauseReading() {
        isPaused = true
        if let inputRegistration { try? loop.modifyLevel(inputRegistration, []) }
    }

    func resumeReading() {
        guard isPaused, !hasEnded, !isClosed else { return }
        isPaused = false
        if let inputRegistration { try? loop.modifyLevel(inputRegistration, .readable) } else { readLater() }
    }

    private func readLater() {
        guard !watchesInput, !isReadScheduled else { return }
        isReadScheduled = true
        // A timer rather than a job: sockets have their turn between two pieces.
        _ = loop.schedule(at: Clock.monotonic, self, purpose: 0)
    }

    private func readOnce() {
        guard !isPaused, !hasEnded, !isClosed else { return }
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(input, $0.baseAddress, $0.count) }
        if count > 0 {
            let bytes = Array(buffer[..<count])
            owner?.channelReceived(bytes.span)
            if !watchesInput, !isPaused { readLater() }
        } else if count < 0, errno == EINTR || errno == EAGAIN {
            return
        } else {
            hasEnded = true
            if let inputRegistration { loop.deregister(inputRegistration) }
            inputRegistration = nil
            // A terminal that has gone ends like a file does.
            owner?.channelEnded(.finished)
        }
    }

    // MARK: Writing

    var pendingOutput: Int { pending.count }

    func write(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        pending.append(bytes)
        if let outputRegistration {
            try? loop.modifyLevel(outputRegistration, .writable)
        } else {
            while !pending.isEmpty, writeOnce() {}
            drained()
        }
    }

    func finishWriting() { finishesWhenWritten = true }

    /// Writes a piece; answers whether that went well.
    private func writeOnce() -> Bool {
        let count = unsafe pending.withUnsafeBytes { bytes in
            unsafe Glibc.write(output, bytes.baseAddress, min(bytes.count, Self.atomicWrite))
        }
        if count < 0, errno == EINTR || errno == EAGAIN { return watchesOutput ? true : waitForRoom() }
        guard count >= 0 else {
            let error = SystemError("write", "standard output", code: errno)
            pending.removeAll()
            if !hasEnded {
                hasEnded = true
                owner?.channelEnded(.failed(.connection(.socket(error))))
            }
            return false
        }
        pending.removeFirst(count)
        return true
    }

    /// For an output that cannot be watched and yet was made non-blocking by another program.
    private func waitForRoom() -> Bool {
        var descriptor = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&descriptor, 1, -1) >= 0 || errno == EINTR
    }

    private func drained() {
        guard pending.isEmpty else { return }
        if let outputRegistration { try? loop.modifyLevel(outputRegistration, []) }
        loop.enqueue { [weak self] in
            guard let self, !isClosed, pending.isEmpty else { return }
            owner?.channelDrained()
        }
    }

    // MARK: Events

    func ready(_ readiness: Readiness, role: UInt8) {
        if role == Role.input { return readOnce() }
        guard !pending.isEmpty else {
            // Nobody reads any more, which epoll tells unasked.
            guard !readiness.isDisjoint(with: [.failed, .hungUp]) else { return }
            if let outputRegistration { loop.deregister(outputRegistration) }
            outputRegistration = nil
            return
        }
        _ = writeOnce()
        drained()
    }

    func close() {
        isClosed = true
        if let inputRegistration { loop.deregister(inputRegistration) }
        if let outputRegistration { loop.deregister(outputRegistration) }
        (inputRegistration, outputRegistration) = (nil, nil)
    }

    func reset() { close() }
}

extension StandardStreams: TimerTarget {
    func timerFired(purpose: UInt8) {
        isReadScheduled = false
        readOnce()
    }
}
