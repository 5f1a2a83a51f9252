import Testing
import WebSocket

@Suite struct OpcodeTests {
    @Test("RFC 6455 5.2: the six opcodes, and no others")
    func values() {
        let known = (UInt8.min...UInt8.max).filter { Opcode(rawValue: $0) != nil }
        #expect(known == [0, 1, 2, 8, 9, 10])
    }

    @Test("RFC 6455 5.5: control opcodes are those with the fourth bit set")
    func control() {
        #expect(Opcode.allCases.filter(\.isControl) == [.close, .ping, .pong])
    }
}
