import Bytes
import Glibc
import System
import Testing

@Suite struct LogPumpTests {
    private func line(_ text: String) -> [UInt8] { Array("\(text)\n".utf8) }

    @Test func linesArriveInOrderAtTheirTargets() throws {
        let scratch = try Scratch()
        let files = try (0..<3).map { try File.openForAppending("\(scratch.path)/\($0)", permissions: 0o600) }
        let pump = try LogPump(targets: files.map(\.number))
        for number in 0..<3_000 {
            let text = line("line \(number)")
            // The queue takes a megabyte: everything fits.
            #expect(pump.write(text, to: number % 3))
        }
        #expect(pump.finish(within: .seconds(10)))
        for index in 0..<3 {
            let expected = stride(from: index, to: 3_000, by: 3).flatMap { line("line \($0)") }
            #expect(try File.read("\(scratch.path)/\(index)") == expected)
        }
        #expect(pump.writtenLines == 3_000 && pump.failedWrites == 0)
        let late = pump.write(line("late"), to: 0)
        #expect(!late)
        #expect(pump.finish(within: .zero))
    }

    @Test func theQueueWrapsWithoutMixingLines() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/log"
        let file = try File.openForAppending(path, permissions: 0o600)
        // The smallest queue there may be, and lines whose lengths don't divide it.
        let pump = try LogPump(targets: [file.number], queueBytes: LogPump.maxLineBytes + 5)
        var expected: [UInt8] = []
        for number in 0..<2_000 {
            let text = line(String(repeating: "\(number)-", count: 1 + number % 977))
            #expect(waits(until: { pump.write(text, to: 0) }))
            expected += text
        }
        #expect(pump.finish(within: .seconds(10)))
        #expect(try File.read(path) == expected)
    }

    /// After a burst the queue's memory is given back; what comes then, at once or after a quiet time, finds it as it was.
    @Test func burstsAndQuietTimesLoseNothing() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/log"
        let file = try File.openForAppending(path, permissions: 0o600)
        let pump = try LogPump(targets: [file.number], patient: [0])
        var expected: [UInt8] = []
        var count: UInt64 = 0
        for burst in 0..<12 {
            for number in 0..<(burst % 3 == 0 ? 5 : 900) {
                let text = line("\(burst).\(number) " + String(repeating: "x", count: 600 + number % 97))
                #expect(waits(until: { pump.write(text, to: 0) }))
                expected += text
                count += 1
            }
            #expect(waits(until: { pump.writtenLines == count }))
            // A rest of the thread's is ten milliseconds; every other burst comes before its end.
            if burst % 2 == 0 { usleep(25_000) }
        }
        #expect(pump.finish(within: .seconds(10)))
        #expect(try File.read(path) == expected)
    }

    @Test func aLongLineIsCutWithAMark() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/log"
        let file = try File.openForAppending(path, permissions: 0o600)
        let pump = try LogPump(targets: [file.number])
        let limit = LogPump.maxLineBytes
        let fits = [UInt8](repeating: 97, count: limit)
        for text in [fits, fits + [10], [UInt8](repeating: 98, count: 1_000_000)] {
            let taken = pump.write(text, to: 0)
            #expect(taken)
        }
        #expect(pump.finish(within: .seconds(10)))
        let mark = Array(LogPump.cutMarker.utf8)
        let content = try File.read(path)
        try #require(content.count == 3 * limit)
        #expect(Array(content[..<limit]) == fits)
        #expect(content[limit..<2 * limit].elementsEqual(fits.dropLast(mark.count + 1) + mark + [10]))
        #expect(content[(2 * limit)...].suffix(mark.count).elementsEqual(mark))
    }

    @Test func aPipeThatNobodyReadsHoldsUpNoWriter() throws {
        let (reading, writing) = try Descriptor.pipe()
        let pump = try LogPump(targets: [writing.number], queueBytes: 128 * 1024)
        let text = line(String(repeating: "x", count: 999))
        var taken = 0
        var longest = Duration.zero
        for _ in 0..<2_000 {
            let before = Clock.monotonic
            if pump.write(text, to: 0) { taken += 1 }
            longest = max(longest, Clock.monotonic - before)
        }
        // The pipe (64 KiB) and the queue are full; whatever else came was dropped.
        #expect(taken >= 128 && taken < 400)
        #expect(longest < .seconds(1))
        // The thread sits in its write: the end does not wait for it longer than told.
        let before = Clock.monotonic
        #expect(!pump.finish(within: .milliseconds(50)))
        #expect(Clock.monotonic - before < .seconds(5))
        #expect(pump.failedWrites == 0)

        // A reader comes: the thread's own line arrives whole, those behind it were given up.
        try reading.setBlocking(false)
        let writtenBefore = pump.writtenLines
        var received = 0
        var buffer = [UInt8](repeating: 0, count: 4096)
        let isOver = waits(until: {
            let count = unsafe read(reading.number, &buffer, buffer.count)
            if count > 0 { received += count }
            return count <= 0 && pump.writtenLines > writtenBefore && pump.writtenLines * 1_000 == UInt64(received)
        })
        #expect(isOver)
        #expect(received < taken * 1_000)
        #expect(pump.failedWrites == 0)
    }

    @Test func aFullDiskIsCounted() throws {
        let full = opened("/dev/full", O_WRONLY)
        let null = opened("/dev/null", O_WRONLY)
        let pump = try LogPump(targets: [full.number, null.number])
        for index in 0..<10 {
            let taken = pump.write(line("x"), to: index % 2)
            #expect(taken)
        }
        #expect(pump.finish(within: .seconds(10)))
        #expect(pump.failedWrites == 5 && pump.writtenLines == 5)
    }

    @Test func aLineThatBrokeOffDoesNotSwallowTheNext() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/log"
        let (reading, writing) = try Descriptor.pipe()
        try writing.setBlocking(false)
        let pump = try LogPump(targets: [writing.number])
        // More than the pipe holds: the rest is given up after a second without a reader.
        let long = [UInt8](repeating: 97, count: 60_000)
        for text in [long, long] {
            let taken = pump.write(text, to: 0)
            #expect(taken)
        }
        #expect(waits(until: { pump.failedWrites == 1 }))
        // As after reopening: the same number, another file.
        let file = try File.openForAppending(path, permissions: 0o600)
        try file.duplicate(onto: writing.number)
        let taken = pump.write(line("whole"), to: 0)
        #expect(taken)
        #expect(pump.finish(within: .seconds(10)))
        #expect(try File.read(path) == Array("\nwhole\n".utf8))
        withExtendedLifetime(reading) {}
    }

    @Test func aReaderThatLeftIsCountedAndEndsNobody() throws {
        let (reading, writing) = try Descriptor.pipe()
        reading.close()
        let pump = try LogPump(targets: [writing.number])
        let taken = pump.write(line("x"), to: 0)
        #expect(taken)
        #expect(pump.finish(within: .seconds(10)))
        #expect(pump.failedWrites == 1)
    }

    @Test func aDatagramTargetGetsOneMessageForEachLine() throws {
        let scratch = try Scratch()
        let receiver = try Socket.bindUnixDatagram("\(scratch.path)/log")
        let sender = try Socket.connectUnixDatagram("\(scratch.path)/log")
        let pump = try LogPump(targets: [sender.number])
        for text in ["one", "two"] {
            let taken = pump.write(Array(text.utf8), to: 0)
            #expect(taken)
        }
        #expect(pump.finish(within: .seconds(10)))
        #expect(try File.readSome(descriptor: receiver.number, named: "log") == Array("one".utf8))
        #expect(try File.readSome(descriptor: receiver.number, named: "log") == Array("two".utf8))
    }

    @Test func severalThreadsMayWrite() async throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/log"
        let file = try File.openForAppending(path, permissions: 0o600)
        let pump = try LogPump(targets: [file.number])
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0..<500 { _ = pump.write(Array("\(writer) \(number)\n".utf8), to: 0) }
                }
            }
        }
        #expect(pump.finish(within: .seconds(10)))
        let lines = String(decoding: try File.read(path), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2_000)
        for writer in 0..<4 {
            let own = lines.filter { $0.hasPrefix("\(writer) ") }.compactMap { Int($0.dropFirst(2)) }
            #expect(own == Array(0..<500))
        }
    }

    @Test func wrongArgumentsAreRefused() throws {
        #expect(throws: SystemError.self) { _ = try LogPump(targets: []) }
        #expect(throws: SystemError.self) { _ = try LogPump(targets: [Int32](repeating: 1, count: 17)) }
        #expect(throws: SystemError.self) { _ = try LogPump(targets: [1], queueBytes: 100) }
        let null = opened("/dev/null", O_WRONLY)
        let pump = try LogPump(targets: [null.number])
        for target in [-1, 1, Int.max] {
            let taken = pump.write(line("x"), to: target)
            #expect(!taken)
        }
        let empty = pump.write([], to: 0)
        #expect(empty)
    }
}
