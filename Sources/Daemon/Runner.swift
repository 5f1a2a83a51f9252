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
    private let settings: Settings
    private let worker: Worker
    private let admin: WorkerAdmin
    private let logs: Logs
    private let loop: EventLoop
    private let signals: SignalSource
    private let pidFile: PidFile
    private let master: MetricsSlot
    private var end: WorkerEnd?
    private var exitCode = ExitCode.success

    private init(_ settings: Settings) throws(StartError) {
        self.settings = settings
        do {
            SignalSource.ignoreBrokenPipe()
            signals = try SignalSource([.terminate, .interrupt, .quit, .hangup, .user1, .user2])
            // The master's slot and the worker's, as with more processes.
            let memory = try SharedMemory.create(
                byteCount: MetricsBoard.byteCount(slots: 2), name: "secure-proxy metrics")
            let board = unsafe MetricsBoard(memory: memory.base, slots: 2, owner: memory)
            board.noteUse(of: 1)
            master = board.slot(0)
            master.set(.masterProcessID, Int64(ThisProcess.id))
            master.set(.generation, 1)
            let slot = board.slot(1)
            slot.set(.workerProcessID, Int64(ThisProcess.id))
            slot.set(.workerGeneration, 1)
            slot.set(.workerStartTime, Clock.unix.seconds)
            logs = try Logs(settings.logs, try LogTargets.open(settings.logs), metrics: slot)
            pidFile = try PidFile.acquire(settings.pidFile)
            loop = try EventLoop()
            let parts = WorkerParts(settings: settings, logs: logs, metrics: slot)
            worker = try Worker(parts, loop: loop)
            admin = WorkerAdmin(
                worker, parts, board: board, meter: ProcessMeter(), generation: 1, started: Clock.unix)
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("\(error)")
        }
    }

    /// Runs the daemon with the settings in `file` until a signal ends it.
    static func run(_ settings: Settings) -> ExitCode {
        if let problem = settings.singleProcessProblem {
            Console.error("error: \(problem)")
            return .usage
        }
        do throws(StartError) {
            let material = try TLSMaterial.load(settings)
            let runner = try Runner(settings)
            for warning in settings.warnings + material.warnings {
                Console.error("warning: \(warning)")
                runner.logs.process(.warn, warning)
            }
            if ThisProcess.isRoot {
                Console.error("warning: a single process gives nothing up: it runs as root; use worker processes")
            }
            return try runner.run(material)
        } catch {
            Console.error("error: \(error)")
            return .failure
        }
    }

    private func run(_ material: TLSMaterial) throws(StartError) -> ExitCode {
        DescriptorLimit.raise(for: settings, logs.process)
        let sockets = ListeningSockets(adopting: ServiceManager.takeListeners())
        let (ports, adminSocket) = try sockets.ports(of: settings, count: 1)
        try sockets.use(
            ports, adminSocket, backlog: settings.limits.listenBacklog, prepare: settings.bridgeLimits.prepareListener)
        try worker.listen(material) { listener, port throws(StartError) in
            ports.first { $0.listener == listener.name && $0.port == port }?.sockets ?? []
        }
        if let adminSocket { try worker.serveAdmin([adminSocket], admin) }
        end = WorkerEnd(worker, settings, log: logs.process) { [weak self] code in
            guard let self else { return }
            exitCode = code
            loop.stop()
        }
        master.set(.masterState, 1)
        admin.state = .serving
        do throws(SystemError) {
            _ = try loop.registerLevel(signals.number, .readable, source: self, role: 0)
            Console.error("secure-proxy is ready (\(settings.file))")
            _ = ServiceManager.ready(status: "serving in a single process")
            keepAlive()
            try loop.run()
        } catch {
            throw StartError("\(error)")
        }
        pidFile.release()
        logs.finish(within: .seconds(1))
        return exitCode
    }

    /// The event loop's call: the service manager's watchdog is to hear of us.
    func timerFired(purpose: UInt8) { keepAlive() }

    private func keepAlive() {
        guard let interval = ServiceManager.watchdogInterval else { return }
        ServiceManager.keepAlive()
        _ = loop.schedule(at: loop.now + interval / 2, self, purpose: 0)
    }

    // MARK: Signals

    /// The event loop's call: a signal came.
    func ready(_ readiness: Readiness, role: UInt8) {
        while let signal = signals.next() {
            switch signal {
            case .terminate, .interrupt: stop(.stop)
            case .quit: stop(.drain)
            case .user1: reopenLogs()
            case .hangup, .user2:
                logs.process(.warn, "signal \(signal) needs worker processes; restart instead")
            case .child: break
            }
        }
    }

    private func stop(_ order: WorkerEnd.Order) {
        master.set(.masterState, 2)
        admin.state = .draining
        _ = ServiceManager.stopping(status: "shutting down")
        logs.process(.notice, "shutting down")
        end?.begin(order)
    }

    private func reopenLogs() {
        do throws(SystemError) { logs.reopen(try LogTargets.open(settings.logs)) } catch {
            logs.process(.error, "cannot reopen the logs: \(error)")
        }
    }
}

/// The limit of open descriptors, which workers inherit.
enum DescriptorLimit {
    /// Raises it as far as allowed, and tells where that isn't enough for `settings`.
    static func raise(for settings: Settings, _ log: Log) {
        do throws(SystemError) {
            let limit = try ThisProcess.raiseDescriptorLimit()
            let wanted = Int64(settings.proxy.workerConnections) * 2 + 64
            if limit < wanted {
                log(
                    .warn,
                    "the limit of \(limit) open files is below the \(wanted) that proxyWorkerConnections may need")
            }
        } catch {
            log(.warn, "\(error)")
        }
    }
}
