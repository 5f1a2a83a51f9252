/// Bytes waiting for their turn: appended at the back, taken from the front.
///
/// Used for what a blocked peer has not taken yet. An empty queue owns no heap memory, so a connection costs nothing
/// for output that it does not have.
///
/// Invariant: `0 <= start <= storage.count`; when `start == storage.count` the storage is released.
public struct ByteQueue: Sendable {
    private var storage: [UInt8] = []
    private var start = 0

    /// Above this many bytes already taken from the front, the rest is moved down instead of growing further.
    private static let compactionThreshold = 16 * 1024

    /// An empty queue.
    public init() {}

    /// The number of bytes waiting.
    public var count: Int { storage.count - start }

    /// Whether nothing waits.
    public var isEmpty: Bool { storage.count == start }

    /// Appends `bytes` at the back.
    public mutating func append(_ bytes: [UInt8]) {
        compactIfWorthwhile()
        storage.append(contentsOf: bytes)
    }

    /// Appends `bytes` at the back.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if unsafe bytes.isEmpty { return }
        compactIfWorthwhile()
        unsafe storage.append(contentsOf: bytes)
    }

    /// Calls `body` with the waiting bytes, front first.
    @unsafe
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The rethrowing closure of the standard library is untyped; the error is carried across as a value.
        let outcome: Swift.Result<Result, Failure> = unsafe storage.withUnsafeBytes { whole in
            do throws(Failure) {
                return .success(unsafe try body(UnsafeRawBufferPointer(rebasing: whole[start...])))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// The waiting bytes as an array of their own.
    public var bytes: [UInt8] { Array(storage[start...]) }

    /// Forgets the first `count` bytes.
    ///
    /// - Precondition: `0 <= count <= self.count`.
    public mutating func removeFirst(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "more bytes taken than wait")
        start += count
        if start == storage.count { removeAll() }
    }

    /// Forgets everything and gives the memory back.
    public mutating func removeAll() {
        storage = []
        start = 0
    }

    private mutating func compactIfWorthwhile() {
        guard start > Self.compactionThreshold, start >= storage.count / 2 else { return }
        storage.removeFirst(start)
        start = 0
    }
}
