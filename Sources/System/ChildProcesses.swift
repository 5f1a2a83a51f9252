internal import CLinux

/// Programs that this process starts, and how they end. For one thread of the process: it collects every child.
public enum ChildProcesses {
    /// The program that runs now, even when the file on disk was replaced or removed since.
    public static let thisProgram = "/proc/self/exe"

    /// The variables that a service manager means for one process alone; children don't inherit them.
    static let privateVariables: Set<String> = [
        "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
    ]

    /// What ``spawn(executable:arguments:environment:descriptors:deathSignal:)`` hands on when it is not told
    /// otherwise: this process's environment without what the service manager meant for this process alone.
    public static var inheritedEnvironment: [(String, String)] {
        ThisProcess.environmentVariables.filter { !privateVariables.contains($0.0) }
    }

    /// Starts `executable` in a new process and answers its pid.
    ///
    /// The child has `descriptors` and, unless they say otherwise, this process's standard output and error, with
    /// /dev/null as its input; every other descriptor closes. Its signal mask is empty and its signals do what they do
    /// by default. A program that can't be executed is an error here, not a child that ends.
    ///
    /// - Parameters:
    ///   - executable: a path; nothing is searched.
    ///   - arguments: with the program's own name first.
    ///   - environment: nil: ``inheritedEnvironment``.
    ///   - descriptors: `number` here becomes `as` in the child.
    ///   - deathSignal: sent to the child when the thread that called this ends, 0 for none. The kernel forgets it
    ///     when the child changes its user: ``ThisProcess/setDeathSignal(_:)`` renews it.
    public static func spawn(
        executable: String = thisProgram, arguments: [String], environment: [(String, String)]? = nil,
        descriptors: [(number: Int32, as: Int32)] = [], deathSignal: Int32 = 0
    ) throws(SystemError) -> Int32 {
        let variables = (environment ?? inheritedEnvironment).map { "\($0.0)=\($0.1)" }
        let targets = descriptors.map(\.as)
        // EINVAL: a text that would be cut at its NUL, no name for the program, two meanings for one number.
        let texts = [executable] + arguments + variables
        guard !arguments.isEmpty, !texts.contains(where: { $0.utf8.contains(0) }), Set(targets).count == targets.count
        else { throw SystemError("spawn", executable, code: Errno.invalid) }

        let sources = descriptors.map(\.number)
        let argumentList = CStringList(arguments)
        let environmentList = CStringList(variables)
        let result = unsafe sources.withUnsafeBufferPointer { sources in
            unsafe targets.withUnsafeBufferPointer { targets in
                unsafe clinux_spawn(
                    executable, argumentList.pointers, environmentList.pointers, sources.baseAddress,
                    targets.baseAddress, Int32(clamping: sources.count), deathSignal)
            }
        }
        return try SystemError.check("spawn", executable, result)
    }

    /// A child that has ended and was not answered yet, or nil; never waits.
    ///
    /// - Parameter only: looks at this child alone.
    public static func reap(_ only: Int32? = nil) -> (pid: Int32, end: ChildEnd)? {
        var value: Int32 = 0
        var bySignal = false
        let pid = unsafe clinux_reap(only ?? -1, &value, &bySignal)
        guard pid > 0 else { return nil }
        return (pid, bySignal ? .killed(signal: value) : .exited(value))
    }

    /// Waits until the child `pid` has ended, and forgets it.
    public static func awaitEnd(_ pid: Int32) { _ = clinux_await_end(pid) }

    /// Sends `signal` to `pid`; false when there is no such process. Only for processes that were not answered by
    /// ``reap(_:)`` yet: until then the kernel gives their pid to nobody else.
    @discardableResult
    public static func signal(_ pid: Int32, _ signal: Int32) -> Bool {
        // 0 and negative numbers mean groups of processes, which nobody here wants.
        guard pid > 0 else { return false }
        return clinux_kill(pid, signal) >= 0
    }
}

/// How a process ended.
public enum ChildEnd: Equatable, Sendable, CustomStringConvertible {
    /// By itself, with this code.
    case exited(Int32)
    /// By this signal.
    case killed(signal: Int32)

    /// Whether it ended by itself with code 0.
    public var isSuccess: Bool { self == .exited(0) }

    /// Such as "exited with code 3" and "was killed by signal 9 (SIGKILL)".
    public var description: String {
        switch self {
        case .exited(let code): return "exited with code \(code)"
        case .killed(let signal):
            guard let name = unsafe clinux_signal_name(signal) else { return "was killed by signal \(signal)" }
            return unsafe "was killed by signal \(signal) (SIG\(String(cString: name)))"
        }
    }
}

/// Strings as C programs take them: an array of pointers that ends with a null pointer.
@safe
private final class CStringList {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        unsafe pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() {
            let bytes = string.utf8CString
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            for (offset, byte) in bytes.enumerated() { unsafe (copy + offset).initialize(to: byte) }
            unsafe (pointers + index).initialize(to: copy)
        }
        unsafe (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { unsafe pointers[index]?.deallocate() }
        unsafe pointers.deallocate()
    }
}
