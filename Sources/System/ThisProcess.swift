internal import CLinux

/// Facts about the running process.
public enum ThisProcess {
    /// The process id.
    public static var id: Int32 { clinux_process_id() }

    /// Whether it runs as root.
    public static var isRoot: Bool { clinux_user_id() == 0 }

    /// Where its program was started from, as an absolute path; to be asked before the working directory changes.
    public static var programPath: String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            guard unsafe clinux_program_path(base, buffer.count) >= 0 else { return nil }
            return unsafe String(cString: base)
        }
    }

    /// Processors that it may run on.
    public static var processorCount: Int { max(1, Int(clinux_processor_count())) }

    /// Raises the limit of open descriptors as far as allowed and answers it.
    public static func raiseDescriptorLimit() throws(SystemError) -> Int64 {
        try SystemError.check("setrlimit RLIMIT_NOFILE", clinux_descriptor_limit())
    }

    /// Resident memory in bytes, 0 when the kernel does not tell.
    public static var residentBytes: Int64 { max(0, clinux_resident_bytes()) }

    /// Gives free pages of the heap back to the kernel. Takes milliseconds for each hundred megabytes.
    public static func trimMemory() { _ = clinux_trim_memory() }

    /// Processor time used so far.
    public static var cpuTime: Duration { .nanoseconds(clinux_cpu_nanoseconds()) }

    /// The process that started it, or 1 (or a sub-reaper) once that has ended.
    public static var parentID: Int32 { clinux_parent_id() }

    /// Ends it with `code`, after what was printed has been written.
    public static func exit(_ code: Int32) -> Never { clinux_exit(code) }

    /// Ends it with `code` at once.
    public static func exitNow(_ code: Int32) -> Never { clinux_exit_now(code) }

    /// Has the kernel send `signal` to this process when its parent ends (0: no longer). Changing the user undoes it,
    /// so say it after that, then look whether ``parentID`` still is who it should be.
    public static func setDeathSignal(_ signal: Int32) throws(SystemError) {
        _ = try SystemError.check("prctl PR_SET_PDEATHSIG", clinux_set_death_signal(signal))
    }

    /// The calling thread's name; the main thread's is what `ps` and `pgrep` show. The kernel keeps 15 bytes.
    public static func setName(_ name: String) { _ = unsafe clinux_set_thread_name(name) }

    /// The machine's name, or "localhost" when it has none.
    public static var hostName: String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, unsafe clinux_host_name(base, buffer.count) > 0 else {
                return "localhost"
            }
            return unsafe String(cString: base)
        }
    }

    /// All environment variables, in the system's order.
    public static var environmentVariables: [(String, String)] {
        guard var entry = unsafe clinux_environment_list() else { return [] }
        var variables: [(String, String)] = []
        while let text = unsafe entry.pointee {
            let parts = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables.append((String(parts[0]), String(parts[1]))) }
            unsafe entry += 1
        }
        return variables
    }

    /// Removes the environment variable `name`. Only while the process has one thread.
    public static func removeEnvironment(_ name: String) { _ = unsafe clinux_unset_environment(name) }

    /// The environment variable `name`, or nil when it isn't set or is longer than 4,095 bytes.
    public static func environment(_ name: String) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            guard unsafe clinux_environment(name, base, buffer.count) >= 0 else { return nil }
            return unsafe String(cString: base)
        }
    }
}
