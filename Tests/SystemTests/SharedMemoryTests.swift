import Glibc
import System
import Testing

@Suite struct SharedMemoryTests {
    @Test func whatOneMappingWritesTheOtherSees() throws {
        let mine = try SharedMemory.create(byteCount: 10_000, name: "shared")
        let theirs = try SharedMemory.map(descriptor: mine.descriptor.duplicate(), byteCount: 10_000)
        let seenBefore = unsafe theirs.base.load(fromByteOffset: 9_992, as: UInt64.self)
        unsafe mine.base.storeBytes(of: 42, toByteOffset: 9_992, as: UInt64.self)
        let seen = unsafe theirs.base.load(fromByteOffset: 9_992, as: UInt64.self)
        #expect(seenBefore == 0 && seen == 42)
    }

    @Test func anotherProcessSeesItToo() throws {
        let memory = try SharedMemory.create(byteCount: 4096, name: "shared")
        let pid = try ChildProcesses.spawn(
            executable: "/bin/sh", arguments: ["sh", "-c", "printf hello >&5"],
            descriptors: [(number: memory.descriptor.number, as: 5)])
        #expect(try ended(pid) == .exited(0))
        let first = unsafe memory.base.load(as: UInt8.self)
        #expect(first == UInt8(ascii: "h"))
    }

    @Test func itsSizeIsForGood() throws {
        let memory = try SharedMemory.create(byteCount: 4096, name: "fixed")
        #expect(ftruncate(memory.descriptor.number, 0) == -1 && errno == EPERM)
        #expect(ftruncate(memory.descriptor.number, 8192) == -1 && errno == EPERM)
        // Nor can one process forbid the next to write (F_SEAL_FUTURE_WRITE).
        #expect(fcntl(memory.descriptor.number, 1033, 0x10) == -1 && errno == EPERM)
    }

    /// From a descriptor for reading only nothing writable comes, neither at once nor later.
    @Test func whatIsForReadingStaysSo() throws {
        let memory = try SharedMemory.create(byteCount: 4096, name: "read")
        let reading = try memory.readOnlyDescriptor()
        #expect(throws: SystemError("mmap", code: EACCES)) {
            _ = try SharedMemory.mapWritable(descriptor: reading, offset: 0, byteCount: 4096)
        }
        #expect(unsafe pwrite(reading.number, "x", 1, 0) == -1 && errno == EBADF)
        let mapping = try SharedMemory.map(descriptor: reading, byteCount: 4096)
        #expect(unsafe mprotect(mapping.base, 4096, PROT_READ | PROT_WRITE) == -1 && errno == EACCES)
        // The mapping outlives its descriptor.
        reading.close()
        unsafe memory.base.storeBytes(of: 7, as: UInt64.self)
        #expect(unsafe mapping.base.load(as: UInt64.self) == 7)
    }

    /// Where it comes from a descriptor for both, it is the mapping that isn't writable.
    @Test func othersMapForReadingUnlessTheySaySo() throws {
        let memory = try SharedMemory.create(byteCount: 4096, name: "map")
        let mapping = try SharedMemory.map(descriptor: memory.descriptor, byteCount: 4096)
        let maps = try String(decoding: File.read("/proc/self/maps", limit: 1 << 20), as: UTF8.self)
        let place = String(UInt(bitPattern: unsafe mapping.base), radix: 16)
        let line = maps.split(separator: "\n").first { $0.hasPrefix(place + "-") }
        #expect(line?.contains(" r--s ") == true, "\(line ?? "no such mapping")")
    }

    @Test func aPartIsWritableByItself() throws {
        let memory = try SharedMemory.create(byteCount: 3 * 65_536, name: "part")
        let part = try SharedMemory.mapWritable(descriptor: memory.descriptor, offset: 65_536, byteCount: 100)
        unsafe part.base.storeBytes(of: 9, as: UInt64.self)
        #expect(unsafe memory.base.load(fromByteOffset: 65_536, as: UInt64.self) == 9)
        let wrong = [
            (-65_536, 100), (3 * 65_536, 1), (2 * 65_536, 65_537), (Int.max, 1), (65_536, Int.max), (8, 8), (0, 0),
        ]
        for (offset, count) in wrong {
            #expect(throws: SystemError("mmap", code: EINVAL), "\(count) bytes at \(offset)") {
                _ = try SharedMemory.mapWritable(descriptor: memory.descriptor, offset: offset, byteCount: count)
            }
        }
    }

    /// Another user who has it for reading can't open it for writing through /proc either.
    @Test func onlyItsOwnerMayOpenIt() throws {
        let memory = try SharedMemory.create(byteCount: 4096, name: "mode")
        var status = stat()
        #expect(unsafe fstat(memory.descriptor.number, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o400)
    }

    @Test func memoryThatCouldShrinkIsRefused() throws {
        let scratch = try Scratch()
        let file = try File.openForAppending("\(scratch.path)/file", permissions: 0o600)
        #expect(ftruncate(file.number, 4096) == 0)
        let error = #expect(throws: SystemError.self) { _ = try SharedMemory.map(descriptor: file, byteCount: 4096) }
        #expect(error?.name == "EPERM")
    }

    @Test func sizesThatDoNotFitAreRefused() throws {
        let memory = try SharedMemory.create(byteCount: 4096, name: "small")
        for size in [0, -1, 4097, Int.max] {
            #expect(throws: SystemError("mmap", code: 22)) {
                _ = try SharedMemory.map(descriptor: memory.descriptor.duplicate(), byteCount: size)
            }
        }
        #expect(throws: SystemError.self) { _ = try SharedMemory.create(byteCount: 0, name: "none") }
        #expect(throws: SystemError.self) { _ = try SharedMemory.create(byteCount: Int.max, name: "all") }
        let pipe = try Descriptor.pipe()
        #expect(throws: SystemError.self) { _ = try SharedMemory.map(descriptor: pipe.reading, byteCount: 1) }
    }
}
