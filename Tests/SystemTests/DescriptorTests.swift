import Glibc
import System
import Testing

@Suite struct DescriptorTests {
    @Test func aDuplicateIsTheSameFileUnderAnotherNumber() throws {
        let (reading, writing) = try Descriptor.pipe()
        let duplicate = try writing.duplicate()
        #expect(duplicate.number != writing.number && duplicate.number >= 3)
        #expect(fcntl(duplicate.number, F_GETFD) == FD_CLOEXEC)
        writing.close()
        try File.writeAll([1, 2], to: duplicate.number)
        #expect(try File.readSome(descriptor: reading.number, named: "pipe") == [1, 2])
        #expect(throws: SystemError.self) { _ = try writing.duplicate() }
    }

    @Test func whatIsBehindANumberCanBeExchanged() throws {
        let first = try Descriptor.pipe()
        let second = try Descriptor.pipe()
        try second.writing.duplicate(onto: first.writing.number)
        try second.writing.duplicate(onto: second.writing.number)
        try File.writeAll([7], to: first.writing.number)
        #expect(try File.readSome(descriptor: second.reading.number, named: "pipe") == [7])
        // Nobody writes to the first pipe any more.
        #expect(try File.read(descriptor: first.reading.number, named: "pipe") == [])
        #expect(fcntl(first.writing.number, F_GETFD) == FD_CLOEXEC)
        second.writing.close()
        #expect(throws: SystemError.self) { try second.writing.duplicate(onto: 500) }
    }

    @Test func flagsAreSetAndCleared() throws {
        let (reading, _) = try Descriptor.pipe()
        try reading.setCloseOnExec(false)
        #expect(fcntl(reading.number, F_GETFD) == 0)
        try reading.setCloseOnExec(true)
        #expect(fcntl(reading.number, F_GETFD) == FD_CLOEXEC)
        try reading.setBlocking(false)
        #expect(fcntl(reading.number, F_GETFL) & O_NONBLOCK != 0)
        try reading.setBlocking(true)
        #expect(fcntl(reading.number, F_GETFL) & O_NONBLOCK == 0)
    }

    @Test func aReleasedNumberStaysOpen() throws {
        let (reading, _) = try Descriptor.pipe()
        let number = reading.release()
        #expect(reading.isClosed && Descriptor.isOpen(number))
        let again = Descriptor(owning: number)
        again.close()
        #expect(!Descriptor.isOpen(-1))
    }
}
