internal import CLinux

/// Facts about the running process.
public enum ThisProcess {
    /// The process id.
    public static var id: Int32 { clinux_process_id() }

    /// Whether it runs as root.
    public static var isRoot: Bool { clinux_user_id() == 0 }

    /// Raises the limit of open descriptors as far as allowed and answers it.
    public static func raiseDescriptorLimit() throws(SystemError) -> Int64 {
        try SystemError.check("setrlimit RLIMIT_NOFILE", clinux_descriptor_limit())
    }

    /// Resident memory in bytes, 0 when the kernel does not tell.
    public static var residentBytes: Int64 { max(0, clinux_resident_bytes()) }

    /// Processor time used so far.
    public static var cpuTime: Duration { .nanoseconds(clinux_cpu_nanoseconds()) }

    /// The environment variable `name`, or nil when it isn't set or is longer than 4,095 bytes.
    public static func environment(_ name: String) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            guard unsafe clinux_environment(name, base, buffer.count) >= 0 else { return nil }
            return unsafe String(cString: base)
        }
    }
}
