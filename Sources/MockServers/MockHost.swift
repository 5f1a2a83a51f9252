// Rules:
// - One event loop on one thread of its own; every mock lives on it and is touched there only.
// - Other threads reach it through jobs: queued behind a lock, and the loop is woken by a byte on a socket pair.
// - `stop()` ends the loop after the jobs queued before it and waits for the thread. Jobs offered later are dropped.
internal import Glibc
public import Reactor
public import System

/// A thread with an event loop that mock servers run on, beside a test or a demo in the same process.
///
/// Stops when it is released; what runs on it goes with it.
@safe
public final class MockHost: @unchecked Sendable {
    // Sendable: `queue` locks itself, and everything else is constant once `init` is through.
    private struct Queue: Sendable {
        var jobs: [@Sendable (EventLoop) -> Void] = []
        var hasEnded = false
    }

    private let queue = Monitor(Queue())
    private let wakeSender: Descriptor
    private var thread = pthread_t()

    /// Starts the thread.
    public init() throws(SystemError) {
        let (receiver, sender) = try Socket.pair()
        wakeSender = sender
        let runner = try Runner(queue: queue, wakeReceiver: receiver)
        let argument = unsafe Unmanaged.passRetained(runner).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Runner>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, argument)
        guard code == 0 else {
            unsafe Unmanaged<Runner>.fromOpaque(argument).release()
            throw SystemError("pthread_create", code: code)
        }
    }

    deinit { stop() }

    /// Ends the loop and waits until its thread is gone. A second call does nothing.
    public func stop() {
        let wasRunning = queue.with { queue in
            defer { queue.hasEnded = true }
            return !queue.hasEnded
        }
        guard wasRunning else { return }
        wake()
        if isOnThread {
            pthread_detach(thread)
        } else {
            pthread_join(thread, nil)
        }
    }

    /// Runs `job` on the host's thread, later, and answers true; false when the host was stopped, and `job` is dropped.
    @discardableResult
    public func post(_ job: @escaping @Sendable (EventLoop) -> Void) -> Bool {
        let isAccepted = queue.with { queue in
            if queue.hasEnded { return false }
            queue.jobs.append(job)
            return true
        }
        if isAccepted { wake() }
        return isAccepted
    }

    /// Runs `job` on the host's thread and answers what it answers, or nil when the host was stopped.
    ///
    /// Not to be called on the host's own thread, which would wait for itself.
    public func perform<Result: Sendable>(_ job: @escaping @Sendable (EventLoop) -> Result) -> Result? {
        precondition(!isOnThread, "perform() would wait for its own thread")
        let result = Monitor<Result?>(nil)
        let isAccepted = post { loop in
            let value = job(loop)
            result.with { $0 = value }
        }
        // An accepted job is run even when the host is stopped right behind it.
        if isAccepted { _ = result.wait(nil) { $0 != nil } }
        return result.with { $0 }
    }

    /// Runs `order` on the host's thread and returns when it is carried out; at once, with nothing done, when the host was
    /// stopped. On the host's own thread it is carried out later.
    func command(_ order: @escaping @Sendable () -> Void) {
        if isOnThread {
            post { _ in order() }
        } else {
            _ = perform { _ in order() }
        }
    }

    private var isOnThread: Bool { pthread_equal(pthread_self(), thread) != 0 }

    private func wake() {
        // A full socket means that it is awake anyway.
        let byte: [UInt8] = [1]
        unsafe byte.withUnsafeBytes { _ = unsafe Socket.send(wakeSender.number, $0) }
    }

    /// What the thread owns.
    private final class Runner: EventSource {
        private let queue: Monitor<Queue>
        private let wakeReceiver: Descriptor
        private let loop: EventLoop
        private var buffer = [UInt8](repeating: 0, count: 256)

        init(queue: Monitor<Queue>, wakeReceiver: Descriptor) throws(SystemError) {
            self.queue = queue
            self.wakeReceiver = wakeReceiver
            loop = try EventLoop()
            _ = try loop.registerLevel(wakeReceiver.number, .readable, source: self, role: 0)
        }

        func run() {
            do throws(SystemError) {
                try loop.run()
            } catch {
                // Nothing a test could do about epoll failing, and going on would leave it waiting for ever.
                fatalError("the mock's event loop failed: \(error)")
            }
        }

        func ready(_ readiness: Readiness, role: UInt8) {
            unsafe buffer.withUnsafeMutableBytes { _ = unsafe Socket.receive(wakeReceiver.number, into: $0) }
            let (jobs, hasEnded) = queue.with { queue in
                defer { queue.jobs = [] }
                return (queue.jobs, queue.hasEnded)
            }
            for job in jobs { job(loop) }
            if hasEnded { loop.stop() }
        }
    }
}

extension SocketAddress {
    /// 127.0.0.1 with a port that the kernel chooses: where mocks listen unless told otherwise.
    public static let anyLoopbackPort = SocketAddress.loopback(port: 0)

    /// 127.0.0.1 with `port`.
    public static func loopback(port: UInt16) -> SocketAddress {
        guard let address = SocketAddress(bytes: [127, 0, 0, 1], port: port) else {
            preconditionFailure("four bytes are an address")
        }
        return address
    }
}
