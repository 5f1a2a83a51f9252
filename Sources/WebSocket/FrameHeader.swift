/// What stands in front of a frame's payload (RFC 6455 section 5.2), for frames that this end sends.
///
/// The length is always written in the fewest bytes. ``encode(before:in:)`` writes the header into the headroom in
/// front of a payload that is already in its place, so that a frame is sent without moving its payload.
public struct FrameHeader: Sendable, Equatable {
    /// The most bytes that a header has: 2, 8 of extended length, 4 of masking key.
    public static let maximumSize = 14

    /// What the frame carries.
    public var opcode: Opcode
    /// Whether the frame is the last of its message.
    public var isFinal: Bool
    /// The payload's size in bytes, not negative.
    public var payloadLength: Int
    /// The key that the payload is masked with; nil in frames from a server.
    public var maskingKey: MaskingKey?

    /// A header for a payload of `payloadLength` bytes.
    @inlinable
    public init(_ opcode: Opcode, payloadLength: Int, isFinal: Bool = true, maskingKey: MaskingKey? = nil) {
        self.opcode = opcode
        self.isFinal = isFinal
        self.payloadLength = payloadLength
        self.maskingKey = maskingKey
    }

    /// The number of bytes of the header of a frame with `payload` bytes.
    @inlinable
    public static func size(payload: Int, masked: Bool) -> Int {
        (payload <= 125 ? 2 : payload <= 0xFFFF ? 4 : 10) &+ (masked ? 4 : 0)
    }

    /// The number of bytes that this header has on the wire.
    @inlinable
    public var size: Int { Self.size(payload: payloadLength, masked: maskingKey != nil) }

    /// Writes the header so that it ends just before `payloadStart`.
    ///
    /// - Precondition: there are ``size`` bytes of headroom before `payloadStart`.
    /// - Returns: where the header, and so the frame, begins.
    @discardableResult
    public func encode(before payloadStart: Int, in buffer: inout MutableRawSpan) -> Int {
        let start = payloadStart - size
        encode(into: &buffer, at: start)
        return start
    }

    /// Writes the header at `offset`.
    ///
    /// - Precondition: the buffer has ``size`` bytes from `offset` on.
    /// - Returns: where the payload belongs.
    @discardableResult
    public func encode(into buffer: inout MutableRawSpan, at offset: Int) -> Int {
        precondition(payloadLength >= 0, "negative payload length")
        let masked: UInt8 = maskingKey == nil ? 0 : 0x80
        var next = offset
        buffer.storeBytes(of: opcode.rawValue | (isFinal ? 0x80 : 0), toByteOffset: next, as: UInt8.self)
        next += 1
        if payloadLength <= 125 {
            buffer.storeBytes(
                of: UInt8(truncatingIfNeeded: payloadLength) | masked, toByteOffset: next, as: UInt8.self)
            next += 1
        } else if payloadLength <= 0xFFFF {
            buffer.storeBytes(of: 126 | masked, toByteOffset: next, as: UInt8.self)
            buffer.storeBytes(
                of: UInt16(truncatingIfNeeded: payloadLength).bigEndian, toByteOffset: next + 1, as: UInt16.self)
            next += 3
        } else {
            buffer.storeBytes(of: 127 | masked, toByteOffset: next, as: UInt8.self)
            buffer.storeBytes(
                of: UInt64(truncatingIfNeeded: payloadLength).bigEndian, toByteOffset: next + 1, as: UInt64.self)
            next += 9
        }
        if let maskingKey {
            buffer.storeBytes(of: maskingKey.word.littleEndian, toByteOffset: next, as: UInt32.self)
            next += 4
        }
        return next
    }

    /// The header's bytes as an array of their own.
    public var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        encode(into: &raw, at: 0)
        return bytes
    }
}
