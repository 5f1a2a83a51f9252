import Testing
import WebSocket

/// Every misdeed, and the close code that it earns ("What the peer sees" in the architecture).
@Suite struct MisdeedTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var wire: [UInt8]
        var error: WebSocketError
        var code: CloseCode
        var role = Role.server

        var testDescription: String { name }

        init(_ name: String, _ wire: [UInt8], _ error: WebSocketError, _ code: CloseCode, role: Role = .server) {
            (self.name, self.wire, self.error, self.code, self.role) = (name, wire, error, code, role)
        }
    }

    static let hello = Array("hello".utf8)
    static let cases: [Case] = [
        Case("5.2 RSV1", WireFrame.make(first: 0xC2, hello), .reservedBits(0x40), .protocolError),
        Case("5.2 RSV2", WireFrame.make(first: 0xA2, hello), .reservedBits(0x20), .protocolError),
        Case("5.2 RSV3", WireFrame.make(first: 0x92, hello), .reservedBits(0x10), .protocolError),
        Case("5.2 RSV on a ping", WireFrame.make(first: 0xC9, hello), .reservedBits(0x40), .protocolError),
        Case("5.2 opcode 3", WireFrame.make(first: 0x83, hello), .unknownOpcode(3), .protocolError),
        Case("5.2 opcode 7", WireFrame.make(first: 0x87, hello), .unknownOpcode(7), .protocolError),
        Case("5.2 opcode 11", WireFrame.make(first: 0x8B, hello), .unknownOpcode(11), .protocolError),
        Case("5.2 opcode 15", WireFrame.make(first: 0x8F, hello), .unknownOpcode(15), .protocolError),
        Case("5.1 unmasked data", WireFrame.binary(hello, key: nil), .unmaskedFrame, .protocolError),
        Case("5.1 unmasked empty data", WireFrame.binary([], key: nil), .unmaskedFrame, .protocolError),
        Case("5.1 unmasked ping", WireFrame.ping(key: nil), .unmaskedFrame, .protocolError),
        Case("5.1 unmasked close", WireFrame.close(code: 1000, key: nil), .unmaskedFrame, .protocolError),
        Case("5.1 masked from a server", WireFrame.binary(hello), .maskedFrame, .protocolError, role: .client),
        Case("5.1 masked ping from a server", WireFrame.ping(), .maskedFrame, .protocolError, role: .client),
        Case(
            "5.2 125 in two bytes", WireFrame.make(first: 0x82, lengthBytes: 2, announcing: 125),
            .nonMinimalLength(125), .protocolError),
        Case(
            "5.2 0 in two bytes", WireFrame.make(first: 0x82, lengthBytes: 2, announcing: 0), .nonMinimalLength(0),
            .protocolError),
        Case(
            "5.2 0 in eight bytes", WireFrame.make(first: 0x82, lengthBytes: 8, announcing: 0), .nonMinimalLength(0),
            .protocolError),
        Case(
            "5.2 65,535 in eight bytes", WireFrame.make(first: 0x82, lengthBytes: 8, announcing: 65_535),
            .nonMinimalLength(65_535), .protocolError),
        Case(
            "5.2 length 2^63", WireFrame.make(first: 0x82, announcing: 1 << 63), .lengthOutOfRange, .protocolError),
        Case(
            "5.2 length 2^64 - 1", WireFrame.make(first: 0x82, announcing: .max), .lengthOutOfRange, .protocolError),
        Case(
            "frame of 65,536", WireFrame.make(first: 0x82, announcing: 65_536),
            .frameTooLarge(length: 65_536, limit: 65_535), .messageTooBig),
        Case(
            "frame of 2^63 - 1", WireFrame.make(first: 0x82, announcing: 1 << 63 - 1),
            .frameTooLarge(length: 1 << 63 - 1, limit: 65_535), .messageTooBig),
        Case(
            "frame of 65,536 to a client", WireFrame.make(first: 0x82, key: nil, announcing: 65_536),
            .frameTooLarge(length: 65_536, limit: 65_535), .messageTooBig, role: .client),
        Case("5.6 text", WireFrame.make(first: 0x81, hello), .textFrame, .unsupportedData),
        Case("5.6 empty text", WireFrame.make(first: 0x81), .textFrame, .unsupportedData),
        Case("5.6 start of a fragmented text", WireFrame.make(first: 0x01, hello), .textFrame, .unsupportedData),
        Case(
            "5.4 continuation first", WireFrame.continuation(hello), .continuationWithoutStart, .protocolError),
        Case(
            "5.4 continuation after a whole message", WireFrame.binary([]) + WireFrame.continuation(hello),
            .continuationWithoutStart, .protocolError),
        Case(
            "5.4 binary inside a message", WireFrame.binary([], final: false) + WireFrame.binary(hello),
            .interleavedMessage, .protocolError),
        Case(
            "5.4 text inside a message", WireFrame.binary([], final: false) + WireFrame.make(first: 0x81, hello),
            .textFrame, .unsupportedData),
        Case("5.5 fragmented ping", WireFrame.make(first: 0x09), .fragmentedControlFrame(.ping), .protocolError),
        Case("5.5 fragmented pong", WireFrame.make(first: 0x0A), .fragmentedControlFrame(.pong), .protocolError),
        Case("5.5 fragmented close", WireFrame.make(first: 0x08), .fragmentedControlFrame(.close), .protocolError),
        Case(
            "5.5 ping of 126 bytes", WireFrame.ping([UInt8](repeating: 1, count: 126)),
            .oversizedControlFrame(.ping), .protocolError),
        Case(
            "5.5 pong of 126 bytes", WireFrame.pong([UInt8](repeating: 1, count: 126)),
            .oversizedControlFrame(.pong), .protocolError),
        Case(
            "5.5 close of 126 bytes", WireFrame.close([0x03, 0xE8] + [UInt8](repeating: 0x61, count: 124)),
            .oversizedControlFrame(.close), .protocolError),
        Case(
            "5.5 ping announcing 2^63", WireFrame.make(first: 0x89, announcing: 1 << 63),
            .oversizedControlFrame(.ping), .protocolError),
        Case(
            "5.5 short ping in long form", WireFrame.make(first: 0x89, hello, lengthBytes: 2),
            .oversizedControlFrame(.ping), .protocolError),
        Case("5.5.1 half a code", WireFrame.close([0x03]), .truncatedCloseCode, .protocolError),
        Case("7.4.2 code 0", WireFrame.close(code: 0), .invalidCloseCode(0), .protocolError),
        Case("7.4.2 code 999", WireFrame.close(code: 999), .invalidCloseCode(999), .protocolError),
        Case("7.4.1 code 1004", WireFrame.close(code: 1004), .invalidCloseCode(1004), .protocolError),
        Case("7.4.1 code 1005", WireFrame.close(code: 1005), .invalidCloseCode(1005), .protocolError),
        Case("7.4.1 code 1006", WireFrame.close(code: 1006), .invalidCloseCode(1006), .protocolError),
        Case("7.4.1 code 1015", WireFrame.close(code: 1015), .invalidCloseCode(1015), .protocolError),
        Case("7.4.2 code 1016", WireFrame.close(code: 1016), .invalidCloseCode(1016), .protocolError),
        Case("7.4.2 code 2999", WireFrame.close(code: 2999), .invalidCloseCode(2999), .protocolError),
        Case("7.4.2 code 5000", WireFrame.close(code: 5000), .invalidCloseCode(5000), .protocolError),
        Case("7.4.2 code 65,535", WireFrame.close(code: 65_535), .invalidCloseCode(65_535), .protocolError),
        Case(
            "5.5.1 reason with a stray byte", WireFrame.close([0x03, 0xE8, 0x61, 0xFF]), .invalidCloseReason,
            .invalidPayload),
        Case(
            "5.5.1 reason cut inside a character", WireFrame.close([0x03, 0xE8, 0xE2, 0x82]), .invalidCloseReason,
            .invalidPayload),
        Case(
            "5.5.1 reason with a surrogate", WireFrame.close([0x03, 0xE8, 0xED, 0xA0, 0x80]), .invalidCloseReason,
            .invalidPayload),
    ]

    @Test(arguments: cases)
    func isFound(_ misdeed: Case) throws {
        #expect(misdeed.error.closeCode == misdeed.code)
        for cuts in [[], Array(1..<misdeed.wire.count)] {
            var driver = DecoderDriver(role: misdeed.role)
            try driver.feed(misdeed.wire, cuts: cuts)
            #expect(driver.items == [.misdeed(misdeed.error)])
        }
    }

    /// What was sent before a misdeed is handed out before it, whether it arrives in one read or byte by byte.
    @Test(arguments: cases)
    func losesNothingSentBefore(_ misdeed: Case) throws {
        let key = misdeed.role == .server ? WireFrame.sampleKey : nil
        let wire =
            WireFrame.binary([1, 2, 3], key: key) + WireFrame.ping([9], key: key) + WireFrame.binary([4], key: key)
            + misdeed.wire
        for cuts in [[], Array(1..<wire.count)] {
            var driver = DecoderDriver(role: misdeed.role)
            try driver.feed(wire, cuts: cuts)
            #expect(driver.items == [.data([1, 2, 3]), .ping([9]), .data([4]), .misdeed(misdeed.error)])
        }
    }

    @Test func staysFailed() throws {
        var driver = DecoderDriver()
        #expect(try !driver.feed(WireFrame.make(first: 0x81)[...]))
        #expect(try !driver.feed(WireFrame.binary([1])[...]))
        #expect(driver.items == [.misdeed(.textFrame), .misdeed(.textFrame)])
    }
}
