// The master: starts workers, watches them, and does what signals say. It never reads a byte that came from the network.
//
// How generations follow each other:
//  1. A generation is planned (GenerationPlan): settings and every file that they name are read and checked.
//  2. Its sockets are bound, its workers are started. They confine themselves and say that they are ready; nobody
//     accepts yet.
//  3. When all are ready, the sockets listen and the new workers serve; only then the old ones drain.
//  4. Whatever fails before step 3 ends the new generation and leaves the old one alone.
// There is at most one generation that is starting and one that serves; any number drain.
//
// What is where: Master+Generations (1 to 4), Master+Ends (processes that ended, and their replacement),
// Master+Signals (stop, reload, reopen), Master+Replacement (another binary), Master+Upkeep (what time brings).
internal import Bytes
internal import Reactor
internal import Settings
internal import System
internal import Telemetry

final class Master: EventSource, TimerTarget {
    /// Where the daemon stands.
    enum Phase: Equatable {
        /// The first generation is starting.
        case starting
        /// A generation serves.
        case serving
        /// Tunnels may end by themselves; nothing new is accepted.
        case draining
        /// Everything is being ended.
        case stopping
    }

    /// Slots of the metrics memory: the master's own, and one for each worker of all generations that are not over.
    static let slots = 512
    /// How often the master looks at what time brings.
    static let tick: Duration = .seconds(1)

    let loop: EventLoop
    let signals: SignalSource
    let settingsFile: String
    let workersOverride: Int?
    let inheritance: Inheritance
    let sockets: ListeningSockets
    let memory: SharedMemory
    let board: MetricsBoard
    let started = Clock.unix
    var pidFile: PidFile
    var logs: Logs
    /// The settings in force: those of the generation that serves, or of the first one.
    var settings: Settings

    var phase = Phase.starting
    var exitCode = ExitCode.success
    var candidate: Generation?
    var current: Generation?
    var draining: [Generation] = []
    var generationCount = 0
    /// A reload was asked for while another one was under way.
    var reloadIsWanted = false
    /// Workers to be started anew, and when.
    var pendingStarts: [(generation: Generation, index: Int, due: MonotonicTime)] = []
    var freeSlots = Array((1..<Master.slots).reversed())
    /// When upkeep was done last, and when it came so late that everything must have stood still.
    var lastUpkeep: MonotonicTime
    var thawed: MonotonicTime
    /// The binary that is to take over, while it starts.
    var replacement: Replacement?
    /// When certificates and authorities are looked at next.
    var nextLook: MonotonicTime
    /// When session tickets are next sealed with another key.
    var nextTicketKey: MonotonicTime
    /// When the service manager's watchdog is told that all is well.
    var nextWatchdog: MonotonicTime
    /// The binary that takes over is this path's, as it was when this one started.
    let programPath = ThisProcess.programPath
    var replacementWatch: Registration?
    /// The master that has taken over.
    var successor: Int32?
    /// When another generation is tried, because the serving one can't sign any more.
    var keyHolderRetry: MonotonicTime?
    /// How that is spaced.
    var keyHolderRestarts = RestartPolicy(delay: .seconds(1), maximum: .seconds(30))
    /// The files as they were at the last look, so that a file that stays bad is told once.
    var lastStamps: [String: FileStamp] = [:]
    /// Reloads that have ended, well or not.
    var outcomes = 0
    /// Reloads under way are told to the service manager.
    var isReloading = false

    private init(_ plan: GenerationPlan, workers: Int?, inheritance: Inheritance) throws(PlanError) {
        settings = plan.settings
        settingsFile = plan.settings.file
        workersOverride = workers
        self.inheritance = inheritance
        do {
            SignalSource.ignoreBrokenPipe()
            signals = try SignalSource([.terminate, .interrupt, .quit, .hangup, .user1, .user2, .child])
            loop = try EventLoop()
            let bytes = MetricsBoard.byteCount(slots: Self.slots)
            memory = try SharedMemory.create(byteCount: bytes, name: "secure-proxy metrics")
            unsafe board = MetricsBoard(memory: memory.base, slots: Self.slots, owner: memory)
            logs = try Logs(settings.logs, LogTargets.open(settings.logs), metrics: board.slot(0))
            pidFile = try PidFile.acquire(settings.pidFile)
        } catch {
            throw PlanError("error: \(error)")
        }
        sockets = ListeningSockets(adopting: inheritance.sockets)
        nextLook = loop.now
        nextTicketKey = loop.now
        nextWatchdog = loop.now
        lastUpkeep = loop.now
        thawed = loop.now
    }

    /// Runs the daemon until a signal ends it.
    static func run(settingsFile: String, workers: Int?, plan: GenerationPlan) -> ExitCode {
        let inheritance = Inheritance.take()
        do throws(PlanError) {
            let master = try Master(plan, workers: workers, inheritance: inheritance)
            return try master.run(plan)
        } catch {
            Console.error(error.description)
            return error.exitCode
        }
    }

    private func run(_ plan: GenerationPlan) throws(PlanError) -> ExitCode {
        tellWarnings(plan)
        DescriptorLimit.raise(for: settings, logs.process)
        let slot = board.slot(0)
        slot.set(.masterProcessID, Int64(ThisProcess.id))
        slot.set(.masterState, 0)
        do throws(SystemError) {
            _ = try loop.registerLevel(signals.number, .readable, source: self, role: 0)
        } catch {
            throw PlanError("error: \(error)")
        }
        do throws(PlanError) {
            try begin(plan, awaitsKeys: inheritance.predecessorHasKeys)
        } catch {
            logs.process(.emerg, "cannot start: \(error)")
            exitCode = error.exitCode
            finish()
            throw error
        }
        scheduleTick()
        do throws(SystemError) { try loop.run() } catch { throw PlanError("error: \(error)") }
        finish()
        return exitCode
    }

    /// What has to be said when a plan is put into force.
    func tellWarnings(_ plan: GenerationPlan) {
        for warning in plan.warnings {
            if generationCount == 0 { Console.error("warning: \(warning)") }
            logs.process(.warn, warning)
        }
        if generationCount == 0, plan.identity == nil {
            let words = "not started as root: workers keep the user that started them, and there is no jail"
            Console.error("warning: \(words)")
            logs.process(.warn, words)
        }
    }

    /// Leaves nothing behind.
    private func finish() {
        sockets.close()
        logs.process(.notice, "ended with exit code \(exitCode.rawValue)")
        // A successor writes its own.
        if pidFile.path == settings.pidFile { ReloadOutcome.remove(settings.pidFile) }
        pidFile.release()
        logs.finish(within: .seconds(1))
    }

    // MARK: Events

    /// The event loop's call: signals.
    func ready(_ readiness: Readiness, role: UInt8) {
        while let signal = signals.next() { received(signal) }
    }

    /// The event loop's call: a second has passed.
    func timerFired(purpose: UInt8) {
        upkeep()
        scheduleTick()
    }

    private func scheduleTick() { _ = loop.schedule(at: loop.now + Self.tick, self, purpose: 0) }
}
