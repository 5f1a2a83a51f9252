internal import Bytes
public import System

/// Why no connection came about.
public enum DialError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The host's name has no address.
    case unresolvable(ResolutionError)
    /// Every address refused or failed; the last one's error.
    case failed(address: String, SystemError)
    /// Nothing was decided before the deadline.
    case timedOut(after: Duration)

    /// Whether the last address said that nobody listens there.
    public var isRefusal: Bool {
        if case .failed(_, let error) = self { error.code == Errno.connectionRefused } else { false }
    }

    /// The same in words.
    public var description: String {
        switch self {
        case .unresolvable(let error): error.description
        case .failed(let address, let error): "cannot connect to \(address): \(error)"
        case .timedOut(let duration): "no connection within \(duration)"
        }
    }
}

/// One attempt to reach a host: its name is resolved, then its addresses are tried in turn, all within one deadline.
///
/// The bridge, the gateway and the key fetcher all connect this way. An attempt that isn't decided within
/// ``attemptDelay`` makes room for the next address when there is one. ``cancel()`` ends it without a call; dropping it
/// isn't enough, as the loop keeps what it watches.
public final class Dial: EventSource, TimerTarget {
    /// What a dial came to.
    public typealias Completion = (Result<Descriptor, DialError>) -> Void

    /// How long one of several addresses may stay undecided.
    public static let attemptDelay: Duration = .seconds(2)

    private enum Purpose {
        static let deadline: UInt8 = 0
        static let attempt: UInt8 = 1
    }

    private let loop: EventLoop
    private let started: MonotonicTime
    private var completion: Completion?
    private var remaining: [SocketAddress] = []
    private var current: SocketAddress?
    private var descriptor: Descriptor?
    private var registration: Registration?
    private var lastFailure: DialError?
    private var deadlineTimer: TimerID?
    private var attemptTimer: TimerID?

    /// Starts to connect to `host` at `port`; `completion` is called once, later than this call.
    public init(
        _ host: String, port: UInt16, timeout: Duration, resolver: Resolver, loop: EventLoop,
        completion: @escaping Completion
    ) {
        self.loop = loop
        self.completion = completion
        started = loop.now
        deadlineTimer = loop.schedule(at: loop.now + timeout, self, purpose: Purpose.deadline)
        resolver.resolve(host, port: port) { [weak self] result in
            guard let self, self.completion != nil else { return }
            switch result {
            case .success(let addresses):
                remaining = addresses.reversed()
                tryNext()
            case .failure(let error):
                finish(.failure(.unresolvable(error)))
            }
        }
    }

    deinit { cancel() }

    /// Ends the attempt; the completion isn't called.
    public func cancel() {
        completion = nil
        dropAttempt()
        if let deadlineTimer { loop.cancel(deadlineTimer) }
        deadlineTimer = nil
    }

    private func tryNext() {
        dropAttempt()
        guard let address = remaining.popLast() else {
            return finish(.failure(lastFailure ?? .timedOut(after: loop.now - started)))
        }
        current = address
        do throws(SystemError) {
            let (descriptor, progress) = try Socket.connect(to: address)
            switch progress {
            case .connected: return finish(.success(descriptor))
            case .failed(let code): throw SystemError("connect", code: code)
            case .inProgress: break
            }
            self.descriptor = descriptor
            registration = try loop.register(descriptor.number, source: self, role: 0)
            if !remaining.isEmpty {
                attemptTimer = loop.schedule(at: loop.now + Self.attemptDelay, self, purpose: Purpose.attempt)
            }
        } catch {
            lastFailure = .failed(address: address.description, error)
            tryNext()
        }
    }

    /// The event loop's call.
    public func ready(_ readiness: Readiness, role: UInt8) {
        guard let descriptor, let current,
            !readiness.isDisjoint(with: [.writable, .failed, .hungUp])
        else { return }
        let code = Socket.pendingError(descriptor.number)
        if code == 0 {
            if let registration { loop.deregister(registration) }
            registration = nil
            self.descriptor = nil
            finish(.success(descriptor))
        } else {
            lastFailure = .failed(address: current.description, SystemError("connect", code: code))
            tryNext()
        }
    }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        switch purpose {
        case Purpose.attempt:
            attemptTimer = nil
            tryNext()
        default:
            deadlineTimer = nil
            finish(.failure(.timedOut(after: loop.now - started)))
        }
    }

    private func dropAttempt() {
        if let attemptTimer { loop.cancel(attemptTimer) }
        attemptTimer = nil
        if let registration { loop.deregister(registration) }
        registration = nil
        descriptor = nil
    }

    private func finish(_ result: Result<Descriptor, DialError>) {
        guard let completion else { return }
        cancel()
        // Called from a job, so that whoever started the dial is never re-entered from within its own call.
        loop.enqueue { completion(result) }
    }
}
