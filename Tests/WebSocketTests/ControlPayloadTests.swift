import Testing
import WebSocket

@Suite struct ControlPayloadTests {
    @Test func keepsUpTo125Bytes() {
        for count in [0, 1, 2, 124, 125] {
            let bytes = (0..<count).map { UInt8($0) }
            #expect(ControlPayload(bytes).bytes == bytes)
            #expect(ControlPayload(bytes).count == count)
        }
        #expect(ControlPayload([UInt8](repeating: 7, count: 200)).bytes == [UInt8](repeating: 7, count: 125))
    }

    @Test func equality() {
        #expect(ControlPayload([1, 2]) == ControlPayload([1, 2]))
        #expect(ControlPayload([1, 2]) != ControlPayload([1, 3]))
        #expect(ControlPayload([1, 2]) != ControlPayload([1]))
    }

    @Test("RFC 6455 5.5.1: code in network order, then the reason")
    func closePayload() {
        #expect(ControlPayload.close(nil).bytes.isEmpty)
        #expect(ControlPayload.close(.goingAway).bytes == [0x03, 0xE9])
        #expect(ControlPayload.close(.goingAway, reason: "bye").bytes == [0x03, 0xE9] + Array("bye".utf8))
    }

    @Test("RFC 6455 7.4.1: 1005, 1006 and 1015 never leave; the frame has no code then")
    func codesThatMustNotBeSent() {
        for code: CloseCode in [.noStatusReceived, .abnormalClosure, .tlsHandshake, CloseCode(rawValue: 999)] {
            #expect(ControlPayload.close(code, reason: "x").bytes.isEmpty)
        }
    }

    /// Characters of one to four bytes, so that 123 falls on and between their borders.
    @Test(arguments: ["a", "é", "€", "😀"])
    func reasonIsCutBetweenCharacters(_ character: Character) throws {
        let size = String(character).utf8.count
        for lead in 0..<4 {
            let reason = String(repeating: "x", count: lead) + String(repeating: character, count: 130)
            let payload = ControlPayload.close(.normalClosure, reason: reason)
            let sent = Array(payload.bytes.dropFirst(2))
            #expect(sent.count == lead + (123 - lead) / size * size)
            let text = try #require(String(validating: sent, as: UTF8.self))
            #expect(reason.utf8.starts(with: text.utf8))
        }
    }

    @Test func frameIsWholeAndMasked() {
        let payload = ControlPayload(Array("Hello".utf8))
        // RFC 6455 5.7: a masked pong with the body "Hello"; and an unmasked ping with it.
        #expect(
            payload.frame(.pong, maskingKey: MaskingKey(0x37, 0xFA, 0x21, 0x3D))
                == [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        #expect(payload.frame(.ping) == [0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
    }
}
