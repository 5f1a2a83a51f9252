internal import Bridge
internal import Bytes
internal import Reactor
internal import Settings
internal import Telemetry

// How a worker comes to its end.
//
//                 ┌─────────────────── stop ──────────────────┐
//   serving ── drain, retire ──▶ draining ── time is over ──▶ closing ── time is over ──▶ ended
//                                    └───── nothing is left ─────┴─── nothing is left ──────▲
//
// While it drains, tunnels may end by themselves until `shutdownTimeout`; while it closes, they have been told 1001 and
// have the time that a close handshake takes. It ended well when no tunnel was left when the time for draining was over.

/// The last part of a worker's life.
final class WorkerEnd: TimerTarget {
    /// What is asked for.
    enum Order {
        /// Another worker has taken over: finish what is there.
        case retire
        /// Nobody takes over: finish what is there.
        case drain
        /// Close everything now.
        case stop
    }

    private enum Phase { case serving, draining, closing, ended }

    private enum Purpose {
        static let limit: UInt8 = 0
        static let poll: UInt8 = 1
    }

    /// How often it is looked whether everything has ended.
    private static let pollInterval: Duration = .milliseconds(50)

    private let worker: Worker
    private let limits: LimitSettings
    private let log: Log
    private let ended: (ExitCode) -> Void
    private var phase = Phase.serving
    private var limit: TimerID?
    private var deadline = MonotonicTime(nanoseconds: 0)
    private var exitCode = ExitCode.success

    /// - Parameter ended: is called once, when nothing is left or no more time.
    init(_ worker: Worker, _ settings: Settings, log: Log, ended: @escaping (ExitCode) -> Void) {
        (self.worker, limits, self.log, self.ended) = (worker, settings.limits, log, ended)
    }

    /// Whether it has begun.
    var hasBegun: Bool { phase != .serving }

    /// Begins, or hastens, the end. What was ordered before and is as strict already stays as it is.
    func begin(_ order: Order, within closeTimeout: Duration? = nil) {
        switch (order, phase) {
        case (.stop, .serving), (.stop, .draining):
            worker.stopAccepting(isShutdown: true)
            worker.closeAll()
            enter(.closing, closeTimeout ?? limits.closeTimeout)
        case (.drain, .serving), (.retire, .serving):
            worker.stopAccepting(isShutdown: order == .drain)
            log(.notice, "draining: \(worker.bridge.tunnelCount) tunnels have \(limits.shutdownTimeout) to end")
            enter(.draining, limits.shutdownTimeout)
        case (.drain, .draining):
            worker.stopAccepting(isShutdown: true)
        case (.stop, .closing):
            if let closeTimeout, worker.loop.now + closeTimeout < deadline { enter(.closing, closeTimeout) }
        default: break
        }
    }

    private func enter(_ next: Phase, _ time: Duration) {
        if phase == .serving { poll() }
        phase = next
        if let limit { worker.loop.cancel(limit) }
        deadline = worker.loop.now + time
        limit = worker.loop.schedule(at: deadline, self, purpose: Purpose.limit)
    }

    private func poll() {
        _ = worker.loop.schedule(at: worker.loop.now + Self.pollInterval, self, purpose: Purpose.poll)
    }

    /// The event loop's call.
    func timerFired(purpose: UInt8) {
        if phase == .ended { return }
        if !worker.isBusy { return end() }
        guard purpose == Purpose.limit else { return poll() }
        limit = nil
        exitCode = .failure
        if phase == .closing { return end() }
        log(.notice, "shutdownTimeout is over: closing \(worker.bridge.tunnelCount) tunnels")
        begin(.stop)
    }

    private func end() {
        phase = .ended
        ended(exitCode)
    }
}
