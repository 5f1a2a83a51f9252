internal import CLinux

/// What systemd (or whatever starts services in its manner) and a service say to each other: sd_notify(3),
/// sd_watchdog_enabled(3), sd_listen_fds(3). Without a service manager all of this does nothing.
public enum ServiceManager {
    /// Sends `states` such as `READY=1` together; false when nobody listens or it did not arrive.
    @discardableResult
    public static func notify(_ states: String...) -> Bool { notify(states) }

    /// Sends `states` such as `READY=1` together; false when nobody listens or it did not arrive.
    @discardableResult
    public static func notify(_ states: [String]) -> Bool {
        guard let path = ThisProcess.environment("NOTIFY_SOCKET"), path.hasPrefix("/") || path.hasPrefix("@"),
            let socket = try? Socket.connectUnixDatagram(path, blocking: true)
        else { return false }
        // A line end inside a state would begin another one.
        let lines = states.map { String($0.map { $0.isNewline ? " " : $0 }) }
        let message = Array(lines.joined(separator: "\n").utf8)
        let sent = unsafe message.withUnsafeBytes { unsafe Socket.send(socket.number, $0) }
        return sent == .bytes(message.count)
    }

    /// Start or reload is complete.
    @discardableResult
    public static func ready(status: String) -> Bool { notify("READY=1", "STATUS=\(status)") }

    /// A reload begins; ``ready(status:)`` ends it. Carries the time, which `Type=notify-reload` asks for.
    @discardableResult
    public static func reloading(status: String) -> Bool {
        notify("RELOADING=1", "MONOTONIC_USEC=\(clinux_monotonic_nanoseconds() / 1000)", "STATUS=\(status)")
    }

    /// The service is about to end.
    @discardableResult
    public static func stopping(status: String) -> Bool { notify("STOPPING=1", "STATUS=\(status)") }

    /// Words for `systemctl status`.
    @discardableResult
    public static func status(_ words: String) -> Bool { notify("STATUS=\(words)") }

    /// Another process is the service from now on; to be said by the one that was.
    @discardableResult
    public static func mainProcess(_ pid: Int32) -> Bool { notify("MAINPID=\(pid)") }

    /// The service is alive: to be said more often than ``watchdogInterval``.
    @discardableResult
    public static func keepAlive() -> Bool { notify("WATCHDOG=1") }

    /// How long the service manager waits for ``keepAlive()`` before it takes this process for dead (say it at half
    /// of this), or nil when it doesn't.
    public static var watchdogInterval: Duration? {
        if let process = ThisProcess.environment("WATCHDOG_PID"), Int32(process) != ThisProcess.id { return nil }
        guard let text = ThisProcess.environment("WATCHDOG_USEC"), let interval = Int64(text), interval > 0 else {
            return nil
        }
        return .microseconds(interval)
    }

    /// A socket that the service manager has opened for this process.
    public struct PassedSocket {
        /// Its `FileDescriptorName=`, or "unknown".
        public let name: String
        /// The socket: close-on-exec, non-blocking.
        public let descriptor: Descriptor
    }

    /// The sockets the service manager has opened for this process (`LISTEN_FDS`), in its order. Only the first call
    /// answers them: the variables are removed.
    public static func takeListeners() -> [Descriptor] { takePassedSockets().map(\.descriptor) }

    /// The same with their names. `first` is the number of the first one (`SD_LISTEN_FDS_START`).
    public static func takePassedSockets(from first: Int32 = 3) -> [PassedSocket] {
        let process = ThisProcess.environment("LISTEN_PID").flatMap { Int32($0) }
        let count = ThisProcess.environment("LISTEN_FDS").flatMap { Int32($0) } ?? 0
        let names = ThisProcess.environment("LISTEN_FDNAMES") ?? ""
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { ThisProcess.removeEnvironment(name) }
        guard process == ThisProcess.id, count > 0, count <= 1024 else { return [] }
        let list = names.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        return (0..<count).compactMap { index in
            let number = first + index
            guard clinux_is_open(number) == 1 else { return nil }
            _ = clinux_set_close_on_exec(number, true)
            _ = clinux_set_blocking(number, false)
            let name = Int(index) < list.count && !list[Int(index)].isEmpty ? list[Int(index)] : "unknown"
            return PassedSocket(name: name, descriptor: Descriptor(owning: number))
        }
    }

    /// The variables by which a successor of this process (binary replacement) goes on talking to the service manager;
    /// other children don't get them.
    public static var successorEnvironment: [(String, String)] {
        // Without WATCHDOG_PID: that is this process, and the successor's is not known before it starts.
        ThisProcess.environmentVariables.filter { $0.0 == "NOTIFY_SOCKET" || $0.0 == "WATCHDOG_USEC" }
    }
}
