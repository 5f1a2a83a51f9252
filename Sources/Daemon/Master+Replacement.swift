internal import Bytes
internal import Reactor
internal import Settings
internal import System
internal import Telemetry

// Another binary takes over: a new master beside this one, with the same sockets.

extension Master {
    /// Watches the channel to the new binary.
    private final class Watch: EventSource {
        weak var master: Master?
        init(_ master: Master) { self.master = master }
        func ready(_ readiness: Readiness, role: UInt8) { master?.replacementSpoke() }
    }

    /// What a new binary has for itself beside the time that its workers have to start.
    private static let replacementMargin: Duration = .seconds(10)

    /// Starts the binary that is now where this one was started from.
    func replaceBinary() {
        guard phase == .serving, candidate == nil, replacement == nil else {
            return logs.process(.warn, "the binary can't be replaced now: another change is under way")
        }
        guard let path = programPath else {
            return logs.process(.error, "the binary can't be replaced: nothing tells where it is")
        }
        logs.process(.notice, "replacing the binary with \(path)")
        do {
            try pidFile.renameTo("\(settings.pidFile).oldbin")
            let replacement = try Replacement(
                path, arguments: CommandLine.arguments, sockets: sockets.all, hasKeys: hasKeys,
                deadline: loop.now + settings.limits.workerStartTimeout + Self.replacementMargin)
            self.replacement = replacement
            replacementWatch = try loop.registerLevel(replacement.number, .readable, source: Watch(self), role: 0)
        } catch {
            logs.process(.error, "the binary can't be replaced: \(error)")
            endReplacement()
        }
    }

    private func replacementSpoke() {
        if let replacementWatch { loop.deregister(replacementWatch) }
        replacementWatch = nil
        // Otherwise it has ended, and will be reaped.
        guard let replacement, replacement.serves else { return }
        logs.process(.notice, "process \(replacement.pid) serves: this one ends when its tunnels have ended")
        ServiceManager.notify("MAINPID=\(replacement.pid)")
        self.replacement = nil
        successor = replacement.pid
        phase = .draining
        board.slot(0).set(.masterState, 2)
        sockets.close()
        if let current { drain(current, isShutdown: false) }
        endIfEmpty()
    }

    func replacementEnded(_ end: ChildEnd) {
        logs.process(.error, "the new binary \(end) before it served: this one goes on; its own log says why")
        endReplacement()
        if phase != .serving { endIfEmpty() }
    }

    private func endReplacement() {
        if let replacementWatch { loop.deregister(replacementWatch) }
        replacementWatch = nil
        replacement = nil
        do { try pidFile.restore() } catch { logs.process(.error, "\(error)") }
    }
}
