import Testing

@testable import System

@Suite struct FilterAssemblerTests {
    @Test func labelsBecomeDistances() throws {
        var code = FilterAssembler()
        let end = code.label()
        code.load(0)
        code.jumpIfEqual(7, end, else: nil)
        code.answer(1)
        code.place(end)
        code.answer(2)
        #expect(
            try code.assemble() == [
                FilterInstruction(code: 0x20, jumpTrue: 0, jumpFalse: 0, operand: 0),
                FilterInstruction(code: 0x15, jumpTrue: 1, jumpFalse: 0, operand: 7),
                FilterInstruction(code: 0x06, jumpTrue: 0, jumpFalse: 0, operand: 1),
                FilterInstruction(code: 0x06, jumpTrue: 0, jumpFalse: 0, operand: 2),
            ])
    }

    @Test func aLabelThatIsNowhereIsAFault() {
        var code = FilterAssembler()
        code.jumpIfAny(1, code.label(), else: nil)
        #expect(throws: FilterAssembler.Fault.self) { _ = try code.assemble() }
    }

    @Test func jumpsBackAndJumpsTooFarAreFaults() {
        var back = FilterAssembler()
        let start = back.label()
        back.place(start)
        back.jumpIfEqual(1, start, else: nil)
        #expect(throws: FilterAssembler.Fault.self) { _ = try back.assemble() }

        var far = FilterAssembler()
        let end = far.label()
        far.jumpIfAtLeast(1, end, else: nil)
        for _ in 0..<256 { far.answer(0) }
        far.place(end)
        #expect(throws: FilterAssembler.Fault.self) { _ = try far.assemble() }
    }
}
