// A program started by a test: its output in files, its end waited for, and never left behind.
internal import Bytes
public import Glibc
internal import Synchronization
internal import System

/// A running program; killed when this object goes, and when the tests' process ends.
@safe
public final class ChildProcess: @unchecked Sendable {
    // Sendable: everything is constant but `status`, which locks itself.

    /// Its process id.
    public let pid: pid_t
    /// Its command line, for messages.
    public let command: String
    private let status = Mutex<Int32?>(nil)

    /// Starts `executable`.
    ///
    /// - Parameters:
    ///   - environment: added to this process's own.
    ///   - directory: where it starts; nil: where the tests are.
    ///   - output: the file that takes standard output.
    ///   - errors: the file that takes standard error; may be the same.
    public init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil,
        output: String = "/dev/null", errors: String = "/dev/null"
    ) throws(HarnessError) {
        // glibc has no standard way to start elsewhere; env(1) has, and becomes the program.
        let start = directory.map { ["/usr/bin/env", "--chdir=\($0)"] } ?? []
        let words = start + [executable] + arguments
        command = words.joined(separator: " ")
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let append = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, append, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, append, 0o600)

        // Whatever the tests' process does with signals is none of the program's business.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var variables = Self.environment
        for (name, value) in environment { variables[name] = value }
        var number: pid_t = 0
        let code = unsafe Self.withCStrings(words) { argv in
            unsafe Self.withCStrings(variables.map { "\($0)=\($1)" }) { envp in
                unsafe posix_spawn(&number, words[0], &actions, &attributes, argv, envp)
            }
        }
        guard code == 0 else {
            throw HarnessError("cannot start \(command): \(SystemError("posix_spawn", code: code))")
        }
        pid = number
        Self.living.withLock { _ = $0.insert(number) }
    }

    deinit { kill() }

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
            var raw: Int32 = 0
            guard unsafe waitpid(pid, &raw, WNOHANG) == pid else { return nil }
            let signal = raw & 0x7F
            let code = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
            known = code
            Self.living.withLock { _ = $0.remove(pid) }
            return code
        }
    }

    // MARK: What it is doing

    /// A line of `/proc/PID/status` such as `VmRSS`, in bytes where it is a size; 0 where it is not there.
    public func kernelStatus(_ name: String) -> Int {
        let text = (try? File.read("/proc/\(pid)/status")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("\(name):") {
            let words = line.dropFirst(name.count + 1).split { $0 == " " || $0 == "\t" }
            guard let number = words.first.flatMap({ Int($0) }) else { return 0 }
            return words.count > 1 ? number * 1024 : number
        }
        return 0
    }

    /// Bytes of memory that it holds.
    public var residentBytes: Int { kernelStatus("VmRSS") }

    // MARK: Parts

    private static let living: Mutex<Set<pid_t>> = {
        atexit { ChildProcess.killAll() }
        return Mutex([])
    }()

    private static func killAll() {
        for pid in living.withLock({ $0 }) { _ = Glibc.kill(pid, SIGKILL) }
    }

    private static var environment: [String: String] {
        var variables: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let parts = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            unsafe entry += 1
        }
        return variables
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = unsafe texts.map { unsafe strdup($0) }
        defer { unsafe copies.forEach { unsafe free($0) } }
        return unsafe body(copies + [nil])
    }
}
