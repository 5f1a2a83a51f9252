internal import Bytes
internal import Settings
internal import System

// The commands that send the running daemon a signal and tell what came of it.

extension Commands {
    /// How often it is looked whether something has happened.
    private static let pollMilliseconds: Int32 = 50
    /// How long a reload may take beyond the time that its workers have to start.
    private static let reloadMargin: Duration = .seconds(10)

    /// `secure-proxy reload`: asks the running daemon to reload, and waits for what comes of it.
    ///
    /// - Returns: ``ExitCode/success`` when the new settings are in force, ``ExitCode/usage`` for settings that it
    ///   would refuse anyway, ``ExitCode/failure`` when it refused them or none runs.
    public static func reload(settingsFile: String, output: CommandOutput = .console) -> ExitCode {
        guard let settings = load(settingsFile, output) else { return .usage }
        guard let pid = running(settings, output) else { return .failure }
        let before = ReloadOutcome.read(settings.pidFile)
        guard send(1, to: pid, output) else { return .failure }
        let limit = settings.limits.workerStartTimeout + reloadMargin
        let changed = wait(limit) {
            let now = ReloadOutcome.read(settings.pidFile)
            return now != nil && now != before || PidFile.runningProcess(settings.pidFile) == nil
        }
        guard PidFile.runningProcess(settings.pidFile) != nil else {
            output.error("the daemon has ended; the error log says why")
            return .failure
        }
        guard changed, let outcome = ReloadOutcome.read(settings.pidFile) else {
            output.error(
                "process \(pid) was asked to reload, and nothing came of it within \(limit): see the error log")
            return .failure
        }
        if let problem = outcome.problem {
            // It may quote what is in files: nothing of that may command the terminal.
            let lines = problem.split(separator: "\n", omittingEmptySubsequences: false)
                .map { LogText.message(String($0)) }
            output.error("refused, the running configuration stays:\n\(lines.joined(separator: "\n"))")
            return .failure
        }
        output.print("reloaded")
        return .success
    }

    /// `secure-proxy stop`: ends the running daemon, and waits until it is gone.
    ///
    /// - Parameter gracefully: tunnels may end by themselves until `shutdownTimeout`.
    public static func stop(
        settingsFile: String, gracefully: Bool, output: CommandOutput = .console
    ) -> ExitCode {
        guard let settings = load(settingsFile, output) else { return .usage }
        guard let pid = running(settings, output) else { return .failure }
        guard send(gracefully ? 3 : 15, to: pid, output) else { return .failure }
        let limits = settings.limits
        let limit = (gracefully ? limits.shutdownTimeout : .zero) + limits.closeTimeout + .seconds(10)
        guard wait(limit, { PidFile.runningProcess(settings.pidFile) != pid }) else {
            output.error("process \(pid) still runs after \(limit): see the error log")
            return .failure
        }
        output.print("stopped")
        return .success
    }

    /// `secure-proxy reopen`: has the running daemon open its log files anew.
    public static func reopen(settingsFile: String, output: CommandOutput = .console) -> ExitCode {
        guard let settings = load(settingsFile, output) else { return .usage }
        guard let pid = running(settings, output), send(10, to: pid, output) else { return .failure }
        output.print("process \(pid) reopens its logs")
        return .success
    }

    // MARK: Parts

    private static func load(_ file: String, _ output: CommandOutput) -> Settings? {
        switch SettingsFile.load(file) {
        case .success(let settings): return settings
        case .failure(let problem):
            output.error(problem.description)
            return nil
        }
    }

    private static func running(_ settings: Settings, _ output: CommandOutput) -> Int32? {
        if let pid = PidFile.runningProcess(settings.pidFile) { return pid }
        output.error("no secure-proxy runs with these settings (nobody holds \(settings.pidFile))")
        return nil
    }

    private static func send(_ signal: Int32, to pid: Int32, _ output: CommandOutput) -> Bool {
        if ChildProcesses.signal(pid, signal) { return true }
        output.error("process \(pid) can't be signalled: it is another user's, or has just ended; try as root")
        return false
    }

    private static func wait(_ limit: Duration, _ isDone: () -> Bool) -> Bool {
        let end = Clock.monotonic + limit
        guard let epoll = try? Epoll(capacity: 1) else { return isDone() }
        while !isDone() {
            if Clock.monotonic >= end { return false }
            _ = try? epoll.wait(timeoutMilliseconds: pollMilliseconds)
        }
        return true
    }
}
