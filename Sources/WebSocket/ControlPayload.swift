internal import Bytes

/// What a control frame carries: at most 125 bytes, kept in the value itself (RFC 6455 section 5.5).
public struct ControlPayload: Sendable {
    /// The most bytes that a control frame carries (section 5.5).
    public static let capacity = 125

    /// The most bytes of a close reason: the payload less the two of the code (section 5.5.1).
    public static let maximumReason = capacity - 2

    var storage: InlineArray<125, UInt8>

    /// The number of bytes carried, at most ``capacity``.
    public internal(set) var count: Int

    /// An empty payload.
    public init() {
        storage = InlineArray(repeating: 0)
        count = 0
    }

    /// The first ``capacity`` bytes of `bytes`.
    public init(_ bytes: Span<UInt8>) {
        self.init()
        for index in 0..<min(bytes.count, Self.capacity) { append(bytes[index]) }
    }

    /// The first ``capacity`` bytes of `bytes`.
    public init(_ bytes: [UInt8]) { self.init(bytes.span) }

    /// The payload of a Close frame: nothing where `code` is nil, otherwise the code and as much of `reason` as fits
    /// without cutting a character (section 5.5.1 wants UTF-8).
    ///
    /// A code that must not be sent (``CloseCode/isValidOnWire``) yields an empty payload, which is how "no code" is
    /// said on the wire.
    public static func close(_ code: CloseCode?, reason: String = "") -> ControlPayload {
        var payload = ControlPayload()
        guard let code, code.isValidOnWire else { return payload }
        payload.append(UInt8(truncatingIfNeeded: code.rawValue >> 8))
        payload.append(UInt8(truncatingIfNeeded: code.rawValue))
        // By Unicode scalars: the bytes of one are appended together or not at all.
        for scalar in reason.unicodeScalars {
            let encoded = UTF8.encode(scalar)
            guard let encoded, payload.count + encoded.count <= capacity else { break }
            for byte in encoded { payload.append(byte) }
        }
        return payload
    }

    /// The bytes carried.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        for index in 0..<count { result.append(storage[index]) }
        return result
    }

    /// The payload in a frame of its own, masked where `maskingKey` is given.
    public func frame(_ opcode: Opcode, maskingKey: MaskingKey? = nil) -> [UInt8] {
        let header = FrameHeader(opcode, payloadLength: count, maskingKey: maskingKey)
        var frame = header.bytes
        let start = frame.count
        frame.append(contentsOf: bytes)
        if let maskingKey {
            var span = frame.mutableSpan
            var raw = unsafe span.mutableBytes
            Masking.apply(maskingKey, to: &raw, from: start, count: count, movingTo: start)
        }
        return frame
    }

    mutating func append(_ byte: UInt8) {
        storage[count] = byte
        count += 1
    }

    mutating func removeAll() { count = 0 }
}

extension ControlPayload: Equatable {
    /// Whether both carry the same bytes.
    public static func == (left: ControlPayload, right: ControlPayload) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.storage[index] != right.storage[index] { return false }
        return true
    }
}

extension ControlPayload {
    /// The payload read as that of a Close frame (section 5.5.1): the code, nil where it is empty, and the reason.
    func closeStatus() throws(WebSocketError) -> CloseStatus {
        if count == 0 { return CloseStatus(code: nil, reason: "") }
        if count == 1 { throw .truncatedCloseCode }
        let code = CloseCode(rawValue: UInt16(storage[0]) << 8 | UInt16(storage[1]))
        guard code.isValidOnWire else { throw .invalidCloseCode(code.rawValue) }
        guard UTF8Validation.isValid(storage.span.extracting(2..<count)) else { throw .invalidCloseReason }
        return CloseStatus(code: code, reason: String(decoding: bytes.dropFirst(2), as: UTF8.self))
    }
}

/// What a peer said in its Close frame (RFC 6455 section 5.5.1).
public struct CloseStatus: Sendable, Equatable {
    /// The code; nil where the frame was empty, which stands for ``CloseCode/noStatusReceived``.
    public var code: CloseCode?
    /// The reason, often empty. It comes from the peer: fit for a log, not for trust.
    public var reason: String

    /// A status with a code and a reason.
    public init(code: CloseCode?, reason: String) {
        self.code = code
        self.reason = reason
    }
}
