/// A received frame header as it stands, not yet judged (RFC 6455 section 5.2).
struct IncomingHeader {
    /// FIN, the reserved bits and the opcode.
    var first: UInt8
    /// The mask bit and the seven bits of length.
    var second: UInt8
    /// The payload's length, from whichever field holds it.
    var length: UInt64
    /// The masking key; zero, which changes nothing, where there is none.
    var key: MaskingKey

    var isFinal: Bool { first & 0x80 != 0 }
    var reservedBits: UInt8 { first & 0x70 }
    var opcode: UInt8 { first & 0x0F }
    var isMasked: Bool { second & 0x80 != 0 }
    /// The short length, or 126 or 127 for the extended ones.
    var lengthField: UInt8 { second & 0x7F }
    var isControl: Bool { first & 0x08 != 0 }

    /// How many bytes the header has, told by its second byte.
    static func size(second: UInt8) -> Int {
        let extended =
            switch second & 0x7F {
            case 126: 2
            case 127: 8
            default: 0
            }
        return 2 &+ extended &+ (second & 0x80 != 0 ? 4 : 0)
    }

    /// Reads the header at `offset`, of which all bytes are there.
    @inline(__always)
    init(_ buffer: borrowing MutableRawSpan, at offset: Int) {
        first = unsafe buffer.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
        second = unsafe buffer.unsafeLoad(fromByteOffset: offset &+ 1, as: UInt8.self)
        var next = offset &+ 2
        switch second & 0x7F {
        case 126:
            length = UInt64(
                UInt16(bigEndian: unsafe buffer.unsafeLoadUnaligned(fromByteOffset: next, as: UInt16.self)))
            next &+= 2
        case 127:
            length = UInt64(bigEndian: unsafe buffer.unsafeLoadUnaligned(fromByteOffset: next, as: UInt64.self))
            next &+= 8
        case let short:
            length = UInt64(short)
        }
        key = MaskingKey(word: 0)
        if second & 0x80 != 0 {
            key.word = UInt32(
                littleEndian: unsafe buffer.unsafeLoadUnaligned(fromByteOffset: next, as: UInt32.self))
        }
    }
}

extension IncomingHeader {
    /// What is wrong with the header in this place, if anything, in the order of its fields.
    @inline(never)
    func misdeed(role: Role, insideMessage: Bool, maxFrameSize: Int) -> WebSocketError? {
        if reservedBits != 0 { return .reservedBits(reservedBits) }
        guard let opcode = Opcode(rawValue: opcode) else { return .unknownOpcode(opcode) }
        switch role {
        case .server: if !isMasked { return .unmaskedFrame }
        case .client: if isMasked { return .maskedFrame }
        }
        if opcode.isControl {
            if !isFinal { return .fragmentedControlFrame(opcode) }
            return lengthField > 125 ? .oversizedControlFrame(opcode) : nil
        }
        switch opcode {
        case .text: return .textFrame
        case .continuation: if !insideMessage { return .continuationWithoutStart }
        default: if insideMessage { return .interleavedMessage }
        }
        if length >> 63 != 0 { return .lengthOutOfRange }
        // Section 5.2: the fewest bytes that hold the length.
        if lengthField == 126 && length <= 125 || lengthField == 127 && length <= 0xFFFF {
            return .nonMinimalLength(length)
        }
        if length > UInt64(maxFrameSize) { return .frameTooLarge(length: length, limit: maxFrameSize) }
        return nil
    }
}

extension FrameDecoder {
    /// Takes the header at `position`, which may have begun in an earlier buffer, or keeps its bytes and answers nil
    /// where the rest is still to come.
    @inline(__always)
    mutating func takeHeader(
        _ buffer: inout MutableRawSpan, from position: inout Int, to end: Int
    ) -> IncomingHeader? {
        let available = end &- position
        if pendingCount == 0, available >= 2 {
            let size = IncomingHeader.size(
                second: unsafe buffer.unsafeLoad(fromByteOffset: position &+ 1, as: UInt8.self))
            if available >= size {
                let header = IncomingHeader(buffer, at: position)
                position &+= size
                return header
            }
        }
        return takeCutHeader(&buffer, from: &position, to: end)
    }

    /// ``takeHeader(_:from:to:)`` for a header that a read has cut: byte by byte.
    @inline(never)
    private mutating func takeCutHeader(
        _ buffer: inout MutableRawSpan, from position: inout Int, to end: Int
    ) -> IncomingHeader? {
        while position < end {
            pendingHeader[pendingCount] = unsafe buffer.unsafeLoad(fromByteOffset: position, as: UInt8.self)
            pendingCount += 1
            position += 1
            if pendingCount >= 2, pendingCount == IncomingHeader.size(second: pendingHeader[1]) {
                pendingCount = 0
                var span = pendingHeader.mutableSpan
                return unsafe IncomingHeader(span.mutableBytes, at: 0)
            }
        }
        return nil
    }

    /// What is wrong with `header` here and now, if anything.
    ///
    /// Mutating, though it changes nothing: the decoder is 200 bytes, which a borrow inside a mutating method would
    /// copy for each frame.
    @inline(__always)
    mutating func misdeed(of header: IncomingHeader) -> WebSocketError? {
        // What a well-behaved peer sends nearly always, in few comparisons: a data frame in its place, in short form.
        let expected = insideMessage ? Opcode.continuation.rawValue : Opcode.binary.rawValue
        let masked: UInt8 = role == .server ? 0x80 : 0
        if header.first & 0x7F == expected, header.second & 0x80 == masked, header.length <= UInt64(maxFrameSize),
            header.lengthField < 126 || header.lengthField == 126 && header.length > 125
        {
            return nil
        }
        return header.misdeed(role: role, insideMessage: insideMessage, maxFrameSize: maxFrameSize)
    }

    /// Turns to the payload of a frame whose `header` has been found good.
    @inline(__always)
    mutating func begin(_ header: IncomingHeader) {
        remaining = Int(truncatingIfNeeded: header.length)
        key = header.key
        frameIsFinal = header.isFinal
        if header.isControl {
            controlOpcode = Opcode(rawValue: header.opcode) ?? .close
            control.removeAll()
            phase = .controlPayload
        } else {
            insideMessage = !header.isFinal
            phase = .dataPayload
        }
    }
}
