import WebSocket

/// What a decoder made of some bytes, in order; data that nothing separates is one item.
enum Item: Equatable {
    case data([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(CloseCode?, String)
    case misdeed(WebSocketError)
}

/// The oracle: RFC 6455 section 5 written down as plainly as possible, on whole input, one byte at a time, sharing no
/// code with the real decoder.
struct ReferenceDecoder {
    var role: Role
    var maxFrameSize: Int

    func decode(_ wire: [UInt8]) -> [Item] {
        var items: [Item] = []
        var rest = wire[...]
        var insideMessage = false
        while rest.count >= 2 {
            let bytes = Array(rest.prefix(14))
            let final = bytes[0] >= 128
            let reserved = bytes[0] & 0b0111_0000
            let opcode = bytes[0] & 0b0000_1111
            let masked = bytes[1] >= 128
            let short = bytes[1] & 0b0111_1111
            let extended = short == 126 ? 2 : short == 127 ? 8 : 0
            let size = 2 + extended + (masked ? 4 : 0)
            if bytes.count < size { break }
            var length = UInt64(short)
            if extended > 0 {
                length = 0
                for byte in bytes[2..<2 + extended] { length = length * 256 + UInt64(byte) }
            }
            let key: [UInt8] = masked ? Array(bytes[size - 4..<size]) : [0, 0, 0, 0]

            if reserved != 0 { return items + [.misdeed(.reservedBits(reserved))] }
            let known: [UInt8: Opcode] = [0: .continuation, 1: .text, 2: .binary, 8: .close, 9: .ping, 10: .pong]
            guard let kind = known[opcode] else { return items + [.misdeed(.unknownOpcode(opcode))] }
            if role == .server && !masked { return items + [.misdeed(.unmaskedFrame)] }
            if role == .client && masked { return items + [.misdeed(.maskedFrame)] }
            if kind == .close || kind == .ping || kind == .pong {
                if !final { return items + [.misdeed(.fragmentedControlFrame(kind))] }
                if short > 125 { return items + [.misdeed(.oversizedControlFrame(kind))] }
            } else {
                if kind == .text { return items + [.misdeed(.textFrame)] }
                if kind == .continuation && !insideMessage { return items + [.misdeed(.continuationWithoutStart)] }
                if kind == .binary && insideMessage { return items + [.misdeed(.interleavedMessage)] }
                if length >= 1 << 63 { return items + [.misdeed(.lengthOutOfRange)] }
                if short == 126 && length < 126 || short == 127 && length < 65_536 {
                    return items + [.misdeed(.nonMinimalLength(length))]
                }
                if length > UInt64(maxFrameSize) {
                    return items + [.misdeed(.frameTooLarge(length: length, limit: maxFrameSize))]
                }
            }

            rest = rest.dropFirst(size)
            let whole = UInt64(rest.count) >= length
            let payload = rest.prefix(whole ? Int(length) : rest.count).enumerated().map { $1 ^ key[$0 % 4] }
            rest = rest.dropFirst(payload.count)
            switch kind {
            case .ping: if whole { items.append(.ping(payload)) }
            case .pong: if whole { items.append(.pong(payload)) }
            case .close:
                if whole { return items + [Self.closeItem(payload)] }
            default:
                if payload.isEmpty {
                } else if case .data(let before) = items.last {
                    items[items.count - 1] = .data(before + payload)
                } else {
                    items.append(.data(payload))
                }
                insideMessage = !final
            }
        }
        return items
    }

    private static func closeItem(_ payload: [UInt8]) -> Item {
        if payload.isEmpty { return .close(nil, "") }
        if payload.count == 1 { return .misdeed(.truncatedCloseCode) }
        let code = UInt16(payload[0]) * 256 + UInt16(payload[1])
        // Section 7.4 and the registry: what may be sent, number by number.
        let good: Set<UInt16> = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]
        if !good.contains(code) && !(code >= 3000 && code <= 4999) { return .misdeed(.invalidCloseCode(code)) }
        guard let reason = String(validating: payload[2...], as: UTF8.self) else {
            return .misdeed(.invalidCloseReason)
        }
        return .close(CloseCode(rawValue: code), reason)
    }
}
