internal import Bridge
internal import Bytes
internal import Reactor
internal import Settings
internal import System
internal import TLS
internal import Telemetry

// From a plan to a generation that serves.

extension Master {
    /// How many keys open session tickets: the one that seals, and those before it whose tickets may still live.
    private static let ticketKeyCount = 3

    /// Starts the workers of a new generation.
    ///
    /// - Parameter awaitsKeys: whether a worker without the provider's keys is one that can't serve.
    func begin(_ plan: GenerationPlan, awaitsKeys: Bool) throws(PlanError) {
        do {
            if let jail = plan.settings.security.jailBaseDir { try JailFiles.prepare(jail) }
            let targets = try LogTargets.open(plan.settings.logs)
            let (ports, admin) = try sockets.ports(of: plan.settings, count: plan.workers)
            guard plan.workers <= freeSlots.count else {
                let used = Self.slots - 1 - freeSlots.count
                throw StartError(
                    "\(plan.workers) workers are wanted beside the \(used) that run or drain, and there is room for "
                        + "\(Self.slots - 1) in all: wait until some have ended, or have fewer")
            }
            generationCount += 1
            let generation = Generation(
                number: generationCount, plan: plan, ports: ports, admin: admin, targets: targets,
                ticketKeys: try nextTicketKeys())
            generation.awaitsKeys = awaitsKeys
            candidate = generation
            if plan.files.heldKeys.isEmpty == false {
                generation.keyHolder = try KeyHolderProcess(plan, channels: plan.workers, logs: targets, loop: loop) {
                    [weak self, weak generation] message in
                    guard let self, let generation else { return }
                    heardKeyHolder(message, of: generation)
                }
            }
            for index in 0..<plan.workers { try launch(index, of: generation) }
        } catch {
            if let candidate { abandon(candidate) }
            throw PlanError("error: \(error)")
        }
    }

    /// Starts one worker of `generation`.
    func launch(_ index: Int, of generation: Generation) throws(SystemError) {
        guard let slot = freeSlots.popLast() else { throw SystemError("metrics slot", code: Errno.noMemory) }
        board.noteUse(of: slot)
        do throws(SystemError) {
            try generation.launch(
                index: index, slot: slot, memory: memory, slots: Self.slots,
                awaitsKeys: generation.awaitsKeys && generation.state == .starting, masterStarted: started, loop: loop
            ) { [weak self, weak generation] worker, message in
                guard let self, let generation else { return }
                heard(message, from: worker, of: generation)
            }
        } catch {
            freeSlots.append(slot)
            throw error
        }
    }

    private func nextTicketKeys() throws(TLSError) -> [[UInt8]] {
        if let current { return current.ticketKeys }
        return [try TicketKey.random().secret]
    }

    /// Seals session tickets with a new key from now on; older tickets are still opened.
    func rotateTicketKeys() {
        guard let current, let key = try? TicketKey.random() else { return }
        current.ticketKeys = Array(([key.secret] + current.ticketKeys).prefix(Self.ticketKeyCount))
        for generation in [current, candidate].compactMap(\.self) {
            generation.ticketKeys = current.ticketKeys
            for worker in generation.workers { worker.tell(.ticketKeys(current.ticketKeys)) }
        }
    }

    // MARK: What workers say

    private func heard(_ message: WorkerMessage, from worker: WorkerProcess, of generation: Generation) {
        guard worker.state == .starting else { return }
        let name = "worker \(worker.index) (process \(worker.pid)) of generation \(generation.number)"
        switch message {
        case .ready(let words):
            logs.process(.info, "\(name) is ready: \(words)")
            becameReady(worker, generation)
        case .readyWithoutKeys(let words):
            if generation.awaitsKeys, generation.state == .starting {
                return refuse(generation, "\(name): no keys to check tokens with: \(words)")
            }
            logs.process(.warn, "\(name) is ready, but has no keys to check tokens with yet: \(words)")
            becameReady(worker, generation)
        case .failed(let words):
            // It ends by itself, and its end decides what follows.
            logs.process(.alert, "\(name): \(words)")
            if generation.state == .starting { refuse(generation, "\(name): \(words)") }
        }
    }

    private func becameReady(_ worker: WorkerProcess, _ generation: Generation) {
        worker.state = .ready
        switch generation.state {
        case .serving:
            worker.state = .serving
            worker.tell(.serve)
        case .starting:
            if generation.isReady { promote(generation) }
        case .draining:
            worker.tell(.stop)
        }
    }

    private func heardKeyHolder(_ message: WorkerMessage, of generation: Generation) {
        switch message {
        case .ready, .readyWithoutKeys:
            if generation.state == .starting, generation.isReady { promote(generation) }
        case .failed(let words):
            logs.process(.alert, "key holder of generation \(generation.number): \(words)")
            // A token locks after some wrong PINs, so this isn't tried again by itself.
            if keyHolderRetry != nil {
                keyHolderRetry = nil
                logs.process(
                    .emerg, "no handshakes are possible: mend what keeps the key holder from its keys, then reload")
            }
            if generation.state == .starting {
                lastStamps = generation.plan.stamps
                refuse(generation, "key holder: \(words)")
            }
        }
    }

    // MARK: Taking over

    /// The generation serves; the one before it drains.
    private func promote(_ generation: Generation) {
        do throws(StartError) {
            try sockets.use(
                generation.ports, generation.admin, backlog: generation.plan.settings.limits.listenBacklog,
                prepare: generation.plan.settings.bridgeLimits.prepareListener)
        } catch {
            return refuse(generation, "\(error)")
        }
        let predecessor = current
        candidate = nil
        current = generation
        keyHolderRetry = nil
        generation.state = .serving
        for worker in generation.workers {
            worker.state = .serving
            worker.tell(.serve)
        }
        if let predecessor { drain(predecessor, isShutdown: false) }
        adopt(generation)
        let isFirst = predecessor == nil
        if isFirst {
            phase = .serving
            logs.process(.notice, "serving with \(generation.workers.count) workers")
            Console.error("secure-proxy is ready (\(settings.file))")
            inheritance.tellPredecessor()
            ServiceManager.notify("READY=1", "MAINPID=\(ThisProcess.id)", "STATUS=serving")
        } else {
            logs.process(.notice, "reloaded: generation \(generation.number) serves")
            board.slot(0).add(.reloadsOK)
            reloadEnded(problem: nil)
        }
        if reloadIsWanted { reload("asked for while another reload was under way") }
    }

    /// What the master itself takes from the new settings.
    private func adopt(_ generation: Generation) {
        let plan = generation.plan
        if plan.settings.logs != settings.logs, let targets = try? LogTargets.open(plan.settings.logs) {
            let old = logs
            if let renewed = try? Logs(plan.settings.logs, targets, metrics: board.slot(0)) {
                logs = renewed
                old.finish(within: .milliseconds(100))
            }
        }
        settings = plan.settings
        lastStamps = plan.stamps
        nextLook = loop.now + (settings.tls.reloadInterval ?? .zero)
        nextTicketKey = loop.now + settings.tls.ticketKeyRotation
        let slot = board.slot(0)
        slot.set(.generation, Int64(generation.number))
        slot.set(.masterState, 1)
    }

    /// Lets a generation finish what it has.
    func drain(_ generation: Generation, isShutdown: Bool) {
        generation.state = .draining
        let limits = generation.plan.settings.limits
        let deadline = loop.now + limits.shutdownTimeout + limits.closeTimeout + .seconds(5)
        for worker in generation.workers {
            if worker.state == .serving {
                worker.state = .draining
                worker.tell(.drain(isShutdown: isShutdown))
            } else {
                worker.state = .stopping
                worker.tell(.stop)
            }
            worker.deadline = deadline
        }
        pendingStarts.removeAll { $0.generation === generation }
        draining.append(generation)
        if current === generation { current = nil }
        retireIfEmpty(generation)
    }

    // MARK: Failing

    /// Gives up a generation that can't serve, and says why.
    func refuse(_ generation: Generation, _ problem: String) {
        guard candidate === generation else { return }
        abandon(generation)
        if current == nil {
            logs.process(.emerg, "cannot start: \(problem)")
            Console.error("error: \(problem)")
            exitCode = .failure
            stop(gracefully: false)
        } else {
            reloadEnded(problem: problem)
        }
    }

    /// Ends the processes of a generation at once.
    func abandon(_ generation: Generation) {
        if candidate === generation { candidate = nil }
        if current === generation { current = nil }
        generation.state = .draining
        for worker in generation.workers {
            worker.state = .stopping
            worker.deadline = loop.now + .seconds(2)
            worker.tell(.stop)
        }
        draining.append(generation)
        retireIfEmpty(generation)
    }

    /// Ends the key holder of a generation whose workers are gone.
    func retireIfEmpty(_ generation: Generation) {
        guard generation.state == .draining, generation.workers.isEmpty else { return }
        generation.keyHolder?.dismiss()
        guard generation.keyHolder == nil || generation.keyHolder?.hasEnded == true else { return }
        draining.removeAll { $0 === generation }
        endIfEmpty()
    }
}
