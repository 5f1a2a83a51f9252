/// A long text that both ends can make from the offset alone: random-looking, without a period that could hide a
/// lost or doubled block, and cheap.
public enum BytePattern {
    /// The `count` bytes of the pattern from `offset` on.
    public static func bytes(at offset: UInt64 = 0, count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe fill(UnsafeMutableRawBufferPointer(buffer), at: offset)
            initialized = count
        }
    }

    /// The SHA-256 of the first `count` bytes, as `ConnectionReport` has it.
    public static func sha256(count: UInt64) -> [UInt8] {
        let hasher = SHA256Digest()
        var offset: UInt64 = 0
        while offset < count {
            let chunk = bytes(at: offset, count: Int(min(count - offset, 64 * 1024)))
            unsafe chunk.withUnsafeBytes { unsafe hasher.update($0) }
            offset += UInt64(chunk.count)
        }
        return hasher.finish()
    }

    /// Writes the pattern from `offset` on over `buffer`.
    static func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) {
        var index = 0
        while index < buffer.count {
            let position = offset &+ UInt64(index)
            var word = mixed(position >> 3) >> ((position & 7) * 8)
            // The rest of this word, byte for byte: eight at a time except at the ends.
            let end = min(buffer.count, index + 8 - Int(position & 7))
            while index < end {
                unsafe buffer[index] = UInt8(truncatingIfNeeded: word)
                word >>= 8
                index += 1
            }
        }
    }

    /// Word number `index`: the output function of the SplitMix64 generator, which visits each word once.
    private static func mixed(_ index: UInt64) -> UInt64 {
        var word = (index &+ 1) &* 0x9E37_79B9_7F4A_7C15
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
