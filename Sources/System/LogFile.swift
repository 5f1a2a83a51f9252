// Opening a log for appending, by a process that may be root.
//
// Rule: what root writes to is what root or an administrator put there. In a directory that only root can write to,
// everything was put there so, links included (to /dev/stdout, to another disk). In any other directory somebody else
// could have put a link in the log's place, to a file that only root may write to. There, the log must be itself.
internal import CLinux

/// A log in a file.
public enum LogFile {
    /// Opens the file at `path` for appending, making it with `permissions` when it is not there. A named pipe that
    /// nobody reads can't be opened (ENXIO), and a full one isn't waited for.
    ///
    /// - Parameter asRoot: whether to follow the rule above; others are stopped by the kernel from writing to what
    ///   isn't theirs.
    /// - Throws: the kernel's error, and where the rule was broken the reason and what to do about it.
    public static func open(
        _ path: String, permissions: Int32, asRoot: Bool = ThisProcess.isRoot
    ) throws(SystemError) -> Descriptor {
        guard asRoot else { return try File.openForAppending(path, permissions: permissions) }
        let (place, name) = split(path)
        let directory = Descriptor(
            owning: unsafe try SystemError.check("open", place, clinux_open(place, Mode.directory, 0)))
        let its = try stamp(directory, place)
        let isRootsAlone = its.user == 0 && its.mode & othersMayWrite == 0
        let mode = isRootsAlone ? Mode.append : Mode.appendUnlinked
        let result = unsafe clinux_open_at(directory.number, name, mode, permissions)
        if -result == Errno.tooManyLinks, !isRootsAlone {
            throw refusal(path, place, "it is a symbolic link", code: result)
        }
        let file = Descriptor(owning: try SystemError.check("open", path, result))
        if !isRootsAlone, let fault = fault(of: try stamp(file, path), in: its) {
            throw refusal(path, place, fault, code: Errno.notPermitted)
        }
        return file
    }

    // `clinux_open`'s.
    private enum Mode {
        static let append: Int32 = 1
        static let appendUnlinked: Int32 = 3
        static let directory: Int32 = 4
    }

    /// The directory's path and the file's name in it.
    private static func split(_ path: String) -> (String, String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let place = String(path[..<slash])
        return (place.isEmpty ? "/" : place, String(path[path.index(after: slash)...]))
    }

    /// S_IWGRP and S_IWOTH. A sticky bit is no help: it keeps others from removing a log, not from being there first.
    private static let othersMayWrite: UInt32 = 0o022

    private static func stamp(_ descriptor: Descriptor, _ path: String) throws(SystemError) -> clinux_stamp {
        var stamp = CLinux.clinux_stamp()
        _ = unsafe try SystemError.check("fstat", path, clinux_stamp_of(descriptor.number, &stamp))
        return stamp
    }

    /// What is wrong with an open `file` in a `directory` that others can write to; nil: nothing.
    private static func fault(of file: clinux_stamp, in directory: clinux_stamp) -> String? {
        // S_IFMT; S_IFREG, S_IFIFO, S_IFCHR
        let type = file.mode & 0o170000
        guard [0o100000, 0o010000, 0o020000].contains(type) else { return "it is no file, pipe or terminal" }
        // Each name of a pipe or terminal is as good as another.
        if type == 0o100000, file.links > 1 { return "it is the same file as another one (a hard link)" }
        if file.user != 0, file.user != directory.user {
            return "it belongs to user \(file.user), neither to root nor to the directory's owner"
        }
        return nil
    }

    private static func refusal(
        _ path: String, _ place: String, _ fault: String, code: some BinaryInteger
    ) -> SystemError {
        SystemError(
            "open", path, code: code,
            remark: "\(fault), and others than root can write to \(place), so whoever put it there may want root to "
                + "write elsewhere: remove it, or make the directory root's alone (chown root, chmod go-w)")
    }
}
