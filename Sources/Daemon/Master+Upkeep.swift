internal import Bytes
internal import Reactor
internal import Settings
internal import System
internal import Telemetry

// What time brings: each second the master looks at what is due.

extension Master {
    func upkeep() {
        // SIGCHLD may be merged with an earlier one; asking costs one system call.
        reap()
        // Whoever froze this process (a paused container, a stalled machine) froze the workers too: they get a moment.
        if loop.now - lastUpkeep > Self.tick * 3 { thawed = loop.now }
        lastUpkeep = loop.now
        startPending()
        endOverdue()
        logs.noteLoss()
        guard phase == .serving else { return pingWatchdog() }
        if let due = keyHolderRetry, due <= loop.now, candidate == nil { replaceKeyHolder() }
        lookAtFiles()
        if loop.now >= nextTicketKey {
            nextTicketKey = loop.now + settings.tls.ticketKeyRotation
            rotateTicketKeys()
        }
        pingWatchdog()
    }

    private func startPending() {
        let due = pendingStarts.filter { $0.due <= loop.now }
        pendingStarts.removeAll { $0.due <= loop.now }
        for start in due { replace(start.index, of: start.generation) }
    }

    /// Kills what should have ended long ago, and gives up what doesn't become ready.
    private func endOverdue() {
        if let replacement, let deadline = replacement.deadline, loop.now >= deadline {
            logs.process(.error, "the new binary (process \(replacement.pid)) does not serve: killing it")
            ChildProcesses.signal(replacement.pid, 9)
        }
        for generation in generations {
            if let holder = generation.keyHolder, !holder.hasEnded, let deadline = holder.deadline, loop.now >= deadline
            {
                logs.process(.alert, "the key holder (process \(holder.pid)) does not end: killing it")
                ChildProcesses.signal(holder.pid, 9)
            }
            for worker in generation.workers {
                if let deadline = worker.deadline, loop.now >= deadline {
                    logs.process(.alert, "worker \(worker.index) (process \(worker.pid)) does not end: killing it")
                    _ = ChildProcesses.signal(worker.pid, 9)
                    worker.deadline = loop.now + .seconds(5)
                } else if let limit = generation.plan.settings.limits.workerHangTimeout, worker.state != .starting,
                    let standstill = standstill(worker), standstill >= limit
                {
                    logs.process(
                        .alert, "worker \(worker.index) (process \(worker.pid)) hangs since \(standstill): killing it")
                    _ = ChildProcesses.signal(worker.pid, 9)
                    worker.deadline = loop.now + .seconds(5)
                } else if worker.state == .starting, worker.deadline == nil,
                    loop.now - worker.started >= generation.plan.settings.limits.workerStartTimeout
                {
                    let words =
                        "worker \(worker.index) (process \(worker.pid)) was not ready within "
                        + "\(generation.plan.settings.limits.workerStartTimeout)"
                    logs.process(.alert, "\(words): killing it")
                    _ = ChildProcesses.signal(worker.pid, 9)
                    worker.deadline = loop.now + .seconds(5)
                }
            }
        }
    }

    /// How long ago a worker's event loop came around; nil for one that has just begun.
    private func standstill(_ worker: WorkerProcess) -> Duration? {
        let heartbeat = board.slot(worker.slot)[.heartbeat]
        if heartbeat == 0 || loop.now - thawed < .seconds(5) { return nil }
        return loop.now - MonotonicTime(nanoseconds: heartbeat)
    }

    /// Certificates are renewed by other programs, which don't know of reloads.
    ///
    /// The settings stay those in force: somebody may be in the middle of editing the file. Where only certificates and
    /// authorities of listeners have changed, the workers take them over; otherwise new workers do.
    private func lookAtFiles() {
        guard let interval = settings.tls.reloadInterval, loop.now >= nextLook else { return }
        nextLook = loop.now + interval
        guard candidate == nil, replacement == nil, let current else { return }
        let stamps = CapturedFiles.stamps(settings)
        guard stamps != lastStamps else { return }
        let changed = Set(stamps.keys.filter { stamps[$0] != lastStamps[$0] })
        let words = "changed on disk: \(changed.sorted().joined(separator: ", "))"
        do throws(PlanError) {
            let plan = try GenerationPlan(text: current.plan.text, settings: settings, workers: workersOverride)
            if plan.files.heldKeys.isEmpty, changed.isSubset(of: settings.listenerFiles) {
                logs.process(.notice, "\(words): the workers take them over")
                try renewCertificates(current, plan)
                lastStamps = plan.stamps
            } else {
                // The stamps follow when it serves: should it not come to that (a provider that is away, for instance),
                // the next look tries again.
                logs.process(.notice, "\(words): new workers take over")
                try begin(plan, awaitsKeys: hasKeys)
            }
        } catch {
            // Told once: a file that is bad stays as it is until it changes again.
            lastStamps = stamps
            reloadEnded(problem: "\(words): \(error)")
        }
    }

    private func renewCertificates(_ generation: Generation, _ plan: GenerationPlan) throws(PlanError) {
        let document: Descriptor
        do throws(SystemError) {
            let handOver = HandOver(
                settingsFile: plan.settings.file, settingsText: plan.textWithoutPINs, files: plan.files)
            document = try SealedMemory.make(handOver.serialized(), name: "secure-proxy certificates")
        } catch {
            throw PlanError("error: \(error)")
        }
        generation.plan = plan
        for warning in plan.warnings { logs.process(.warn, warning) }
        for worker in generation.workers { worker.tell(.certificates, descriptors: [document.number]) }
        board.slot(0).add(.reloadsOK)
        reloadEnded(problem: nil)
    }

    private func pingWatchdog() {
        guard let interval = ServiceManager.watchdogInterval, loop.now >= nextWatchdog else { return }
        nextWatchdog = loop.now + interval / 2
        ServiceManager.notify("WATCHDOG=1")
    }
}
