internal import Settings
internal import System

/// Where the three logs go: descriptors that whoever may open them opens, and every process of the proxy writes to.
struct LogTargets {
    /// Error, HTTP error and access log, in this order; always three.
    let descriptors: [Descriptor]

    /// Takes over descriptors that a parent has opened.
    init(adopting descriptors: [Descriptor]) { self.descriptors = descriptors }

    /// Opens what `settings` ask for. The directory is made where it isn't there; strangers can't read files or directory.
    static func open(_ settings: LogSettings) throws(SystemError) -> LogTargets {
        switch settings.output {
        case .files:
            try File.makeDirectory(settings.directory, permissions: 0o750)
            var files: [Descriptor] = []
            for path in settings.paths { files.append(try LogFile.open(path, permissions: 0o640)) }
            return LogTargets(adopting: files)
        case .stderr:
            return try three { () throws(SystemError) in try standardError() }
        case .syslog:
            return try three { () throws(SystemError) in try Socket.connectUnixDatagram(settings.syslogSocket) }
        case .journald:
            return try three { () throws(SystemError) in try Socket.connectUnixDatagram(journalSocket) }
        }
    }

    /// Where systemd's journal takes entries in its native protocol.
    static let journalSocket = "/run/systemd/journal/socket"

    /// Another number for this process's standard error, which stays open. Should it be a file, then its lines are
    /// appended from now on, as to other logs: no worker may write over what is there.
    private static func standardError() throws(SystemError) -> Descriptor {
        let original = Descriptor(owning: 2)
        defer { _ = original.release() }
        try original.setAppending()
        return try original.duplicate()
    }

    private static func three(_ open: () throws(SystemError) -> Descriptor) throws(SystemError) -> LogTargets {
        LogTargets(adopting: [try open(), try open(), try open()])
    }
}
