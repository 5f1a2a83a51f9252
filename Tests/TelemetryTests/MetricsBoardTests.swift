import Synchronization
import Testing

@testable import Telemetry

@Suite struct MetricsBoardTests {
    @Test func sumsAllSlots() {
        let board = Memory(slots: 3).board(slots: 3)
        for index in 0..<3 {
            board.slot(index).add(.upgrade101, 10)
            board.slot(index).set(.tunnels, Int64(index))
            board.slot(index).observe(.upgrade, .milliseconds(3))
        }
        let total = board.total()
        #expect(total[.upgrade101] == 30)
        #expect(total[.tunnels] == 3)
        #expect(total[.upgrade].count == 3)
        #expect(board.count == 3)
    }

    @Test func slotsDoNotOverlapAndAnotherMappingSeesThem() {
        let memory = Memory(slots: 2)
        let (here, there) = (memory.board(slots: 2), memory.board(slots: 2))
        for counter in Counter.allCases { here.slot(0).add(counter, 1) }
        #expect(Counter.allCases.allSatisfy { there.slot(0)[$0] == 1 && there.slot(1)[$0] == 0 })
        for gauge in Gauge.allCases { here.slot(1).set(gauge, 9) }
        #expect(Gauge.allCases.allSatisfy { there.slot(0)[$0] == 0 && there.slot(1)[$0] == 9 })
    }

    @Test func workersAreTheSlotsWithAProcess() {
        let board = Memory(slots: 4).board(slots: 4)
        #expect(board.workers().isEmpty)
        board.slot(1).set(.workerProcessID, 101)
        board.slot(3).set(.workerProcessID, 103)
        #expect(board.workers().map(\.slot) == [1, 3])
        #expect(board.workers().map { $0.1[.workerProcessID] } == [101, 103])
    }

    @Test func whatARetiredWorkerCountedStaysAndItsGaugesGo() {
        let board = Memory(slots: 2).board(slots: 2)
        board.slot(0).add(.tunnelsOpened, 1)
        board.slot(0).set(.generation, 4)
        let worker = board.slot(1)
        worker.add(.tunnelsOpened, 5)
        worker.set(.tunnels, 2)
        worker.set(.workerProcessID, 77)
        worker.observe(.tunnel, .seconds(9))
        board.retire(1)
        #expect(board.total()[.tunnelsOpened] == 6)
        #expect(board.total()[.tunnels] == 0)
        #expect(board.total()[.tunnel].count == 1)
        #expect(board.total()[.generation] == 4)
        #expect(board.workers().isEmpty)
        #expect(worker.snapshot() == MetricsSnapshot())
        board.retire(1)
        #expect(board.total()[.tunnelsOpened] == 6)
    }

    /// A reader in another thread stands for one in another process. Without the sequence number it would see counts
    /// twice or not at all.
    @Test func readersNeverSeeAWorkerTwiceOrNotAtAll() async {
        let memory = Memory(slots: 2)
        let board = memory.board(slots: 2)
        board.slot(1).add(.pingsSent, 1000)
        let mirror = Mirror(memory.board(slots: 2))
        let (readings, wrong) = await withTaskGroup(of: (Int, Int).self) { group in
            group.addTask {
                var (readings, wrong) = (0, 0)
                while !mirror.isDone.load(ordering: .acquiring) || readings == 0 {
                    // More patience than others have: here somebody retires all the time.
                    let reading = mirror.board.read(retries: 100_000)
                    readings += 1
                    if reading.total[.pingsSent] != 1000 { wrong += 1 }
                }
                return (readings, wrong)
            }
            for _ in 0..<2000 {
                board.retire(1)
                // Its successor begins where nothing is: the count moves back and forth without changing.
                Self.moveBack(board, 1000)
            }
            mirror.isDone.store(true, ordering: .releasing)
            return await group.next() ?? (0, -1)
        }
        #expect(readings > 0)
        #expect(wrong == 0)
    }

    @Test func readersLookOnlyAtSlotsInUse() {
        let memory = Memory(slots: 4)
        let board = unsafe MetricsBoard(memory: memory.base, slots: 4, owner: memory)
        for index in 0..<4 { board.slot(index).add(.pingsSent, 1) }
        #expect(board.read().slots.count == 1 && board.total()[.pingsSent] == 1)
        board.noteUse(of: 2)
        let elsewhere = unsafe MetricsBoard(memory: memory.base, slots: 4, owner: memory)
        #expect(elsewhere.read().slots.count == 3 && elsewhere.total()[.pingsSent] == 3)
        // What was in use once stays in sight, and a number that is too high ends at the last slot.
        board.noteUse(of: 1)
        #expect(elsewhere.read().slots.count == 3)
        unsafe memory.base.assumingMemoryBound(to: UInt64.self)[1] = .max
        #expect(elsewhere.read().slots.count == 4)
    }

    @Test func slotsBeginOnPagesOfTheirOwn() {
        #expect(MetricsBoard.stride >= MetricsSlot.byteCount && MetricsBoard.stride % 65_536 == 0)
        #expect(MetricsBoard.byteCount(slots: 3) == 3 * MetricsBoard.stride)
    }

    @Test func aReaderGivesUpOnAMasterThatDiedInTheMiddle() {
        let memory = Memory(slots: 2)
        let board = memory.board(slots: 2)
        board.slot(1).add(.pingsSent, 3)
        unsafe memory.base.assumingMemoryBound(to: UInt64.self).pointee = 7
        #expect(board.total()[.pingsSent] == 3)
        board.retire(1)
        #expect(unsafe memory.base.assumingMemoryBound(to: UInt64.self).pointee == 8)
        #expect(board.total()[.pingsSent] == 3)
    }

    /// What a retirement does, the other way round, so that the test can do it often.
    private static func moveBack(_ board: MetricsBoard, _ amount: UInt64) {
        board.changing {
            board.slot(0).add(.pingsSent, 0 &- amount)
            board.slot(1).add(.pingsSent, amount)
        }
    }
}

/// What the other thread has of its own: a board over the same memory.
private final class Mirror: @unchecked Sendable {
    let board: MetricsBoard
    let isDone = Atomic(false)

    init(_ board: MetricsBoard) { self.board = board }
}
