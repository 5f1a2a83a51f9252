internal import Bytes
internal import Reactor
internal import Settings
internal import System
internal import Telemetry

// Processes that have ended.

extension Master {
    var generations: [Generation] { draining + [current, candidate].compactMap(\.self) }

    /// Collects every process that has ended.
    func reap() {
        while let (pid, end) = ChildProcesses.reap() { ended(pid, end) }
    }

    private func ended(_ pid: Int32, _ end: ChildEnd) {
        if let replacement, replacement.pid == pid { return replacementEnded(end) }
        if pid == successor {
            logs.process(.emerg, "the new binary (process \(pid)) \(end) after it took over: nobody serves")
        }
        for generation in generations {
            if let index = generation.workers.firstIndex(where: { $0.pid == pid }) {
                let worker = generation.workers.remove(at: index)
                return ended(worker, end, of: generation)
            }
            if let holder = generation.keyHolder, holder.pid == pid {
                return keyHolderEnded(holder, end, of: generation)
            }
        }
    }

    private func ended(_ worker: WorkerProcess, _ end: ChildEnd, of generation: Generation) {
        worker.forget()
        board.retire(worker.slot)
        freeSlots.append(worker.slot)
        let name = "worker \(worker.index) (process \(pid(worker))) of generation \(generation.number)"
        switch generation.state {
        case .starting:
            logs.process(.alert, "\(name) \(end) before it was ready")
            refuse(generation, "\(name) \(end) before it was ready; what it said last is in the error log")
        case .serving:
            logs.process(.alert, "\(name) \(end)")
            board.slot(0).add(.workerRestarts)
            let wait = generation.restarts[worker.index].next(afterLiving: loop.now - worker.started)
            if wait == .zero { return replace(worker.index, of: generation) }
            logs.process(.alert, "worker \(worker.index) keeps ending: the next one is started in \(wait)")
            pendingStarts.append((generation, worker.index, loop.now + wait))
        case .draining:
            if end != .exited(0) {
                let words = worker.deadline == nil || end != .exited(1) ? "\(end)" : "closed tunnels that were left"
                logs.process(.notice, "\(name) \(words)")
                if phase != .serving, phase != .starting { exitCode = .failure }
            }
            retireIfEmpty(generation)
        }
    }

    private func pid(_ worker: WorkerProcess) -> Int32 { worker.pid }

    /// Starts a worker in the place of one that ended.
    func replace(_ index: Int, of generation: Generation) {
        guard generation === current else { return }
        do throws(SystemError) { try launch(index, of: generation) } catch {
            logs.process(.alert, "cannot start worker \(index): \(error); trying again")
            pendingStarts.append((generation, index, loop.now + generation.plan.settings.limits.restartDelay))
        }
    }

    /// A generation without its keys can't serve: another one takes over.
    private func keyHolderEnded(_ holder: KeyHolderProcess, _ end: ChildEnd, of generation: Generation) {
        holder.ended()
        switch generation.state {
        case .starting: refuse(generation, "the key holder \(end) before it was ready")
        case .serving:
            let wait = keyHolderRestarts.next(afterLiving: loop.now - holder.started)
            logs.process(.alert, "the key holder \(end): a new generation of workers is started in \(wait)")
            board.slot(0).add(.workerRestarts)
            keyHolderRetry = loop.now + wait
            if wait == .zero, candidate == nil { replaceKeyHolder() }
        case .draining: retireIfEmpty(generation)
        }
    }

    /// Starts a generation like the serving one, which can't shake hands any more: with what it was made of, whatever is
    /// on disk now, and whether or not the provider can be reached.
    func replaceKeyHolder() {
        guard let current, phase == .serving else { return }
        // Until another generation serves, this is tried again, later and later.
        keyHolderRetry = loop.now + max(.seconds(1), keyHolderRestarts.next(afterLiving: .zero))
        do throws(PlanError) { try begin(current.plan, awaitsKeys: false) } catch {
            logs.process(.alert, "the key holder can't be replaced: \(error)")
        }
    }

    /// Ends the master when there is nobody left to wait for.
    func endIfEmpty() {
        guard generations.isEmpty, replacement == nil, phase == .stopping || phase == .draining else { return }
        loop.stop()
    }
}
