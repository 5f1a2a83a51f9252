import TestSupport
import WebSocket

/// A frame as bytes, as it should be or not, for what the client's own codec refuses to send.
struct RawFrame {
    var opcode: UInt8
    var payload: [UInt8]
    var isFinal = true
    var isMasked = true
    /// RSV1, RSV2 and RSV3 as they stand in the first byte.
    var reserved: UInt8 = 0
    /// Bytes that the length is written in: 0, 2 or 8; nil: as few as it needs.
    var lengthBytes: Int?
    /// The length that is announced, where it isn't that of the payload.
    var announced: UInt64?

    init(_ opcode: Opcode, _ payload: [UInt8] = []) { self.init(opcode.rawValue, payload) }

    init(_ opcode: UInt8, _ payload: [UInt8] = []) {
        self.opcode = opcode
        self.payload = payload
    }

    /// The same frame with something changed.
    func with(_ change: (inout RawFrame) -> Void) -> RawFrame {
        var copy = self
        change(&copy)
        return copy
    }

    var bytes: [UInt8] {
        let length = announced ?? UInt64(payload.count)
        let size = lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8)
        var bytes = [(isFinal ? 0x80 : 0) | reserved | opcode]
        bytes.append((isMasked ? 0x80 : 0) | (size == 0 ? UInt8(truncatingIfNeeded: length) : size == 2 ? 126 : 127))
        for index in (0..<size).reversed() { bytes.append(UInt8(truncatingIfNeeded: length >> UInt64(8 * index))) }
        guard isMasked else { return bytes + payload }
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }
}
