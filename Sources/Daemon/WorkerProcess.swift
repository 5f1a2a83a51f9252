internal import Bytes
internal import Reactor
internal import System

/// A worker as the master sees it: a process, a channel, and where it stands.
final class WorkerProcess: EventSource {
    /// Where a worker stands.
    enum State {
        /// Started; it prepares itself.
        case starting
        /// It could serve.
        case ready
        /// It accepts connections.
        case serving
        /// It finishes what it has.
        case draining
        /// It was told to end at once.
        case stopping
    }

    /// Its process.
    let pid: Int32
    /// Its place in its generation, from 0.
    let index: Int
    /// Its slot in the metrics memory.
    let slot: Int
    /// When it was started.
    let started: MonotonicTime
    /// Where it stands.
    var state = State.starting
    /// When its time is over: it is killed if it still runs then.
    var deadline: MonotonicTime?
    private let channel: MessageChannel
    private var registration: Registration?
    /// Is told what it says.
    private let heard: (WorkerProcess, WorkerMessage) -> Void
    private let loop: EventLoop

    /// Watches the worker `pid` at the other end of `channel`.
    init(
        pid: Int32, index: Int, slot: Int, channel: MessageChannel, loop: EventLoop,
        heard: @escaping (WorkerProcess, WorkerMessage) -> Void
    ) throws(SystemError) {
        (self.pid, self.index, self.slot, self.channel, self.heard) = (pid, index, slot, channel, heard)
        self.loop = loop
        started = loop.now
        registration = try loop.registerLevel(channel.number, .readable, source: self, role: 0)
    }

    /// Messages that are heard in one turn: a worker that talks without end must not keep the master.
    private static let messagesPerTurn = 16

    /// Tells it something. One that doesn't listen is of no use to anybody: it is killed, and will be replaced.
    func tell(_ message: MasterMessage, descriptors: [Int32] = []) {
        if (try? channel.send(message.bytes, descriptors: descriptors)) != true { ChildProcesses.signal(pid, 9) }
    }

    /// Whether it belongs to those that accept connections, or soon will.
    var isComing: Bool { state == .starting || state == .ready || state == .serving }

    /// The event loop's call.
    func ready(_ readiness: Readiness, role: UInt8) {
        // What it says while it ends doesn't matter any more, and descriptors that it sends are closed unseen.
        for _ in 0..<Self.messagesPerTurn {
            guard let received = try? channel.receive() else { return forget() }
            guard case .message(let bytes, _) = received else {
                if case .ended = received { forget() }
                return
            }
            if let message = WorkerMessage(bytes) { heard(self, message) }
        }
    }

    /// Stops listening to it.
    func forget() {
        if let registration { loop.deregister(registration) }
        registration = nil
    }
}
