import Bytes
import Glibc
import System
import Testing

@testable import Daemon

@Suite struct LogQueueTests {
    private let capacity = 128 * 1024
    private let line = [UInt8](repeating: UInt8(ascii: "x"), count: 999) + [UInt8(ascii: "\n")]

    @Test func linesArriveInOrder() throws {
        let (reading, writing) = try Descriptor.pipe()
        let queue = try LogQueue(targets: [writing.number], capacity: capacity)
        for number in 0..<50 { queue.write(Array("\(number)\n".utf8), to: 0) }
        queue.finish(within: .seconds(5))
        writing.close()
        let text = String(decoding: try File.read(descriptor: reading.number, named: "pipe"), as: UTF8.self)
        #expect(text == (0..<50).map { "\($0)\n" }.joined())
        #expect(queue.lost == 0)
        #expect(queue.newlyLost() == 0)
        #expect(queue.untold == 0)
    }

    @Test func aPipeThatNobodyReadsCostsLinesAndNoTime() throws {
        let (reading, writing) = try Descriptor.pipe()
        let queue = try LogQueue(targets: [writing.number], capacity: capacity)
        let began = Clock.monotonic
        for _ in 0..<2_000 { queue.write(line, to: 0) }
        // Generous: writing 2 MB into memory takes a few milliseconds.
        #expect(Clock.monotonic - began < .seconds(2))
        let lost = queue.newlyLost()
        #expect(lost > 1_500)
        #expect(queue.newlyLost() == 0)
        // Nothing is told while nothing goes through.
        #expect(queue.untold == 0)

        // Somebody reads again.
        let reader = try Drain(reading)
        try eventually {
            reader.read(); return queue.untold == lost
        }
        queue.write(Array("after\n".utf8), to: 0)
        try eventually {
            reader.read(); return reader.text.hasSuffix("after\n")
        }
        queue.noteTold()
        #expect(queue.untold == 0)
        #expect(queue.lost == lost)
        queue.finish(within: .seconds(1))
    }

    @Test func aFullDiskCostsLines() throws {
        let full = try File.openForAppending("/dev/full", permissions: 0o600)
        let queue = try LogQueue(targets: [full.number], capacity: capacity)
        for _ in 0..<10 { queue.write(line, to: 0) }
        try eventually { queue.lost == 10 }
        #expect(queue.newlyLost() == 10)
        #expect(queue.untold == 0)
        queue.finish(within: .seconds(1))
    }

    @Test func finishingIsBounded() throws {
        let (reading, writing) = try Descriptor.pipe()
        let queue = try LogQueue(targets: [writing.number], capacity: capacity)
        for _ in 0..<200 { queue.write(line, to: 0) }
        let began = Clock.monotonic
        queue.finish(within: .milliseconds(50))
        #expect(Clock.monotonic - began < .seconds(2))
        // What was still queued is lost, and known to be.
        #expect(queue.lost > 0)
        #expect(queue.newlyLost() > 0)
        reading.close()
    }
}

/// Reads what comes out of a descriptor, without waiting.
final class Drain {
    private let descriptor: Descriptor
    private(set) var bytes: [UInt8] = []

    init(_ descriptor: Descriptor) throws {
        self.descriptor = descriptor
        try descriptor.setBlocking(false)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func read() {
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor.number, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return }
            bytes += chunk[..<count]
        }
    }
}

/// Waits for `condition`, 10 s at most.
func eventually(_ condition: () throws -> Bool) throws {
    let end = Clock.monotonic + .seconds(10)
    while try !condition() {
        guard Clock.monotonic < end else { throw NotInTime() }
        usleep(500)
    }
}

struct NotInTime: Error {}
