/// Searches over eight bytes at a time, for the two passes that a head gets: where its lines end, and whether its
/// values hold only text.
///
/// The trick in both: `(word &- ones * n) & ~word & highs` has the high bit set in each byte below `n` (for n ≤ 128);
/// borrows can mark later bytes wrongly, never earlier ones, so the lowest mark is always right.
enum ByteScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The index of the first LF in `span[start..<end]`, or `end`.
    @inline(__always)
    static func lineFeed(in span: Span<UInt8>, from start: Int, to end: Int) -> Int {
        let bytes = unsafe span.bytes
        var index = start
        while end - index >= 8 {
            let word = load(bytes, index) ^ (ones &* 0x0A)
            let zeros = (word &- ones) & ~word & highs
            if zeros != 0 { return index + zeros.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end {
            if byte(bytes, index) == 0x0A { return index }
            index += 1
        }
        return end
    }

    /// The index of the first byte in `span[start..<end]` that a field value can't hold (RFC 9110 section 5.5), or
    /// `end`: a control character other than HTAB, or DEL.
    @inline(__always)
    static func control(in span: Span<UInt8>, from start: Int, to end: Int) -> Int {
        let bytes = unsafe span.bytes
        var index = start
        while end - index >= 8 {
            let word = load(bytes, index)
            let deletes = word ^ (ones &* 0x7F)
            let marks = ((word &- (ones &* 0x20)) & ~word | (deletes &- ones) & ~deletes) & highs
            if marks == 0 {
                index += 8
                continue
            }
            index += marks.trailingZeroBitCount / 8
            if byte(bytes, index) != 0x09 { return index }
            index += 1
        }
        while index < end {
            if !Grammar.isFieldValueCharacter(byte(bytes, index)) { return index }
            index += 1
        }
        return end
    }

    /// The index of the first byte in `span[start..<end]` that no request target holds, or `end`: anything but visible
    /// ASCII, and `#`, because a fragment is never sent.
    @inline(__always)
    static func nonTarget(in span: Span<UInt8>, from start: Int, to end: Int) -> Int {
        let bytes = unsafe span.bytes
        var index = start
        while end - index >= 8 {
            let word = load(bytes, index)
            let deletes = word ^ (ones &* 0x7F)
            let hashes = word ^ (ones &* 0x23)
            let ends = (deletes &- ones) & ~deletes | (hashes &- ones) & ~hashes
            let marks = ((word &- (ones &* 0x21)) & ~word | ends | word) & highs
            if marks != 0 { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end {
            let byte = byte(bytes, index)
            if byte &- 0x21 >= 0x5E || byte == 0x23 { return index }
            index += 1
        }
        return end
    }

    @inline(__always)
    private static func load(_ bytes: RawSpan, _ index: Int) -> UInt64 {
        // Bounds are checked by the span; every bit pattern is a valid integer, so the load itself is harmless.
        UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    @inline(__always)
    private static func byte(_ bytes: RawSpan, _ index: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }
}
