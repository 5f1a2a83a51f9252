import Glibc
import System
import Testing

@Suite struct SealedMemoryTests {
    @Test func bytesAreReadAsTheyWereWritten() throws {
        for count in [0, 1, 4096, 300_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let memory = try SealedMemory.make(bytes, name: "sealed")
            #expect(try SealedMemory.read(memory.number) == bytes)
            // Again, and from a duplicate that shares the position.
            let duplicate = try memory.duplicate()
            #expect(try SealedMemory.read(duplicate.number) == bytes)
        }
    }

    @Test func nobodyCanChangeIt() throws {
        let memory = try SealedMemory.make([1, 2, 3], name: "sealed")
        #expect(writeError(memory.number, [9]) == EPERM)
        #expect(ftruncate(memory.number, 1) == -1 && errno == EPERM)
        #expect(ftruncate(memory.number, 9) == -1 && errno == EPERM)
        let isMapped = unsafe mmap(nil, 3, PROT_READ | PROT_WRITE, MAP_SHARED, memory.number, 0) != MAP_FAILED
        #expect(!isMapped)
        #expect(try SealedMemory.read(memory.number) == [1, 2, 3])
    }

    @Test func whatIsNotSealedIsRefused() throws {
        // All seals but the one on the content.
        let memory = try SharedMemory.create(byteCount: 4096, name: "loose")
        #expect(throws: SystemError("read of sealed memory", code: 1)) {
            _ = try SealedMemory.read(memory.descriptor.number)
        }
        // What can't be sealed at all.
        let pipe = try Descriptor.pipe()
        #expect(throws: SystemError.self) { _ = try SealedMemory.read(pipe.reading.number) }
        #expect(throws: SystemError.self) { _ = try SealedMemory.read(-1) }
    }

    @Test func theLimitHolds() throws {
        let memory = try SealedMemory.make([UInt8](repeating: 1, count: 100), name: "sealed")
        #expect(try SealedMemory.read(memory.number, limit: 100).count == 100)
        #expect(throws: SystemError("read of sealed memory", code: 27)) {
            _ = try SealedMemory.read(memory.number, limit: 99)
        }
    }
}
