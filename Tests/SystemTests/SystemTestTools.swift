// What the tests of processes share: waiting with a limit, and what the library has no reason to offer.
import Bytes
import Glibc
import System
import Testing

/// Looks until `condition` holds; false when it still doesn't after ten seconds.
func waits(until condition: () -> Bool) -> Bool {
    let end = Clock.monotonic + .seconds(10)
    while !condition() {
        if Clock.monotonic > end { return condition() }
        usleep(1_000)
    }
    return true
}

/// How the child `pid` ended, once it has; killed when it doesn't.
func ended(_ pid: Int32) throws -> ChildEnd {
    var end: ChildEnd?
    if !waits(until: {
        end = end ?? ChildProcesses.reap(pid)?.end
        return end != nil
    }) {
        ChildProcesses.signal(pid, 9)
        ChildProcesses.awaitEnd(pid)
    }
    return try #require(end, "process \(pid) did not end")
}

/// Sets an environment variable of this process.
func setVariable(_ name: String, _ value: String) { unsafe setenv(name, value, 1) }

/// Makes a symbolic link, a second name of a file, or a FIFO.
func makeSymbolicLink(to target: String, at path: String) -> Bool { unsafe symlink(target, path) == 0 }
func makeHardLink(to target: String, at path: String) -> Bool { unsafe link(target, path) == 0 }
func makeFIFO(at path: String) -> Bool { unsafe mkfifo(path, 0o600) == 0 }

/// Opens a file that is there.
func opened(_ path: String, _ flags: Int32) -> Descriptor { Descriptor(owning: unsafe open(path, flags | O_CLOEXEC)) }

/// The errno of writing `bytes` at the beginning, or 0.
func writeError(_ descriptor: Int32, _ bytes: [UInt8]) -> Int32 {
    unsafe pwrite(descriptor, bytes, bytes.count, 0) == bytes.count ? 0 : errno
}

/// How many descriptors this process has open, as the kernel lists them.
func openDescriptors(containing text: String) -> Int {
    var count = 0
    // As many as a process may have here; other tests in this one have thousands.
    for number in Int32(0)..<32_768 where Descriptor.isOpen(number) {
        var buffer = [CChar](repeating: 0, count: 256)
        let length = unsafe readlink("/proc/self/fd/\(number)", &buffer, 255)
        guard length > 0 else { continue }
        let name = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if name.contains(text) { count += 1 }
    }
    return count
}

/// A directory of a test's own; removed with everything in it when this goes.
final class Scratch {
    let path: String

    init(_ name: String = #function) throws {
        let word = String(name.prefix { $0.isLetter })
        path = "/tmp/secure-proxy-\(word)-\(ThisProcess.id)-\(Clock.unixNanoseconds)"
        try File.makeDirectory(path, permissions: 0o700)
    }

    deinit { removeTree(path) }
}

/// Removes the file or directory at `path` and everything below it.
private func removeTree(_ path: String) {
    // A symbolic link to a directory is removed as the link that it is.
    if unsafe unlink(path) == 0 { return }
    if let directory = unsafe opendir(path) {
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { removeTree("\(path)/\(name)") }
        }
        unsafe closedir(directory)
    }
    _ = unsafe rmdir(path)
}
