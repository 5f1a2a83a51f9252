internal import Bytes
internal import System

/// A pump and what went astray behind it.
final class LogQueue {
    private let pump: LogPump
    /// Lines that the queue took, and those that it had no room for.
    private var accepted: UInt64 = 0
    private var refused: UInt64 = 0
    /// Lines that were still queued when there was no time left.
    private var abandoned: UInt64 = 0
    /// Of ``lost``, how many are known to have been lost, and how many were told to somebody.
    private var noticed: UInt64 = 0
    private var told: UInt64 = 0
    /// The lines that had been written when the last loss was noticed.
    private var writtenAtLoss: UInt64 = 0

    /// A queue whose lines go to the descriptors with these numbers.
    ///
    /// - Parameter patient: indices of those whose lines may wait a moment for company.
    init(targets: [Int32], patient: Set<Int> = [], capacity: Int) throws(SystemError) {
        pump = try LogPump(targets: targets, patient: patient, queueBytes: capacity)
    }

    /// Lines that did not reach their target: it was full, gone or too slow.
    var lost: UInt64 { refused &+ pump.failedWrites &+ abandoned }

    /// Queues a line, or drops it.
    func write(_ line: [UInt8], to target: Int) {
        if pump.write(line, to: target) { accepted &+= 1 } else { refused &+= 1 }
    }

    /// How many lines were lost since this was asked last. What a target refuses is noticed behind the queue, so lines
    /// may be lost without a line being written.
    func newlyLost() -> UInt64 {
        let lost = self.lost
        guard lost != noticed else { return 0 }
        defer { noticed = lost }
        writtenAtLoss = pump.writtenLines
        return lost &- noticed
    }

    /// How many lost lines nobody was told of, once lines go through again; 0 before that.
    var untold: UInt64 { noticed != told && pump.writtenLines != writtenAtLoss ? noticed &- told : 0 }

    /// Those counted by ``untold`` were told.
    func noteTold() { told = noticed }

    /// Writes what is queued, for `limit` at most; nothing is taken after it.
    func finish(within limit: Duration) {
        if pump.finish(within: limit) { return }
        let settled = pump.writtenLines &+ pump.failedWrites
        abandoned = accepted > settled ? accepted - settled : 0
    }
}
