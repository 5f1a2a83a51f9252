import Testing
import WebSocket

@Suite struct FrameHeaderTests {
    @Test("RFC 6455 5.2: every size from 0 to 65,600 in its shortest form, masked and not")
    func everySize() {
        let key = MaskingKey(1, 2, 3, 4)
        for size in 0...65_600 {
            for keyBytes: [UInt8]? in [nil, [1, 2, 3, 4]] {
                let header = FrameHeader(.binary, payloadLength: size, maskingKey: keyBytes == nil ? nil : key)
                let expected = WireFrame.make(first: 0x82, key: keyBytes, announcing: UInt64(size))
                if header.bytes != expected || header.size != expected.count
                    || FrameHeader.size(payload: size, masked: keyBytes != nil) != expected.count
                {
                    Issue.record("size \(size): \(header.bytes)")
                }
            }
        }
    }

    @Test func largeSizes() {
        for size in [1 << 20, 1 << 31, 1 << 32 + 7, Int.max] {
            #expect(
                FrameHeader(.binary, payloadLength: size).bytes
                    == WireFrame.make(first: 0x82, key: nil, announcing: UInt64(size)))
        }
    }

    @Test(arguments: Opcode.allCases)
    func opcodeAndFinality(_ opcode: Opcode) {
        #expect(FrameHeader(opcode, payloadLength: 5).bytes == [0x80 | opcode.rawValue, 5])
        #expect(FrameHeader(opcode, payloadLength: 5, isFinal: false).bytes == [opcode.rawValue, 5])
    }

    @Test func endsJustBeforeThePayload() {
        for size in [0, 1, 125, 126, 127, 32_768, 65_535, 65_536] {
            let header = FrameHeader(.binary, payloadLength: size)
            var buffer = [UInt8](repeating: 0xEE, count: FrameHeader.maximumSize + 2)
            var span = buffer.mutableSpan
            var raw = unsafe span.mutableBytes
            let start = header.encode(before: FrameHeader.maximumSize, in: &raw)
            #expect(Array(buffer[start..<FrameHeader.maximumSize]) == header.bytes)
            #expect(buffer[..<start].allSatisfy { $0 == 0xEE })
            #expect(buffer[FrameHeader.maximumSize...] == [0xEE, 0xEE])
        }
    }

    @Test func answersWhereThePayloadBelongs() {
        var buffer = [UInt8](repeating: 0, count: 20)
        var span = buffer.mutableSpan
        var raw = unsafe span.mutableBytes
        let header = FrameHeader(.ping, payloadLength: 3, maskingKey: MaskingKey(9, 8, 7, 6))
        #expect(header.encode(into: &raw, at: 2) == 8)
        #expect(buffer[2..<8] == [0x89, 0x83, 9, 8, 7, 6])
    }
}
