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
