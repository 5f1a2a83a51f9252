public import Glibc
internal import System

/// Processes as the kernel shows them under `/proc`.
public enum ProcessTable {
    /// The processes whose parent is `parent`.
    public static func children(of parent: pid_t) -> [pid_t] {
        DirectoryListing.names("/proc").compactMap { pid_t($0) }.filter { fields($0)?.parent == parent }.sorted()
    }

    /// The processes in the process group `group`, zombies included.
    public static func members(ofGroup group: pid_t) -> [pid_t] {
        DirectoryListing.names("/proc").compactMap { pid_t($0) }.filter { fields($0)?.group == group }.sorted()
    }

    /// The words of a process's command line; empty for one that has ended.
    public static func commandLine(_ pid: pid_t) -> [String] {
        let bytes = (try? File.read("/proc/\(pid)/cmdline")) ?? []
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The letter of its state, such as `S` or `Z`; nil where there is no such process.
    public static func state(_ pid: pid_t) -> Character? { fields(pid)?.state }

    /// Whether it runs: zombies don't.
    public static func isAlive(_ pid: pid_t) -> Bool {
        guard let state = state(pid) else { return false }
        return state != "Z" && state != "X"
    }

    /// The value of a line of `/proc/PID/status`, such as `Uid`, without the blanks around it.
    public static func status(_ pid: pid_t, _ name: String) -> String? {
        guard let bytes = try? File.read("/proc/\(pid)/status") else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("\(name):") {
            let value = line.dropFirst(name.count + 1).drop { $0 == " " || $0 == "\t" }
            return String(value)
        }
        return nil
    }

    /// Where a link such as `/proc/PID/root` leads; nil where there is none.
    public static func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink(path, &buffer, buffer.count)
        guard count >= 0 else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The inodes of the sockets that a process has open.
    public static func sockets(of pid: pid_t) -> Set<UInt64> {
        var inodes: Set<UInt64> = []
        for name in DirectoryListing.names("/proc/\(pid)/fd") {
            guard let target = link("/proc/\(pid)/fd/\(name)"), target.hasPrefix("socket:[") else { continue }
            if let inode = UInt64(target.dropFirst(8).dropLast()) { inodes.insert(inode) }
        }
        return inodes
    }

    private struct Fields {
        var state: Character
        var parent: pid_t
        var group: pid_t
    }

    private static func fields(_ pid: pid_t) -> Fields? {
        guard let bytes = try? File.read("/proc/\(pid)/stat") else { return nil }
        // The name, in parentheses, may have any characters in it.
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let words = bytes[(end + 1)...].split(separator: UInt8(ascii: " ")).prefix(3)
            .map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 3, let state = words[0].first, let parent = pid_t(words[1]), let group = pid_t(words[2])
        else { return nil }
        return Fields(state: state, parent: parent, group: group)
    }
}
