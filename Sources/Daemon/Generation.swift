internal import Bytes
internal import Reactor
internal import Settings
internal import System
internal import Telemetry

/// The workers that run with one reading of the settings.
final class Generation {
    /// Where a generation stands.
    enum State {
        /// Its workers prepare themselves; nobody accepts yet.
        case starting
        /// Its workers accept connections.
        case serving
        /// Its workers finish what they have.
        case draining
    }

    /// Counts from 1.
    let number: Int
    /// What it is made of; the certificates may have been renewed since it began.
    var plan: GenerationPlan
    /// The ports that it listens at.
    let ports: [ListeningPort]
    /// The admin socket, if any.
    let admin: Descriptor?
    /// Where its workers write logs.
    var targets: LogTargets
    /// What its session tickets are sealed with.
    var ticketKeys: [[UInt8]]
    /// Whether a worker that finds no keys at the provider is one that can't serve.
    var awaitsKeys = false
    /// Where it stands.
    var state = State.starting
    /// Its workers that have not ended.
    var workers: [WorkerProcess] = []
    /// The process that has its private keys, if any.
    var keyHolder: KeyHolderProcess?
    /// When each worker that ended is replaced.
    var restarts: [RestartPolicy]

    init(
        number: Int, plan: GenerationPlan, ports: [ListeningPort], admin: Descriptor?, targets: LogTargets,
        ticketKeys: [[UInt8]]
    ) {
        (self.number, self.plan, self.ports, self.admin) = (number, plan, ports, admin)
        (self.targets, self.ticketKeys) = (targets, ticketKeys)
        let limits = plan.settings.limits
        restarts = Array(
            repeating: RestartPolicy(delay: limits.restartDelay, maximum: limits.maxRestartDelay),
            count: plan.workers)
    }

    /// Whether every worker is there and could serve.
    var isReady: Bool {
        workers.count == plan.workers && workers.allSatisfy { $0.state == .ready }
            && keyHolder.map { $0.isReady } ?? true
    }

    /// Starts the worker at `index`, with metrics in `slot` of `memory`.
    func launch(
        index: Int, slot: Int, memory: SharedMemory, slots: Int, awaitsKeys: Bool, masterStarted: UnixTime,
        loop: EventLoop, heard: @escaping (WorkerProcess, WorkerMessage) -> Void
    ) throws(SystemError) {
        var handOver = HandOver(settingsFile: plan.settings.file, settingsText: plan.textWithoutPINs, files: plan.files)
        handOver.ticketKeys = ticketKeys
        handOver.identity = plan.identity
        handOver.generation = number
        handOver.index = index
        handOver.slot = slot
        handOver.slots = slots
        handOver.awaitsKeys = awaitsKeys
        handOver.masterStarted = masterStarted

        var named: [(number: Int32, as: Int32)] = []
        func hand(_ descriptor: Int32) -> Int32 {
            let number = RoleDescriptor.firstNamed + Int32(named.count)
            named.append((number: descriptor, as: number))
            return number
        }
        let readableMemory = try memory.readOnlyDescriptor()
        defer { readableMemory.close() }
        handOver.metrics = hand(readableMemory.number)
        handOver.metricsSlot = hand(memory.descriptor.number)
        handOver.logs = targets.descriptors.map { hand($0.number) }
        handOver.admin = admin.map { hand($0.number) }
        handOver.keyHolder = keyHolder?.workerEnd(index).map { hand($0) }
        handOver.ports = ports.map { port in
            HandedPort(
                listener: port.listener, port: port.port,
                sockets: port.sockets(for: index, of: plan.workers).map { hand($0.number) })
        }
        let document = try SealedMemory.make(handOver.serialized(), name: "secure-proxy hand-over")
        let (channel, workerEnd) = try MessageChannel.pair()
        let pid = try ChildProcesses.spawn(
            arguments: Role.worker.arguments, environment: Role.environment,
            descriptors: [
                (number: document.number, as: RoleDescriptor.handOver),
                (number: workerEnd.number, as: RoleDescriptor.control),
            ] + named)
        do throws(SystemError) {
            workers.append(
                try WorkerProcess(pid: pid, index: index, slot: slot, channel: channel, loop: loop, heard: heard))
        } catch {
            ChildProcesses.signal(pid, 9)
            ChildProcesses.awaitEnd(pid)
            throw error
        }
    }
}
