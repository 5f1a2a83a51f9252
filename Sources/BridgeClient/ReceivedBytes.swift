/// Bytes that came and were not asked for yet, and where messages end in them.
///
/// Invariant: `0 <= start <= storage.count`; message ends are counted from the first byte ever received, ascend, and
/// lie behind `taken` (or on it, for an empty message).
struct ReceivedBytes {
    private var storage: [UInt8] = []
    private var start = 0
    private var taken = 0
    private var ends: [Int] = []
    private var firstEnd = 0

    /// The sizes of the messages received so far, in order, whether their bytes were taken or not.
    private(set) var messageSizes: [Int] = []
    private var lastEnd = 0

    /// The number of bytes that wait.
    var count: Int { storage.count - start }

    /// All bytes that ever came.
    var total: Int { taken + count }

    /// Whether a whole message waits.
    var hasMessage: Bool { firstEnd < ends.count }

    mutating func append(_ bytes: [UInt8], endsMessage: Bool) {
        if start == storage.count {
            storage = bytes
            start = 0
        } else {
            storage += bytes
        }
        guard endsMessage else { return }
        ends.append(total)
        messageSizes.append(total - lastEnd)
        lastEnd = total
    }

    /// Takes the first `wanted` bytes, or all where fewer wait.
    mutating func take(_ wanted: Int) -> [UInt8] {
        let end = min(start + max(0, wanted), storage.count)
        let bytes = Array(storage[start..<end])
        taken += end - start
        start = end
        if start > 1024 * 1024, start > storage.count / 2 {
            storage.removeFirst(start)
            start = 0
        }
        while firstEnd < ends.count, ends[firstEnd] <= taken { firstEnd += 1 }
        return bytes
    }

    /// Takes what remains of the first message; nil where its end has not come.
    mutating func takeMessage() -> [UInt8]? {
        guard hasMessage else { return nil }
        let end = ends[firstEnd]
        firstEnd += 1
        // Further empty messages end at the same place and must stay.
        let kept = firstEnd
        let bytes = take(end - taken)
        firstEnd = kept
        return bytes
    }

    /// How many bytes there are up to the end of the first occurrence of `delimiter`; nil where it has not come.
    func count(through delimiter: [UInt8]) -> Int? {
        guard !delimiter.isEmpty, count >= delimiter.count else { return nil }
        for index in start...(storage.count - delimiter.count)
        where storage[index..<index + delimiter.count].elementsEqual(delimiter) {
            return index + delimiter.count - start
        }
        return nil
    }
}
