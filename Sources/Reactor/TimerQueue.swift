public import Bytes

/// Names one timer; a timer that fired or was cancelled has a name that means nothing any more.
public struct TimerID: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32
}

/// Deadlines in order: a binary heap over slots with generations.
///
/// Cancelling only advances the slot's generation, so it costs nothing; the stale heap entry is dropped when it
/// reaches the top, or when stale entries outnumber live ones.
///
/// Invariant: `live <= heap.count <= 2 * live + compactionSlack`.
public struct TimerQueue<Payload> {
    private struct Entry {
        var deadline: MonotonicTime
        var id: TimerID
    }

    private struct Slot {
        var generation: UInt32
        var payload: Payload?
    }

    private static var compactionSlack: Int { 64 }

    private var heap: [Entry] = []
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    /// The generation of slots that are made: above that of any that was given back, so that stale names stay stale.
    private var firstGeneration: UInt32 = 0

    /// How many timers are set.
    public private(set) var live = 0

    /// A queue without timers.
    public init() {}

    /// Sets a timer that is due at `deadline`.
    public mutating func schedule(at deadline: MonotonicTime, _ payload: Payload) -> TimerID {
        let index: UInt32
        if let free = freeSlots.popLast() {
            index = free
            slots[Int(index)].payload = payload
        } else {
            index = UInt32(slots.count)
            slots.append(Slot(generation: firstGeneration, payload: payload))
        }
        let id = TimerID(slot: index, generation: slots[Int(index)].generation)
        live += 1
        heap.append(Entry(deadline: deadline, id: id))
        siftUp(heap.count - 1)
        compactIfWorthwhile()
        return id
    }

    /// Forgets the timer; one that fired or was cancelled before is ignored.
    public mutating func cancel(_ id: TimerID) {
        _ = take(id)
    }

    /// When the next timer is due, or nil when none is set.
    public mutating func nextDeadline() -> MonotonicTime? {
        dropStaleTop()
        return heap.first?.deadline
    }

    /// Takes out the first timer that is due at `now`, or nil.
    public mutating func popDue(at now: MonotonicTime) -> Payload? {
        guard let earliest = heap.first, earliest.deadline <= now else { return nil }
        dropStaleTop()
        guard let first = heap.first, first.deadline <= now else { return nil }
        removeTop()
        return take(first.id)
    }

    private func isLive(_ id: TimerID) -> Bool {
        // Cancelling and firing advance the generation, so one that fits has its payload; reading that would copy it.
        Int(id.slot) < slots.count && slots[Int(id.slot)].generation == id.generation
    }

    private mutating func take(_ id: TimerID) -> Payload? {
        guard isLive(id) else { return nil }
        let payload = slots[Int(id.slot)].payload
        slots[Int(id.slot)] = Slot(generation: id.generation &+ 1, payload: nil)
        freeSlots.append(id.slot)
        live -= 1
        return payload
    }

    private mutating func dropStaleTop() {
        while let first = heap.first, !isLive(first.id) { removeTop() }
    }

    private mutating func compactIfWorthwhile() {
        guard heap.count > 2 * live + Self.compactionSlack else { return }
        compact()
    }

    private mutating func compact() {
        heap = heap.filter { isLive($0.id) }
        // Floyd's heap construction.
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    /// Gives back the room of timers that are set no more. It walks over all of them.
    public mutating func releaseUnused() {
        let used = (slots.lastIndex { $0.payload != nil } ?? -1) + 1
        guard slots.capacity > 2 * used else { return }
        for slot in slots[used...] { firstGeneration = max(firstGeneration, slot.generation &+ 1) }
        slots = Array(slots[..<used])
        freeSlots = freeSlots.filter { $0 < used }
        compact()
    }

    private mutating func removeTop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown(0)
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            if heap[parent].deadline <= heap[index].deadline { return }
            heap.swapAt(parent, index)
            index = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var smallest = index
            for child in (2 * index + 1)...(2 * index + 2)
            where child < heap.count && heap[child].deadline < heap[smallest].deadline {
                smallest = child
            }
            if smallest == index { return }
            heap.swapAt(smallest, index)
            index = smallest
        }
    }
}
