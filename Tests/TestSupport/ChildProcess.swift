// A program started by a test: its output in files, its end waited for, and never left behind.
internal import Bytes
public import Glibc
internal import Synchronization
internal import System

/// A running program; killed, with everything that it started, when this object goes and when the tests' process ends.
@safe
public final class ChildProcess: @unchecked Sendable {
    // Sendable: everything is constant but `status`, which locks itself.

    /// Its process id.
    public let pid: pid_t
    /// Its command line, for messages.
    public let command: String
    /// The process group that ends with this object; nil: only the process does.
    let group: pid_t?
    private let status = Mutex<Int32?>(nil)

    /// Starts `executable`.
    ///
    /// - Parameters:
    ///   - environment: added to this process's own.
    ///   - directory: where it starts; nil: where the tests are.
    ///   - output: the file that takes standard output.
    ///   - errors: the file that takes standard error; may be the same.
    ///   - descriptors: of this process; the program has them under the numbers `as`.
    public init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil,
        output: String = "/dev/null", errors: String = "/dev/null",
        descriptors: [(number: Int32, as: Int32)] = []
    ) throws(HarnessError) {
        Orphans.adopt()
        // glibc has no standard way to start elsewhere; env(1) has, and becomes the program.
        let start = directory.map { ["/usr/bin/env", "--chdir=\($0)"] } ?? []
        let words = start + [executable] + arguments
        command = words.joined(separator: " ")
        var options = Spawn.Options()
        options.output = output
        options.errors = errors
        options.descriptors = descriptors
        options.environment = environment
        let number = try Spawn.start(words, options)
        (pid, group) = (number, number)
        Self.living.withLock { _ = $0.insert(number) }
        Orphans.collect(number)
        ProcessGuardian.watch(number)
    }

    /// A process that another one started, such as the master that follows when its binary is replaced.
    public init(adopting pid: pid_t, command: String) {
        (self.pid, self.command, group) = (pid, command, nil)
    }

    deinit {
        kill()
        guard let group else { return }
        _ = Glibc.kill(-group, SIGKILL)
        ProcessGuardian.forget(group)
        Self.living.withLock { _ = $0.remove(group) }
    }

    // MARK: Ending

    /// Sends a signal; nothing happens when it has ended.
    public func signal(_ number: Int32) {
        status.withLock { status in
            if status == nil { _ = Glibc.kill(pid, number) }
        }
    }

    /// Whether it has not ended yet.
    public var isRunning: Bool { look() == nil }

    /// Waits for its end, at most for `timeout`: the exit code, 128 + the signal that killed it, or nil where it still
    /// runs.
    public func waitForExit(within timeout: Duration) -> Int32? {
        _ = Deadline(in: timeout).poll { look() != nil }
        return look()
    }

    /// Ends it at once.
    public func kill() {
        guard look() == nil else { return }
        signal(SIGKILL)
        _ = waitForExit(within: .seconds(10))
    }

    private func look() -> Int32? {
        status.withLock { known in
            if let known { return known }
            known = Orphans.code(of: pid)
            // Somebody else's child, who has taken its exit code. While it is a zombie, its parent may still end and leave
            // it to this process.
            if known == nil, group == nil, ProcessTable.state(pid) == nil {
                known = Orphans.code(of: pid) ?? Self.unknownCode
            }
            return known
        }
    }

    /// The exit code of an adopted process whose end its parent saw first.
    public static let unknownCode: Int32 = -1

    // MARK: What it is doing

    /// A line of `/proc/PID/status` such as `VmRSS`, in bytes where it is a size; 0 where it is not there.
    public func kernelStatus(_ name: String) -> Int {
        let words = (ProcessTable.status(pid, name) ?? "").split { $0 == " " || $0 == "\t" }
        guard let number = words.first.flatMap({ Int($0) }) else { return 0 }
        return words.count > 1 ? number * 1024 : number
    }

    /// Bytes of memory that it holds.
    public var residentBytes: Int { kernelStatus("VmRSS") }

    // MARK: Parts

    private static let living: Mutex<Set<pid_t>> = {
        atexit { ChildProcess.killAll() }
        return Mutex([])
    }()

    private static func killAll() {
        for group in living.withLock({ $0 }) { _ = Glibc.kill(-group, SIGKILL) }
    }
}

/// Collects the ends of everything that tests start, and of what that starts in turn: a process whose parent has ended
/// becomes a child of the tests' process.
///
/// A thread of its own does it, at once: a child that nobody collects would keep those who wait for any child (the tests
/// that run in processes of their own) from ever hearing of theirs.
@safe
enum Orphans {
    private struct Known {
        var groups: Set<pid_t> = []
        var codes: [pid_t: Int32] = [:]
        /// How often each stray was seen.
        var seen: [pid_t: Int] = [:]
        var round = 0
    }

    private static let known = Mutex(Known())

    private static let isAdopting: Bool = {
        // prctl is variadic, which Swift doesn't call; with integers it takes them like any other function.
        typealias ProcessControl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
        guard let symbol = unsafe dlsym(nil, "prctl") else { return false }
        let control = unsafe unsafeBitCast(symbol, to: ProcessControl.self)
        let setChildSubreaper: Int32 = 36
        guard control(setChildSubreaper, 1, 0, 0, 0) == 0 else { return false }
        var thread = pthread_t()
        return unsafe pthread_create(&thread, nil, { _ in unsafe Orphans.collectForEver() }, nil) == 0
    }()

    /// From now on.
    static func adopt() { _ = isAdopting }

    /// The group of a process just started, whose members are collected from now on.
    static func collect(_ group: pid_t) {
        known.withLock { known in
            known.codes[group] = nil
            known.groups.insert(group)
        }
    }

    /// How `pid` ended: its exit code, 128 + the signal that killed it, or nil when it wasn't collected.
    static func code(of pid: pid_t) -> Int32? {
        known.withLock { known in
            take(&known)
            return known.codes[pid]
        }
    }

    /// Children that tests didn't start and nobody will wait for: what browsers leave behind, and what a process that a
    /// test runs in left. Those that the testing library or a test waits for are of this process's group, and are either
    /// this program or soon collected.
    private static func takeStrays(_ known: inout Known) {
        known.round += 1
        guard known.round % 10 == 0 else { return }
        var ended: Set<pid_t> = []
        for task in DirectoryListing.names("/proc/self/task") {
            let text = (try? File.read("/proc/self/task/\(task)/children")).map { String(decoding: $0, as: UTF8.self) }
            for pid in (text ?? "").split(separator: " ").compactMap({ pid_t($0) }) where isStray(pid) {
                ended.insert(pid)
            }
        }
        for pid in ended where getpgid(pid) != getpgrp() || (known.seen[pid] ?? 0) >= patience {
            var raw: Int32 = 0
            guard unsafe waitpid(pid, &raw, WNOHANG) == pid else { continue }
            let signal = raw & 0x7F
            known.codes[pid] = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
        }
        known.seen = known.seen.filter { ended.contains($0.key) }
        for pid in ended { known.seen[pid, default: 0] += 1 }
    }

    /// How often a child of this process's group is seen ended before nobody is thought to wait for it: some 5 s.
    private static let patience = 25

    /// Whether `pid` has ended, and isn't this program in a process of its own.
    private static func isStray(_ pid: pid_t) -> Bool {
        guard let bytes = try? File.read("/proc/\(pid)/stat") else { return false }
        // The name stands in parentheses, the state behind them.
        let text = String(decoding: bytes, as: UTF8.self)
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { return false }
        let state = text[close...].dropFirst(2).first
        return state == "Z" && !text[open...].dropFirst().hasPrefix("secure-proxyPac")
    }

    private static func take(_ known: inout Known) {
        defer { takeStrays(&known) }
        var over: [pid_t] = []
        for group in known.groups {
            while true {
                var raw: Int32 = 0
                let pid = unsafe waitpid(-group, &raw, WNOHANG)
                if pid > 0 {
                    let signal = raw & 0x7F
                    known.codes[pid] = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
                    continue
                }
                // No child is in it any more; but grandchildren may still become children.
                if pid < 0, Glibc.kill(-group, 0) != 0 { over.append(group) }
                break
            }
        }
        known.groups.subtract(over)
    }

    @unsafe
    private static func collectForEver() -> UnsafeMutableRawPointer? {
        while true {
            known.withLock { take(&$0) }
            var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
            unsafe nanosleep(&pause, nil)
        }
    }
}
