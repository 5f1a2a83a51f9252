/// The four bytes that a client's frame is masked with (RFC 6455 section 5.3), first byte in the lowest eight bits.
///
/// So a key is what a little-endian load of the four wire bytes yields, and a rotation to the right by eight bits for
/// each payload byte already handled is the key for the bytes that follow.
public struct MaskingKey: Sendable, Hashable {
    /// The key, first wire byte in the lowest eight bits.
    @usableFromInline var word: UInt32

    /// The key whose wire bytes are those of `word`, lowest eight bits first. All values are allowed; a client takes
    /// each from a strong source of randomness (section 10.3).
    @inlinable
    public init(word: UInt32) { self.word = word }

    /// The key with these four bytes in wire order.
    @inlinable
    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        word = UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16 | UInt32(fourth) << 24
    }

    /// The key repeated over eight bytes, to be combined with eight bytes of memory whatever the machine's byte order.
    @inlinable
    var repeated: UInt64 { UInt64(littleEndian: UInt64(word) | UInt64(word) &<< 32) }

    /// The key for the bytes that follow `count` bytes already handled.
    @inlinable
    func advanced(by count: Int) -> MaskingKey {
        let shift = UInt32(truncatingIfNeeded: count & 3) &* 8
        return MaskingKey(word: word &>> shift | word &<< ((32 &- shift) & 31))
    }
}

/// Masking and unmasking (RFC 6455 section 5.3), which are the same: exclusive or with the repeated key.
///
/// How it works: upwards in steps of 64 bytes (or 8, for short payloads), each step loading all its bytes before it
/// stores any. What does not fill a step is covered by one last step that ends exactly at the end and so overlaps the
/// one before; its bytes are loaded first of all, before anything is stored. As the target is never above the source,
/// nothing is overwritten before it is read.
public enum Masking {
    /// Applies `key` to the `count` bytes at `source` and puts them at `target`, which may overlap from below.
    ///
    /// - Precondition: `0 <= target <= source`, `0 <= count`, `source + count <= buffer.byteCount`.
    /// - Returns: the key for the bytes that follow.
    @discardableResult
    public static func apply(
        _ key: MaskingKey, to buffer: inout MutableRawSpan, from source: Int, count: Int, movingTo target: Int
    ) -> MaskingKey {
        precondition(
            0 <= target && target <= source && 0 <= count && count <= buffer.byteCount &- source,
            "masking outside the buffer or upwards")
        let following = key.advanced(by: count)
        if count >= 64 {
            let wide = SIMD8<UInt64>(repeating: key.repeated)
            // The last step begins at a multiple of four before the end, where the key stands as it does at the end.
            let last = unsafe buffer.unsafeLoadUnaligned(
                fromUncheckedByteOffset: source &+ count &- 64, as: SIMD8<UInt64>.self)
            var offset = 0
            while offset &+ 64 <= count {
                let block = unsafe buffer.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: source &+ offset, as: SIMD8<UInt64>.self)
                unsafe buffer.storeBytes(
                    of: block ^ wide, toUncheckedByteOffset: target &+ offset, as: SIMD8<UInt64>.self)
                offset &+= 64
            }
            if offset < count {
                unsafe buffer.storeBytes(
                    of: last ^ SIMD8<UInt64>(repeating: following.repeated),
                    toUncheckedByteOffset: target &+ count &- 64, as: SIMD8<UInt64>.self)
            }
        } else if count >= 8 {
            let word = key.repeated
            let last = unsafe buffer.unsafeLoadUnaligned(
                fromUncheckedByteOffset: source &+ count &- 8, as: UInt64.self)
            var offset = 0
            while offset &+ 8 <= count {
                let block = unsafe buffer.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: source &+ offset, as: UInt64.self)
                unsafe buffer.storeBytes(of: block ^ word, toUncheckedByteOffset: target &+ offset, as: UInt64.self)
                offset &+= 8
            }
            unsafe buffer.storeBytes(
                of: last ^ following.repeated, toUncheckedByteOffset: target &+ count &- 8, as: UInt64.self)
        } else {
            var rest = key.word
            for offset in 0..<count {
                let byte = unsafe buffer.unsafeLoad(fromUncheckedByteOffset: source &+ offset, as: UInt8.self)
                unsafe buffer.storeBytes(
                    of: byte ^ UInt8(truncatingIfNeeded: rest), toUncheckedByteOffset: target &+ offset, as: UInt8.self)
                rest = rest &>> 8 | rest &<< 24
            }
        }
        return following
    }
}
