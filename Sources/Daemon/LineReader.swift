/// Takes a stream of bytes apart into lines, and never holds more than one line of the length that is allowed.
struct LineReader {
    /// A line without its end.
    enum Line: Equatable {
        /// The whole line.
        case text([UInt8])
        /// A line longer than the limit, whose bytes were dropped.
        case tooLong
    }

    /// The longest line, in bytes.
    let limit: Int
    private var partial: [UInt8] = []
    private var isSkipping = false

    init(limit: Int) { self.limit = limit }

    /// Takes the next bytes and hands each line that they complete to `use`.
    mutating func receive(_ bytes: [UInt8], use: (Line) -> Void) {
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            keep(bytes[start..<end])
            complete(use)
            start = end + 1
        }
        keep(bytes[start...])
    }

    /// The stream is over: what came behind the last line's end is a line too.
    mutating func finish(use: (Line) -> Void) {
        if isSkipping || !partial.isEmpty { complete(use) }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        if isSkipping { return }
        guard partial.count + bytes.count <= limit else {
            isSkipping = true
            partial = []
            return
        }
        partial += bytes
    }

    private mutating func complete(_ use: (Line) -> Void) {
        use(isSkipping ? .tooLong : .text(partial))
        isSkipping = false
        partial.removeAll(keepingCapacity: true)
    }
}
