/// Collects the bytes of a head until its empty line, without looking at any byte twice for that.
///
/// Rules (RFC 9112 section 2.2):
/// - A line ends in CR LF; LF without CR is refused as soon as it is seen.
/// - The first empty line ends the head. One empty line *before* the head is skipped where the caller allows it.
/// - No byte behind the empty line is taken.
///
/// Invariant: `0 <= parsed <= lineStart <= bytes.count`: lines before `parsed` were parsed, those up to `lineStart` are
/// complete, the rest is the beginning of one.
struct HeadBuffer: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where the line that is not complete yet begins.
    private(set) var lineStart = 0
    /// Where the first line that was not parsed yet begins.
    var parsed = 0
    /// Whether the empty line was seen.
    private(set) var isComplete = false

    private let limit: Int
    private var skippableEmptyLines: Int

    /// A buffer for at most `limit` bytes, which skips up to `skippableEmptyLines` empty lines in front.
    init(limit: Int, skippableEmptyLines: Int) {
        // Offsets into a head have 32 bits; nobody means a head of a gigabyte.
        self.limit = max(0, min(limit, 1 << 30))
        self.skippableEmptyLines = skippableEmptyLines
    }

    /// Takes bytes from `input` up to and including the empty line, or up to its limit.
    ///
    /// - Returns: the number of bytes taken; fewer than there are only when the head is complete or the limit reached.
    mutating func take(_ input: Span<UInt8>) throws(HTTPError) -> Int {
        // `input[origin + i]` becomes `bytes[bytes.count + i]`.
        var origin = 0
        var bound = min(input.count, limit - bytes.count)
        var index = 0
        while true {
            let lineFeed = ByteScan.lineFeed(in: input, from: index, to: bound)
            if lineFeed == bound { break }
            let absolute = bytes.count + lineFeed - origin
            let previous = lineFeed > origin ? input[lineFeed - 1] : bytes.last
            guard previous == 0x0D else { throw .bareLineFeed(line: lineNumber(in: input, before: lineFeed, origin)) }
            index = lineFeed + 1
            if absolute - lineStart > 1 {
                lineStart = absolute + 1
                continue
            }
            if lineStart == 0, skippableEmptyLines > 0 {
                // RFC 9112 section 2.2: an empty line before the request line is ignored.
                skippableEmptyLines -= 1
                bytes.removeAll(keepingCapacity: true)
                origin = index
                bound = min(input.count, origin + limit)
                continue
            }
            isComplete = true
            append(input, origin..<index)
            return index
        }
        append(input, origin..<bound)
        return bound
    }

    /// Whether the buffer holds as much as it may without being complete.
    var isFull: Bool { bytes.count == limit && !isComplete }

    /// Whether no byte of a head has arrived.
    var isEmpty: Bool { bytes.isEmpty }

    private mutating func append(_ input: Span<UInt8>, _ range: Range<Int>) {
        if range.isEmpty { return }
        unsafe input.extracting(range).withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// The number of the line that the byte `input[end]` belongs to, from 1. Off the fast path: counts from the start.
    private func lineNumber(in input: Span<UInt8>, before end: Int, _ origin: Int) -> Int {
        var line = 1
        for byte in bytes where byte == 0x0A { line += 1 }
        for index in origin..<end where input[index] == 0x0A { line += 1 }
        return line
    }
}
