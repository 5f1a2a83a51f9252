// The numbers of one process, in its own memory or in one that others read.
//
// Rules:
// - One thread of one process writes a slot. Anybody who maps the memory may read it at any time.
// - A cell is eight aligned bytes. On x86-64 and arm64 an aligned store of eight bytes is seen whole or not at all by other
//   processes, so a reader never sees half a number; it may see one cell newer than another. Writing takes no lock and no
//   atomic read-modify-write: with one writer there is nobody to race with.
// - Nothing is allocated after the slot was made. Counters wrap, which takes centuries.
internal import Bytes
internal import Synchronization

/// What one process counts, measures and times.
@safe
public final class MetricsSlot {
    @usableFromInline let counters: UnsafeMutablePointer<UInt64>
    @usableFromInline let gauges: UnsafeMutablePointer<Int64>
    let cells: UnsafeMutablePointer<UInt64>
    private let histograms: UnsafeMutablePointer<UInt64>
    /// What has to live as long as the memory is used; nil where the slot owns it.
    private let owner: AnyObject?
    private let ownsMemory: Bool

    /// The size of a slot in bytes.
    public static var byteCount: Int { MetricsLayout.byteCount }

    /// A slot in memory of its own, for a process that shares its numbers with nobody.
    public convenience init() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: 128)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.byteCount)
        unsafe self.init(memory, owner: nil, ownsMemory: true)
    }

    /// A slot in given memory; what is there already is gone on with.
    ///
    /// - Parameters:
    ///   - memory: ``byteCount`` bytes, aligned to 8 at least, zero where nothing was counted yet.
    ///   - owner: kept as long as the slot, for memory that ends with an object.
    public convenience init(memory: UnsafeMutableRawPointer, owner: AnyObject? = nil) {
        unsafe self.init(memory, owner: owner, ownsMemory: false)
    }

    private init(_ memory: UnsafeMutableRawPointer, owner: AnyObject?, ownsMemory: Bool) {
        precondition(Int(bitPattern: memory) % 8 == 0, "metrics memory must be aligned to 8 bytes")
        unsafe cells = memory.assumingMemoryBound(to: UInt64.self)
        unsafe counters = cells + MetricsLayout.counters
        unsafe gauges = (memory + MetricsLayout.gauges * 8).assumingMemoryBound(to: Int64.self)
        unsafe histograms = cells + MetricsLayout.histograms
        self.owner = owner
        self.ownsMemory = ownsMemory
    }

    deinit {
        if ownsMemory { unsafe UnsafeMutableRawPointer(cells).deallocate() }
    }

    /// Counts `amount` more. A load, an addition and a store: cheap enough for the path of every byte.
    @inlinable @inline(__always)
    public func add(_ counter: Counter, _ amount: UInt64 = 1) {
        unsafe counters[counter.rawValue] &+= amount
    }

    /// Changes a gauge by `amount`.
    @inlinable @inline(__always)
    public func add(_ gauge: Gauge, _ amount: Int64) {
        unsafe gauges[gauge.rawValue] &+= amount
    }

    /// Sets a gauge.
    @inlinable @inline(__always)
    public func set(_ gauge: Gauge, _ value: Int64) {
        unsafe gauges[gauge.rawValue] = value
    }

    /// Counts a time; one below zero counts as zero.
    public func observe(_ histogram: TimeHistogram, _ time: Duration) {
        let nanoseconds = max(0, time.saturatedNanoseconds)
        let bounds = histogram.bounds
        var bucket = 0
        while bucket < bounds.count, bounds[bucket] < nanoseconds { bucket += 1 }
        let start = histogram.rawValue * MetricsLayout.histogramCells
        unsafe histograms[start + bucket] &+= 1
        unsafe histograms[start + TimeHistogram.bucketCount] &+= UInt64(nanoseconds)
    }

    /// The value of one counter now.
    public subscript(counter: Counter) -> UInt64 { unsafe counters[counter.rawValue] }

    /// The value of one gauge now.
    public subscript(gauge: Gauge) -> Int64 { unsafe gauges[gauge.rawValue] }

    /// A copy of all numbers.
    public func snapshot() -> MetricsSnapshot {
        var copy: [UInt64] = []
        copy.reserveCapacity(MetricsLayout.cells - MetricsLayout.headerCells)
        for index in MetricsLayout.headerCells..<MetricsLayout.cells { copy.append(load(index)) }
        return MetricsSnapshot(cells: copy)
    }

    /// A plain loop would be made a call of `memcpy`, which promises nothing about eight bytes at a time.
    private func load(_ index: Int) -> UInt64 {
        unsafe UnsafeMutableRawPointer(cells + index).assumingMemoryBound(to: Atomic<UInt64>.self).pointee
            .load(ordering: .relaxed)
    }

    /// Adds the counters and histograms of `other` to this slot's; gauges are left alone.
    func absorb(_ other: MetricsSlot) {
        for index in MetricsLayout.counters..<MetricsLayout.gauges { unsafe cells[index] &+= other.cells[index] }
        for index in MetricsLayout.histograms..<MetricsLayout.cells { unsafe cells[index] &+= other.cells[index] }
    }

    /// Sets everything to zero.
    func clear() {
        for index in MetricsLayout.headerCells..<MetricsLayout.cells { unsafe cells[index] = 0 }
    }
}
