// The numbers of all processes side by side: slot 0 is the master's, the others belong to workers.
//
// Rules:
// - Each slot has one writer: its process. When a worker has ended, the master writes its slot, once, to retire it.
// - Slots begin on pages of their own, so that a worker can map all of them for reading, and only its own for writing.
//   Nothing here writes but what says that it is for the master.
// - Retiring moves counters and histograms to slot 0, so what was counted stays counted. A sequence number, odd while that
//   goes on, tells readers that they looked in the middle of it: they look again.
// - Readers never wait: after some tries (the master died in the middle of retiring) they take what they find.
// - Readers look at slots that were in use at some time only: to look at one that never was would take memory for it.
internal import Synchronization

/// The numbers of all processes, in memory that they share.
@safe
public final class MetricsBoard {
    /// How often a reader that was disturbed looks again.
    private static let retries = 3

    private let slots: [MetricsSlot]
    private let sequence: UnsafeMutablePointer<Atomic<UInt64>>
    private let slotsInUse: UnsafeMutablePointer<Atomic<UInt64>>

    /// From the beginning of one slot to that of the next, in bytes: a multiple of every page size.
    public static var stride: Int { MetricsLayout.stride }

    /// The size in bytes of a board with `slots` slots.
    public static func byteCount(slots: Int) -> Int { slots * stride }

    /// A board over `memory`, which other processes may have mapped as well. Where it is mapped for reading only, slots
    /// of the board must not be written to.
    ///
    /// - Parameters:
    ///   - memory: ``byteCount(slots:)`` bytes, aligned to 8 at least, zero where nothing was counted yet.
    ///   - slots: the master's slot and those of workers; 1 at least.
    ///   - owner: kept as long as the board and its slots, for memory that ends with an object.
    public init(memory: UnsafeMutableRawPointer, slots: Int, owner: AnyObject? = nil) {
        precondition(slots > 0, "a board has a slot at least")
        self.slots = (0..<slots).map { index in
            unsafe MetricsSlot(memory: memory + index * Self.stride, owner: owner)
        }
        let header = unsafe memory.assumingMemoryBound(to: Atomic<UInt64>.self)
        unsafe (sequence, slotsInUse) = (header, header + 1)
    }

    /// How many slots there are.
    public var count: Int { slots.count }

    /// A slot, for the one process that writes it.
    public func slot(_ index: Int) -> MetricsSlot { slots[index] }

    /// Lets readers look at `slot` from now on, and at those before it. To be called before the process that writes it
    /// starts; slot 0 is always looked at. Only for the master.
    public func noteUse(of slot: Int) {
        precondition(slots.indices.contains(slot), "a board has no slot \(slot)")
        guard slot >= inUse else { return }
        unsafe slotsInUse.pointee.store(UInt64(slot) + 1, ordering: .releasing)
    }

    /// How many slots were ever in use.
    private var inUse: Int {
        max(1, min(slots.count, Int(clamping: unsafe slotsInUse.pointee.load(ordering: .acquiring))))
    }

    /// Moves what a worker that has ended counted to slot 0, and makes its slot ready for another. Only for the master.
    public func retire(_ index: Int) {
        precondition(index > 0, "slot 0 is the master's own")
        changing {
            slots[0].absorb(slots[index])
            slots[index].clear()
        }
    }

    /// Lets readers know that numbers move from slot to slot while `change` runs.
    func changing(_ change: () -> Void) {
        let odd = unsafe sequence.pointee.load(ordering: .relaxed) | 1
        unsafe sequence.pointee.store(odd, ordering: .relaxed)
        // The odd number is seen before anything that is moved, the even one after all of it.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        change()
        unsafe sequence.pointee.store(odd &+ 1, ordering: .releasing)
    }

    /// All slots in use as they are at one moment, as far as retiring goes.
    public func read() -> MetricsReading { read(retries: Self.retries) }

    /// The same, looking again `retries` times at most.
    func read(retries: Int) -> MetricsReading {
        var reading = MetricsReading(slots: [])
        for _ in 0...retries {
            let before = unsafe sequence.pointee.load(ordering: .acquiring)
            reading = MetricsReading(slots: slots[..<inUse].map { $0.snapshot() })
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            let after = unsafe sequence.pointee.load(ordering: .relaxed)
            if before == after, before & 1 == 0 { break }
        }
        return reading
    }

    /// The sum of all slots.
    public func total() -> MetricsSnapshot { read().total }

    /// The slots of workers that live.
    public func workers() -> [(slot: Int, MetricsSnapshot)] { read().workers }
}

/// What was read from a board.
public struct MetricsReading: Sendable {
    /// All slots in use, from slot 0 on.
    public let slots: [MetricsSnapshot]

    init(slots: [MetricsSnapshot]) { self.slots = slots }

    /// The sum of all slots.
    public var total: MetricsSnapshot { slots.reduce(into: MetricsSnapshot()) { $0 += $1 } }

    /// The slots in which a process works: slot 0 too, where master and worker are one process.
    public var workers: [(slot: Int, MetricsSnapshot)] {
        slots.enumerated().compactMap { $1[.workerProcessID] == 0 ? nil : (slot: $0, $1) }
    }
}
