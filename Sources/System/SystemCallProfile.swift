/// Which system calls a process may still make.
public enum SystemCallProfile: String, CaseIterable, Sendable {
    /// All: no filter.
    case none = "none"
    /// What a worker needs: its sockets, memory, clocks, threads of its own, and files opened for reading.
    case worker = "worker"
    /// What a key holder needs: to answer on the channels that it has.
    case keyHolder = "key holder"
}
