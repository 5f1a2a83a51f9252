// Who runs here: a file with the pid of the process that holds a lock on it.
//
//   free ──acquire──▶ owned ──renameTo──▶ aside (the successor acquires the path anew) ──release──▶ free
//                       ▲                    │
//                       └──────restore───────┘
//
// The lock belongs to the open file (OFD locks), so that it goes with its process however that ends: a file that is
// left over is no obstacle, and asking who runs disturbs nobody. Byte 0 is the ownership; byte 1 is locked once the pid
// was written, so that nobody takes the pid of a file's former owner for its present one's.
internal import CLinux

/// A pid file that this process owns.
public final class PidFile {
    /// Where it is now.
    public private(set) var path: String
    private let home: String
    private let descriptor: Descriptor
    private var isReleased = false

    private init(_ path: String, _ descriptor: Descriptor) {
        self.path = path
        home = path
        self.descriptor = descriptor
    }

    deinit { release() }

    /// Takes the file at `path` (made when missing, mode 0644) and writes this process's id into it.
    public static func acquire(_ path: String) throws(PidFileError) -> PidFile {
        // Each round ends with a lock on a file that is no longer at `path` because its owner has just removed it.
        for _ in 0..<100 {
            let number = unsafe clinux_lock_open(path, 0o644)
            if [Errno.tooManyLinks, Errno.isDirectory, Errno.noSuchDevice].contains(-number) {
                throw PidFileError.notAPlainFile(path: path)
            }
            if number < 0 { throw PidFileError.unusable(path: path, SystemError("open", path, code: number)) }
            let descriptor = Descriptor(owning: number)
            var opened = clinux_stamp()
            let known = unsafe clinux_stamp_of(number, &opened)
            if known < 0 { throw PidFileError.unusable(path: path, SystemError("fstat", path, code: known)) }
            // Never write into something that is also something else: the directory may be writable for others.
            if opened.mode & fileTypeMask != regularFile || opened.links > 1 {
                throw PidFileError.notAPlainFile(path: path)
            }
            let taken = clinux_lock_take(number, ownershipByte)
            if -taken == Errno.again { throw PidFileError.alreadyRunning(pid: writtenPid(number), path: path) }
            if taken < 0 { throw PidFileError.unusable(path: path, SystemError("fcntl", path, code: taken)) }
            guard FileStamp(descriptor: number)?.isSameFile(as: FileStamp(path)) == true else { continue }
            try write(ThisProcess.id, to: number, path)
            return PidFile(path, descriptor)
        }
        throw PidFileError.unusable(path: path, SystemError("fcntl", path, code: Errno.again))
    }

    /// The pid of the process that owns the file at `path` now, or nil: no file, no owner, or one that is just starting.
    /// A number that a process left behind when it ended is never answered.
    public static func runningProcess(_ path: String) -> Int32? {
        let number = unsafe clinux_open_reading_no_follow(path)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(owning: number)
        return writtenPid(descriptor.number)
    }

    /// Moves the file out of the way of a successor, replacing what is at `newPath`; it stays owned.
    public func renameTo(_ newPath: String) throws(PidFileError) {
        try move(to: newPath)
    }

    /// Moves the file back to where it was taken, when the successor did not come to be.
    ///
    /// - Throws: `alreadyRunning` when there is a successor after all.
    public func restore() throws(PidFileError) {
        if path == home { return }
        if let pid = Self.runningProcess(home) { throw PidFileError.alreadyRunning(pid: pid, path: home) }
        try move(to: home)
    }

    /// Removes the file, unless somebody has put another there, and gives up the lock; a second call does nothing.
    public func release() {
        if isReleased { return }
        isReleased = true
        if FileStamp(descriptor: descriptor.number)?.isSameFile(as: FileStamp(path)) == true {
            _ = unsafe clinux_unlink(path)
        }
        descriptor.close()
    }

    private func move(to newPath: String) throws(PidFileError) {
        let result = unsafe clinux_rename(path, newPath)
        if result < 0 { throw PidFileError.unusable(path: newPath, SystemError("rename", newPath, code: result)) }
        path = newPath
    }

    // MARK: The file's content

    private static let ownershipByte: Int32 = 0
    private static let pidByte: Int32 = 1
    private static let fileTypeMask: UInt32 = 0o170000
    private static let regularFile: UInt32 = 0o100000

    private static func write(_ pid: Int32, to number: Int32, _ path: String) throws(PidFileError) {
        let bytes = Array("\(pid)\n".utf8)
        let emptied = clinux_truncate(number, 0)
        if emptied < 0 { throw PidFileError.unusable(path: path, SystemError("ftruncate", path, code: emptied)) }
        let count = unsafe bytes.withUnsafeBytes { unsafe clinux_write_at(number, $0.baseAddress, $0.count, 0) }
        guard count == bytes.count else {
            let code = count < 0 ? Int(-count) : Int(Errno.noSpace)
            throw PidFileError.unusable(path: path, SystemError("write", path, code: code))
        }
        let marked = clinux_lock_take(number, pidByte)
        if marked < 0 { throw PidFileError.unusable(path: path, SystemError("fcntl", path, code: marked)) }
    }

    /// The pid in the file, when its owner lives and has written it.
    private static func writtenPid(_ number: Int32) -> Int32? {
        guard clinux_lock_is_taken(number, pidByte) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe clinux_read_at(number, $0.baseAddress, $0.count, 0) }
        // Ended between the two looks, and somebody else is writing: then there is no answer yet.
        guard count > 0, clinux_lock_is_taken(number, pidByte) == 1 else { return nil }
        let digits = bytes[..<count].prefix { $0 >= 48 && $0 <= 57 }
        guard digits.count < count, bytes[digits.count] == 10, let pid = Int32(String(decoding: digits, as: UTF8.self)),
            pid > 0
        else { return nil }
        return pid
    }
}

/// Why a pid file can't be had.
public enum PidFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process owns it; its pid, or nil when it is just starting.
    case alreadyRunning(pid: Int32?, path: String)
    /// There is a directory, a link or a file with other names at the path.
    case notAPlainFile(path: String)
    /// The system refused something.
    case unusable(path: String, SystemError)

    /// The same in words, with what to do.
    public var description: String {
        switch self {
        case .alreadyRunning(let pid, let path):
            let who = pid.map { "process \($0)" } ?? "another process"
            return "\(who) already runs here (it owns \(path)): stop it first, or name another pid file"
        case .notAPlainFile(let path):
            return "the pid file \(path) is a link or no plain file: remove it, or name another pid file"
        case .unusable(let path, let error):
            return "cannot use the pid file \(path) (\(error)): name a path in a directory that can be written to"
        }
    }
}

extension FileStamp {
    /// Whether both are the same file, whatever has been written to it in between.
    func isSameFile(as other: FileStamp?) -> Bool { device == other?.device && inode == other?.inode }
}
