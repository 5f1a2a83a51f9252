import Testing
import WebSocket

@Suite struct WebSocketErrorTests {
    /// One of each, with the longest values they can carry.
    static let all: [WebSocketError] = [
        .reservedBits(0x70), .unknownOpcode(15), .unmaskedFrame, .maskedFrame, .nonMinimalLength(.max),
        .lengthOutOfRange, .frameTooLarge(length: .max, limit: .max), .messageTooLarge(limit: .max), .textFrame,
        .continuationWithoutStart, .interleavedMessage, .fragmentedControlFrame(.close),
        .oversizedControlFrame(.close), .truncatedCloseCode, .invalidCloseCode(.max), .invalidCloseReason,
    ]

    @Test(arguments: all)
    func descriptionFitsACloseReason(_ error: WebSocketError) {
        #expect(!error.description.isEmpty)
        #expect(error.description.utf8.count <= ControlPayload.maximumReason)
        #expect(error.closeCode.isValidOnWire)
    }

    @Test func closeCodes() {
        #expect(WebSocketError.textFrame.closeCode == .unsupportedData)
        #expect(WebSocketError.frameTooLarge(length: 2, limit: 1).closeCode == .messageTooBig)
        #expect(WebSocketError.messageTooLarge(limit: 1).closeCode == .messageTooBig)
        #expect(WebSocketError.invalidCloseReason.closeCode == .invalidPayload)
        let protocolErrors = Self.all.filter { $0.closeCode == .protocolError }
        #expect(protocolErrors.count == Self.all.count - 4)
    }
}
