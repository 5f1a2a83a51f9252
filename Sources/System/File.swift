internal import CLinux

/// Whole files in and out; used at start and by tools, never while traffic flows.
public enum File {
    /// The largest file that ``read(_:limit:)`` takes unless told otherwise, in bytes.
    public static let defaultLimit = 16 * 1024 * 1024

    /// All bytes of the file at `path`.
    public static func read(_ path: String, limit: Int = defaultLimit) throws(SystemError) -> [UInt8] {
        let number = unsafe try SystemError.check("open", path, clinux_open(path, 0, 0))
        let descriptor = Descriptor(owning: number)
        return try read(descriptor: descriptor.number, named: path, limit: limit)
    }

    /// All bytes that come from `descriptor` until its end.
    public static func read(descriptor: Int32, named path: String, limit: Int = defaultLimit) throws(SystemError)
        -> [UInt8]
    {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe clinux_read(descriptor, $0.baseAddress, $0.count) }
            if try SystemError.check("read", path, count) == 0 { return content }
            content += chunk[..<count]
            // EFBIG
            if content.count > limit { throw SystemError("read", path, code: 27) }
        }
    }

    /// What `descriptor` has now, at most `limit` bytes, waiting until there is something; nothing at its end.
    public static func readSome(
        descriptor: Int32, named path: String, limit: Int = 64 * 1024
    ) throws(SystemError) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: limit)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe clinux_read(descriptor, $0.baseAddress, $0.count) }
            if -count == Int(Errno.again) {
                // Whoever shares a pipe or a terminal with this process may have made it non-blocking.
                let epoll = try Epoll(capacity: 1)
                try epoll.add(descriptor, .readable, edgeTriggered: false, tag: 0)
                _ = try epoll.wait(timeoutMilliseconds: -1)
                continue
            }
            chunk.removeLast(limit - Int(try SystemError.check("read", path, count)))
            return chunk
        }
    }

    /// Writes `bytes` to a new file that appears whole under `path` or not at all, replacing one that is there.
    ///
    /// - Parameter permissions: such as `0o600`, reduced by the umask.
    public static func write(_ bytes: [UInt8], to path: String, permissions: Int32) throws(SystemError) {
        let temporary = "\(path).\(clinux_process_id()).new"
        _ = unsafe clinux_unlink(temporary)
        let number = unsafe try SystemError.check("open", temporary, clinux_open(temporary, 2, permissions))
        let descriptor = Descriptor(owning: number)
        try writeAll(bytes, to: descriptor.number, named: temporary)
        descriptor.close()
        _ = unsafe try SystemError.check("rename", path, clinux_rename(temporary, path))
    }

    /// Opens the file at `path` for appending, making it with `permissions` when it is not there. A named pipe that
    /// nobody reads can't be opened (ENXIO), and a full one isn't waited for.
    public static func openForAppending(_ path: String, permissions: Int32) throws(SystemError) -> Descriptor {
        Descriptor(owning: unsafe try SystemError.check("open", path, clinux_open(path, 1, permissions)))
    }

    /// Writes all of `bytes` to `descriptor`, waiting as long as that takes.
    public static func writeAll(_ bytes: [UInt8], to descriptor: Int32, named path: String = "") throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { whole in
                unsafe clinux_write(descriptor, whole.baseAddress.map { unsafe $0 + written }, whole.count - written)
            }
            written += try SystemError.check("write", path, count)
        }
    }

    /// Makes the directory at `path` and those above it.
    public static func makeDirectory(_ path: String, permissions: Int32) throws(SystemError) {
        let result = unsafe clinux_make_directory(path, permissions)
        if result >= 0 || -result == Errno.exists { return }
        if -result == Errno.noEntry, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectory(String(path[..<slash]), permissions: permissions)
            _ = unsafe try SystemError.check("mkdir", path, clinux_make_directory(path, permissions))
            return
        }
        throw SystemError("mkdir", path, code: result)
    }

    /// Removes the file at `path`; one that is not there is fine.
    public static func remove(_ path: String) throws(SystemError) {
        let result = unsafe clinux_unlink(path)
        if result < 0, -result != Errno.noEntry { throw SystemError("unlink", path, code: result) }
    }

    /// The permission bits of the file at `path`, or nil when it can't be looked at.
    public static func permissions(_ path: String) -> Int32? {
        let mode = unsafe clinux_file_mode(path)
        return mode < 0 ? nil : mode
    }

    /// Who owns the file or directory at `path`, or nil when it can't be looked at.
    public static func owner(_ path: String) -> (user: UInt32, group: UInt32)? {
        var stamp = clinux_stamp()
        return unsafe clinux_stamp(path, &stamp) < 0 ? nil : (stamp.user, stamp.group)
    }

    /// Gives the file or directory at `path` to `user` and `group` (numbers).
    public static func setOwner(_ path: String, user: UInt32, group: UInt32) throws(SystemError) {
        _ = unsafe try SystemError.check("chown", path, clinux_chown(path, user, group))
    }

    /// Sets the permission bits of the file or directory at `path`, such as `0o750`, whatever the umask.
    public static func setPermissions(_ path: String, _ permissions: Int32) throws(SystemError) {
        _ = unsafe try SystemError.check("chmod", path, clinux_chmod(path, UInt32(permissions & 0o7777)))
    }

    /// Copies the file `from` to `to`, which appears whole or not at all.
    public static func copy(
        _ from: String, to: String, permissions: Int32, limit: Int = defaultLimit
    ) throws(SystemError) {
        try write(try read(from, limit: limit), to: to, permissions: permissions)
    }

    /// Whether there is something at `path`.
    public static func exists(_ path: String) -> Bool { permissions(path) != nil }

    /// Whether `descriptor` is a terminal.
    public static func isTerminal(_ descriptor: Int32) -> Bool { clinux_is_terminal(descriptor) == 1 }
}
