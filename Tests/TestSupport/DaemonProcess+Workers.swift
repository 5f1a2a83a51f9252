public import Glibc
internal import System

// Master, workers and key holder, and what becomes of them.
extension DaemonProcess {
    // MARK: Who they are

    /// The worker processes of the present master, those of old generations included.
    public var workerPIDs: [pid_t] { roles("worker", of: pid) }

    /// The same, with those of masters that drain since their binary was replaced.
    public var workerPIDsOfAllMasters: [pid_t] { allMasters.flatMap { roles("worker", of: $0.pid) } }

    /// The key holders of the present master.
    public var keyHolderPIDs: [pid_t] { roles("key-holder", of: pid) }

    private func roles(_ role: String, of master: pid_t) -> [pid_t] {
        ProcessTable.children(of: master).filter { child in
            let words = ProcessTable.commandLine(child)
            guard let place = words.firstIndex(of: "role"), place + 1 < words.count else { return false }
            return words[place + 1] == role
        }
    }

    /// The file with the master's process id.
    public var pidFilePath: String { "\(directory)/logs/secure-proxy.pid" }

    /// What stands in the pid file; nil where there is none, or no number in it.
    public var pidInFile: pid_t? {
        pid_t(Self.text(pidFilePath).trimmingBlanks)
    }

    /// Every process that belongs to the daemon: its masters and all that they started, zombies included.
    public var family: [pid_t] {
        allMasters.compactMap(\.group).flatMap { ProcessTable.members(ofGroup: $0) }
    }

    // MARK: What is done to them

    /// Sends HUP and waits until a new generation serves.
    ///
    /// - Throws: where none does in time; the daemon's words are in the error.
    public func reload(within timeout: Duration = .seconds(30)) throws {
        let before = try generation
        process.signal(SIGHUP)
        let deadline = Deadline(in: timeout)
        while try generation <= before {
            guard !deadline.hasPassed, process.isRunning else {
                throw HarnessError("no new generation within \(timeout) after HUP\n\(account)")
            }
            deadline.pause(.milliseconds(20))
        }
    }

    /// Sends USR2 and waits until another master, started from the binary on disk, is ready. It is ``process`` from then
    /// on.
    ///
    /// - Returns: the old master, which ends when its tunnels have.
    @discardableResult
    public func replaceBinary(within timeout: Duration = .seconds(60)) throws -> ChildProcess {
        let old = process
        let readyBefore = timesReady
        old.signal(SIGUSR2)
        var successor: pid_t?
        let isThere = Deadline(in: timeout).poll {
            guard let pid = pidInFile, pid != old.pid, ProcessTable.isAlive(pid) else { return false }
            successor = pid
            return timesReady > readyBefore
        }
        guard isThere, let successor else {
            throw HarnessError("no new master is ready within \(timeout) after USR2\n\(account)")
        }
        follow(
            ChildProcess(
                adopting: successor, command: ProcessTable.commandLine(successor).joined(separator: " ")))
        return old
    }

    private var timesReady: Int { errorOutput.ranges(of: Self.readyWords).count }

    /// Kills a worker with SIGKILL.
    ///
    /// It is stopped first, so that the answer is exact.
    /// - Returns: how many connections of clients it had accepted and not ended; none of them survives.
    public func killWorker(_ worker: pid_t) -> Int {
        kill(worker, SIGSTOP)
        _ = Deadline(in: .seconds(5)).poll { ProcessTable.state(worker).map { $0 == "T" || $0 == "Z" } ?? true }
        let count = ConnectionTable().connections(of: worker, at: ports.all)
        kill(worker, SIGKILL)
        return count
    }

    /// Waits until the present master has exactly so many workers that run.
    public func waitForWorkers(_ count: Int, within timeout: Duration = .seconds(20)) -> Bool {
        Deadline(in: timeout).poll { workerPIDs.count { ProcessTable.isAlive($0) } == count }
    }

    /// Waits until no process of the daemon is left, and takes the exit codes of those that were left to the tests.
    public func waitForEverybodysEnd(within timeout: Duration = .seconds(20)) -> Bool {
        Deadline(in: timeout).poll {
            // The masters' own ends are taken by the objects that stand for them.
            let masters = allMasters
            for master in masters { _ = master.isRunning }
            for pid in family where !masters.contains(where: { $0.pid == pid }) {
                var code: Int32 = 0
                _ = unsafe waitpid(pid, &code, WNOHANG)
            }
            return family.allSatisfy { !ProcessTable.isAlive($0) }
        }
    }
}

extension String {
    /// Without blanks and line ends around it.
    var trimmingBlanks: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
