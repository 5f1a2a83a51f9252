// The worker role: reads what the master handed over, confines itself, and only then touches the network.
//
// Order:
//  1. The document is read and closed; what libraries read from files (OpenSSL's configuration) is read.
//  2. The process confines itself, and each layer is verified. Whatever fails ends it here.
//  3. It prepares everything, and tells the master that it is ready.
//  4. On the master's word it accepts connections.
// When the channel to the master ends, the master is gone, and so is this worker, within a second.
internal import Bridge
internal import Bytes
internal import Gateway
internal import JSON
internal import OIDC
internal import Reactor
internal import Settings
internal import System
internal import TLS
internal import Telemetry

enum WorkerMain {
    /// The most time for clients to be told, when the master is gone.
    static let orphanTimeout: Duration = .seconds(1)

    static func run() -> ExitCode {
        let channel = MessageChannel(owning: Descriptor(owning: RoleDescriptor.control))
        do {
            let role = try WorkerRole(channel)
            return try role.run()
        } catch {
            let words = (error as? RoleError)?.description ?? "\(error)"
            _ = try? channel.send(WorkerMessage.failed(words: words).bytes)
            return .failure
        }
    }
}

/// Why a role can't be played.
struct RoleError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A worker process.
final class WorkerRole: EventSource {
    private enum Source {
        static let control: UInt8 = 0
        static let signals: UInt8 = 1
    }

    private let channel: MessageChannel
    private let handOver: HandOver
    private let settings: Settings
    private let signals: SignalSource
    private let board: MetricsBoard
    private let slot: MetricsSlot
    private let logs: Logs
    private let loop: EventLoop
    private let worker: Worker
    private let admin: WorkerAdmin
    private var material: TLSMaterial
    private let findings: [ConfinementFinding]
    private var end: WorkerEnd?
    private var control: Registration?
    private var isServing = false
    private var exitCode = ExitCode.success

    init(_ channel: MessageChannel) throws {
        self.channel = channel
        // Step 1. The document holds private keys: it is closed as soon as it is read.
        let document = Descriptor(owning: RoleDescriptor.handOver)
        handOver = try HandOver(parsing: try SealedMemory.read(document.number, limit: HandOver.maxBytes))
        document.close()
        settings = try Settings.load(text: handOver.settingsText, file: handOver.settingsFile)
        let targets = LogTargets(adopting: handOver.logs.map { Descriptor(owning: $0) })
        (board, slot) = try Self.metrics(handOver)
        slot.set(.workerGeneration, Int64(handOver.generation))
        slot.set(.workerIndex, Int64(handOver.index))
        slot.set(.workerProcessID, Int64(ThisProcess.id))
        slot.set(.workerStartTime, Clock.unix.seconds)
        let meter = ProcessMeter()
        SignalSource.ignoreBrokenPipe()
        signals = try SignalSource([.terminate, .interrupt, .quit, .hangup, .user1, .user2])
        ThisProcess.setName("sproxy-worker")
        JSON.prepare()
        TLSLibrary.prepare()

        // Step 2.
        findings = try settings.confinement(identity: handOver.identity).apply()

        // Step 3.
        logs = try Logs(settings.logs, targets, metrics: slot)
        var supply = KeySupply(files: handOver.files)
        if let number = handOver.keyHolder { supply.holder = KeyHolderChannel(owning: number) }
        var material = try TLSMaterial.load(settings, from: supply)
        material.ticketKeys = try handOver.ticketKeys.map { try TicketKey($0) }
        self.material = material
        loop = try EventLoop()
        let parts = WorkerParts(settings: settings, logs: logs, metrics: slot, supply: supply)
        worker = try Worker(parts, loop: loop)
        admin = WorkerAdmin(
            worker, parts, board: board, meter: meter, generation: handOver.generation,
            started: handOver.masterStarted)
        control = try loop.registerLevel(channel.number, .readable, source: self, role: Source.control)
        _ = try loop.registerLevel(signals.number, .readable, source: self, role: Source.signals)
    }

    /// The metrics of all processes, which a worker only reads, and its own slot, which it alone writes. The descriptors
    /// are closed: with them it could map the others' slots as well.
    private static func metrics(_ handOver: HandOver) throws(SystemError) -> (MetricsBoard, MetricsSlot) {
        let (all, own) = (Descriptor(owning: handOver.metrics), Descriptor(owning: handOver.metricsSlot))
        defer {
            all.close()
            own.close()
        }
        let slots = handOver.slots
        let memory = try SharedMemory.map(descriptor: all, byteCount: MetricsBoard.byteCount(slots: slots))
        let part = try SharedMemory.mapWritable(
            descriptor: own, offset: handOver.slot * MetricsBoard.stride, byteCount: MetricsSlot.byteCount)
        return unsafe (
            MetricsBoard(memory: memory.base, slots: slots, owner: memory),
            MetricsSlot(memory: part.base, owner: part)
        )
    }

    func run() throws -> ExitCode {
        end = WorkerEnd(worker, settings, log: logs.process) { [weak self] code in
            guard let self else { return }
            exitCode = code
            loop.stop()
        }
        if handOver.awaitsKeys, let provider = worker.provider, provider.status.keyCount == 0 {
            provider.whenKeysSettle { [weak self] in self?.tellReady() }
        } else {
            tellReady()
        }
        try loop.run()
        logs.finish(within: .seconds(1))
        return exitCode
    }

    private func tellReady() {
        let words = findings.map(\.description).joined(separator: "; ")
        let message: WorkerMessage
        if handOver.awaitsKeys, let provider = worker.provider, provider.status.keyCount == 0 {
            message = .readyWithoutKeys(
                words: provider.status.lastFailure.map { "\($0)" } ?? "the provider has no usable keys")
        } else {
            message = .ready(words: words)
        }
        _ = try? channel.send(message.bytes)
    }

    // MARK: Events

    /// The event loop's call.
    func ready(_ readiness: Readiness, role: UInt8) {
        if role == Source.signals {
            while let signal = signals.next() { received(signal) }
            return
        }
        while true {
            switch try? channel.receive() {
            case .message(let bytes, let descriptors):
                if let message = MasterMessage(bytes) { received(message, descriptors) }
            case .nothing: return
            case .ended, nil: return orphaned()
            }
        }
    }

    /// Signals are the master's business; those that an operator sends to one worker end it, and the master replaces it.
    private func received(_ signal: SignalSource.Signal) {
        switch signal {
        case .terminate: end?.begin(.stop)
        case .quit: end?.begin(.retire)
        case .interrupt, .hangup, .user1, .user2, .child: break
        }
    }

    private func received(_ message: MasterMessage, _ descriptors: [Descriptor]) {
        switch message {
        case .serve: serve()
        case .drain(let isShutdown):
            admin.state = .draining
            end?.begin(isShutdown ? .drain : .retire)
        case .stop: end?.begin(.stop)
        case .reopenLogs:
            guard descriptors.count == handOver.logs.count else { return }
            logs.reopen(LogTargets(adopting: descriptors))
        case .certificates:
            guard let document = descriptors.first else { return }
            do { try replaceCertificates(document) } catch {
                logs.process(.error, "cannot take over the certificates: \(error)")
            }
        case .ticketKeys(let secrets):
            guard let keys = try? secrets.map({ try TicketKey($0) }) else { return }
            material.ticketKeys = keys
            worker.replaceTicketKeys(keys)
        }
    }

    private func replaceCertificates(_ document: Descriptor) throws {
        let renewed = try HandOver(parsing: try SealedMemory.read(document.number, limit: HandOver.maxBytes))
        var supply = material.supply
        supply.files = renewed.files
        var fresh = try TLSMaterial.load(settings, from: supply)
        fresh.ticketKeys = material.ticketKeys
        try worker.replaceMaterial(fresh)
        material = fresh
        logs.process(.info, "took over the certificates")
    }

    private func serve() {
        guard !isServing, end?.hasBegun == false else { return }
        isServing = true
        do throws(StartError) {
            var sockets: [String: [Descriptor]] = [:]
            for port in handOver.ports {
                sockets["\(port.listener):\(port.port)"] = port.sockets.map { Descriptor(owning: $0) }
            }
            try worker.listen(material) { listener, port throws(StartError) in
                sockets["\(listener.name):\(port)"] ?? []
            }
            if let number = handOver.admin { try worker.serveAdmin([Descriptor(owning: number)], admin) }
            admin.state = .serving
        } catch {
            logs.process(.emerg, "cannot serve: \(error)")
            exitCode = .failure
            loop.stop()
        }
    }

    /// The master is gone.
    private func orphaned() {
        if exitCode == .success { logs.process(.alert, "the master is gone: ending") }
        exitCode = .failure
        if let control { loop.deregister(control) }
        control = nil
        end?.begin(.stop, within: WorkerMain.orphanTimeout)
    }
}

extension Settings {
    /// What a worker gives up.
    func confinement(identity: UserIdentity?) -> Confinement {
        var confinement = Confinement()
        confinement.identity = identity
        confinement.jail = security.jailBaseDir
        confinement.noNewPrivileges = security.noNewPrivileges
        confinement.dropCapabilities = security.dropCapabilities
        confinement.landlock = security.landlock
        confinement.systemCalls = security.seccomp ? .worker : .none
        // In a jail there is nothing but the proxy's own files; outside, these alone are readable.
        confinement.readablePaths = security.jailBaseDir == nil ? JailFiles.copied : ["/etc"]
        return confinement
    }
}
