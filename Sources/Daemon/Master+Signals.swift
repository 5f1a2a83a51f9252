internal import Bytes
internal import Reactor
internal import Settings
internal import System
internal import Telemetry

// What signals ask for.

extension Master {
    func received(_ signal: SignalSource.Signal) {
        switch signal {
        case .child: reap()
        case .terminate, .interrupt: stop(gracefully: false)
        case .quit: stop(gracefully: true)
        case .hangup: reload("asked for with a signal")
        case .user1: reopenLogs()
        case .user2: replaceBinary()
        }
    }

    // MARK: Reload

    /// Plans a new generation and starts it. Whatever is wrong leaves the running one alone.
    func reload(_ reason: String) {
        guard phase == .serving else {
            if phase == .starting { reloadIsWanted = true }
            return
        }
        if candidate != nil {
            reloadIsWanted = true
            return
        }
        if replacement != nil { return logs.process(.warn, "no reload while another binary takes over") }
        reloadIsWanted = false
        logs.process(.notice, "reloading \(settingsFile): \(reason)")
        if !isReloading {
            isReloading = true
            _ = ServiceManager.reloading(status: "reloading")
        }
        do throws(PlanError) {
            let plan = try GenerationPlan(settingsFile: settingsFile, workers: workersOverride)
            guard plan.workers > 0 else {
                throw PlanError("error: proxyWorkerProcesses: a change to 0, a single process, needs a restart")
            }
            guard plan.settings.pidFile == settings.pidFile else {
                throw PlanError("error: admin.pidFile: another file needs a restart")
            }
            tellWarnings(plan)
            try begin(plan, awaitsKeys: hasKeys)
        } catch {
            reloadEnded(problem: "\(error)")
        }
    }

    /// Whether a worker that serves has the provider's keys.
    var hasKeys: Bool { board.workers().contains { $0.1[.jwksKeys] > 0 } }

    func reloadEnded(problem: String?) {
        isReloading = false
        let slot = board.slot(0)
        slot.set(.lastReloadAt, Clock.unix.seconds)
        outcomes += 1
        ReloadOutcome(count: outcomes, problem: problem).write(settings.pidFile)
        if let problem {
            slot.add(.reloadsFailed)
            logs.process(.error, "reload refused, the running configuration stays: \(problem)")
            ServiceManager.notify("READY=1", "STATUS=serving; the last reload was refused, see the error log")
            // One who asked meanwhile may have mended it.
            if reloadIsWanted { reload("asked for while another reload was under way") }
        } else {
            ServiceManager.notify("READY=1", "STATUS=serving")
        }
    }

    // MARK: Stopping

    /// Accepts nothing more. Gracefully: tunnels may end by themselves until `shutdownTimeout`; otherwise they are closed
    /// with 1001 now and have the time that a close handshake takes.
    func stop(gracefully: Bool) {
        if phase == .stopping || phase == .draining && gracefully { return }
        // Who ended before this was asked for is no part of it.
        reap()
        logs.process(.notice, gracefully ? "shutting down when all tunnels have ended" : "shutting down")
        phase = gracefully ? .draining : .stopping
        ServiceManager.notify("STOPPING=1")
        board.slot(0).set(.masterState, 2)
        replacement?.cancel(at: loop.now)
        sockets.close()
        pendingStarts = []
        if let candidate { abandon(candidate) }
        if let current { gracefully ? drain(current, isShutdown: true) : abandon(current) }
        if !gracefully {
            for generation in draining {
                let limit = loop.now + generation.plan.settings.limits.closeTimeout + .seconds(2)
                for worker in generation.workers {
                    worker.state = .stopping
                    worker.deadline = limit
                    worker.tell(.stop)
                }
            }
        }
        endIfEmpty()
    }

    // MARK: Logs

    /// Opens the log files anew, for those who have moved them away, here and in every worker.
    func reopenLogs() {
        do {
            logs.reopen(try LogTargets.open(settings.logs))
            for generation in generations {
                let targets = try LogTargets.open(generation.plan.settings.logs)
                generation.targets = targets
                for worker in generation.workers {
                    worker.tell(.reopenLogs, descriptors: targets.descriptors.map(\.number))
                }
            }
            logs.process(.notice, "reopened the logs")
        } catch {
            logs.process(.error, "cannot reopen the logs: \(error)")
        }
    }
}
