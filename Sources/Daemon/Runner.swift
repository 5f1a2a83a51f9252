internal import Bridge
internal import Bytes
internal import Reactor
internal import Settings
internal import System
internal import Telemetry

/// How a run ends, as the process's exit code.
public enum ExitCode: Int32, Sendable {
    /// All is well.
    case success = 0
    /// It failed, or tunnels had to be cut when the time for draining was over.
    case failure = 1
    /// The command line or the settings are wrong.
    case usage = 2
}

/// Master and worker in a single process: what demos, tests and debuggers run.
final class Runner: EventSource, TimerTarget {
    private enum Purpose {
        static let shutdown: UInt8 = 0
        static let poll: UInt8 = 1
    }

    /// How often a draining runner looks whether everything has ended.
    private static let pollInterval: Duration = .milliseconds(50)

    private let settings: Settings
    private let worker: Worker
    private let logs: LogFiles
    private let log: Log
    private let signals: SignalSource
    private var isStopping = false
    /// Stopping, and tunnels may still end by themselves.
    private var isDraining = false
    private var shutdownTimer: TimerID?
    private var exitCode = ExitCode.success

    private init(_ settings: Settings) throws(StartError) {
        self.settings = settings
        do {
            SignalSource.ignoreBrokenPipe()
            signals = try SignalSource([.terminate, .interrupt, .quit, .hangup, .user1, .user2])
            logs = try LogFiles(settings.logs)
        } catch {
            throw StartError("\(error)")
        }
        log = logs.log
        worker = try Worker(settings, logs: logs)
    }

    /// Runs the daemon with the settings in `file` until a signal ends it.
    static func run(settingsFile file: String, workers: Int? = nil) -> ExitCode {
        let settings: Settings
        switch SettingsFile.load(file) {
        case .success(let loaded): settings = loaded
        case .failure(let problem):
            Console.error(problem.description)
            return .usage
        }
        do throws(StartError) {
            let material = try TLSMaterial.load(settings)
            let runner = try Runner(settings)
            for warning in settings.warnings + material.warnings {
                Console.error("warning: \(warning)")
                runner.log(.warn, warning)
            }
            if let notice = settings.pendingNotice(workers: workers) {
                Console.error("notice: \(notice)")
                runner.log(.notice, notice)
            }
            if ThisProcess.isRoot {
                Console.error("warning: running as root in a single process; use an unprivileged user")
            }
            return try runner.run(material)
        } catch {
            Console.error("error: \(error)")
            return .failure
        }
    }

    private func run(_ material: TLSMaterial) throws(StartError) -> ExitCode {
        do throws(SystemError) {
            let limit = try ThisProcess.raiseDescriptorLimit()
            let wanted = Int64(settings.proxy.workerConnections) * 2 + 64
            if limit < wanted {
                log(.warn, "the limit of \(limit) open files is below the \(wanted) that workerConnections may need")
            }
        } catch {
            log(.warn, "\(error)")
        }
        try worker.listen(material)
        do throws(SystemError) {
            _ = try worker.loop.registerLevel(signals.number, .readable, source: self, role: 0)
            Console.error("secure-proxy is ready (\(settings.file))")
            try worker.loop.run()
        } catch {
            throw StartError("\(error)")
        }
        return exitCode
    }

    // MARK: Signals

    /// The event loop's call: a signal came.
    func ready(_ readiness: Readiness, role: UInt8) {
        while let signal = signals.next() {
            switch signal {
            case .terminate, .interrupt: stop(gracefully: false)
            case .quit: stop(gracefully: true)
            case .user1: reopenLogs()
            case .hangup, .user2:
                log(.warn, "signal \(signal) needs worker processes; restart instead")
            case .child: break
            }
        }
    }

    /// The event loop's call.
    func timerFired(purpose: UInt8) {
        if purpose == Purpose.shutdown {
            if worker.isBusy { exitCode = .failure }
            log(.notice, "shutdown: the time is over")
            // Whoever had the time to end by itself is told with 1001 now, and has the time that a close handshake takes.
            return isDraining ? stop(gracefully: false) : worker.loop.stop()
        }
        if worker.isBusy { return poll() }
        worker.loop.stop()
    }

    /// Accepts nothing more. Gracefully: tunnels may end by themselves until `shutdownTimeout`; otherwise they are
    /// closed with 1001 now and have the time that a close handshake takes.
    private func stop(gracefully: Bool) {
        if isStopping, gracefully || !isDraining { return }
        worker.stopAccepting()
        if !gracefully { worker.bridge.closeAll(reason: "shutting down") }
        log(
            .notice, gracefully ? "shutting down when \(worker.bridge.tunnelCount) tunnels have ended" : "shutting down"
        )
        let limit = gracefully ? settings.limits.shutdownTimeout : settings.limits.closeTimeout
        isDraining = gracefully
        if let shutdownTimer { worker.loop.cancel(shutdownTimer) }
        shutdownTimer = worker.loop.schedule(at: worker.loop.now + limit, self, purpose: Purpose.shutdown)
        if !isStopping { poll() }
        isStopping = true
    }

    private func poll() {
        _ = worker.loop.schedule(at: worker.loop.now + Self.pollInterval, self, purpose: Purpose.poll)
    }

    private func reopenLogs() {
        do throws(SystemError) { try logs.reopen() } catch { log(.error, "logs: \(error)") }
    }
}
