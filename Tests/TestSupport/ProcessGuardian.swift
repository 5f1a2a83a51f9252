// What a test run started ends with it, however it ends: a killed test process runs no clean-up of its own.
//
// A small shell, in a process group of its own, is told which process groups to watch over, and kills them when its
// standard input ends, that is when the tests' process is gone. Groups rather than processes: a daemon's workers, and the
// master that follows it when its binary is replaced, are in the group of the process that the test started.
internal import Glibc
internal import Synchronization
internal import System

/// Kills what the tests' process left behind.
enum ProcessGuardian {
    private static let script = """
        groups=
        while read -r verb group; do
            if [ "$verb" = watch ]; then groups="$groups $group"; continue; fi
            rest=
            for one in $groups; do [ "$one" = "$group" ] || rest="$rest $one"; done
            groups=$rest
        done
        for one in $groups; do kill -KILL "-$one" 2>/dev/null; done
        """

    private struct State: ~Copyable {
        var socket: Descriptor?
        var hasStarted = false
    }

    private static let state = Mutex(State())

    /// Kills the process group when this process has ended.
    static func watch(_ group: pid_t) { tell("watch \(group)\n") }

    /// Leaves the process group alone: it has ended.
    static func forget(_ group: pid_t) { tell("forget \(group)\n") }

    private static func tell(_ line: String) {
        state.withLock { state in
            if !state.hasStarted {
                state.hasStarted = true
                state.socket = start()
            }
            // Without a guardian the tests run all the same.
            guard let number = state.socket?.number else { return }
            let bytes = Array(line.utf8)
            _ = unsafe bytes.withUnsafeBytes { unsafe write(number, $0.baseAddress, $0.count) }
        }
    }

    private static func start() -> Descriptor? {
        guard let (ours, theirs) = try? Socket.pair() else { return nil }
        // The shell waits for its input in the ordinary way.
        let flags = clearNonBlocking(theirs.number)
        guard flags, (try? Spawn.start(["/bin/sh", "-c", script], Spawn.Options(input: theirs.number))) != nil else {
            return nil
        }
        return ours
    }

    private static func clearNonBlocking(_ descriptor: Int32) -> Bool {
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK) == 0
    }
}
