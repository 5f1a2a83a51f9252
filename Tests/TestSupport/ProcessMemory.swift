internal import Bytes
public import Glibc
internal import System

/// The memory of another process, as root sees it: what a core file of it would hold, and more.
public enum ProcessMemory {
    private static let chunkBytes = 4 * 1024 * 1024

    /// How often each of `patterns` occurs in what `pid` can read of its own memory.
    ///
    /// - Throws: where the memory can't be looked at; only root may.
    public static func occurrences(of patterns: [[UInt8]], in pid: pid_t) throws -> [Int] {
        let number = unsafe open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw HarnessError("/proc/\(pid)/mem can't be opened (errno \(errno))") }
        let memory = Descriptor(owning: number)
        let maps = String(decoding: try File.read("/proc/\(pid)/maps"), as: UTF8.self)
        var counts = [Int](repeating: 0, count: patterns.count)
        var seen = 0
        // Chunks overlap, so that what lies across the seam is found, and found once: matches count where they begin.
        let overlap = (patterns.map(\.count).max() ?? 1) - 1
        var buffer = [UInt8](repeating: 0, count: chunkBytes + overlap)
        for range in maps.split(separator: "\n").compactMap(readableRange) {
            var position = range.lowerBound
            while position < range.upperBound {
                let wanted = Int(min(UInt64(buffer.count), range.upperBound - position))
                let count = unsafe buffer.withUnsafeMutableBytes {
                    unsafe pread(memory.number, $0.baseAddress, wanted, off_t(Int64(bitPattern: position)))
                }
                // Ranges such as vvar are listed as readable and aren't.
                guard count > 0 else { break }
                let owned = min(count, chunkBytes)
                seen += owned
                for (index, pattern) in patterns.enumerated() {
                    counts[index] += occurrences(of: pattern, in: buffer, count: count, beginningBefore: owned)
                }
                position += UInt64(owned)
            }
        }
        guard seen > 1024 * 1024 else { throw HarnessError("only \(seen) bytes of process \(pid) could be read") }
        return counts
    }

    private static func readableRange(_ line: Substring) -> Range<UInt64>? {
        let words = line.split(separator: " ")
        guard words.count > 1, words[1].hasPrefix("r"), !line.hasSuffix("[vsyscall]") else { return nil }
        let ends = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
        return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
    }

    private static func occurrences(
        of pattern: [UInt8], in buffer: [UInt8], count: Int, beginningBefore end: Int
    ) -> Int {
        guard let first = pattern.first else { return 0 }
        return unsafe buffer.withUnsafeBytes { bytes in
            unsafe pattern.withUnsafeBytes { wanted in
                guard let base = bytes.baseAddress, let needle = wanted.baseAddress else { return 0 }
                var found = 0
                var position = 0
                while position < end, let hit = unsafe memchr(base + position, Int32(first), end - position) {
                    let place = unsafe UnsafeRawPointer(hit) - base
                    if place + wanted.count <= count, unsafe memcmp(hit, needle, wanted.count) == 0 { found += 1 }
                    position = place + 1
                }
                return found
            }
        }
    }
}
