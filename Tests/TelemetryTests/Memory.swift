@testable import Telemetry

/// Memory for a board, zero, for as long as it is held.
@safe
final class Memory {
    let base: UnsafeMutableRawPointer

    init(slots: Int) {
        let count = MetricsBoard.byteCount(slots: slots)
        unsafe base = .allocate(byteCount: count, alignment: 128)
        unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    }

    deinit { unsafe base.deallocate() }

    /// A board over the memory, as another process would have one; all slots are in use.
    func board(slots: Int) -> MetricsBoard {
        let board = unsafe MetricsBoard(memory: base, slots: slots, owner: self)
        board.noteUse(of: slots - 1)
        return board
    }
}
