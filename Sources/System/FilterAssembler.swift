/// One instruction of the kernel's packet filter machine (linux/filter.h), which also filters system calls.
public struct FilterInstruction: Equatable, Sendable {
    /// What it does: class, size, source.
    public let code: UInt16
    /// How many instructions a jump that is taken skips.
    public let jumpTrue: UInt8
    /// How many instructions a jump that isn't taken skips.
    public let jumpFalse: UInt8
    /// The constant that it works with.
    public let operand: UInt32
}

/// Puts a filter together from instructions and labels; jumps only lead forward, as the machine demands.
struct FilterAssembler {
    /// A place in the program, known before what stands there.
    typealias Label = Int

    /// A program that can't be: the fault of who wrote it, told at the first use in any test.
    struct Fault: Error, Equatable {
        let words: String
    }

    private enum Item {
        case plain(code: UInt16, operand: UInt32)
        case jump(code: UInt16, operand: UInt32, ifTrue: Label?, ifFalse: Label?)
        case label(Label)
    }

    /// Load a word, at an offset, into the only register.
    private static let load: UInt16 = 0x20
    /// Keep the register's bits that are in the operand.
    private static let and: UInt16 = 0x54
    private static let answer: UInt16 = 0x06
    private static let equal: UInt16 = 0x15
    private static let atLeast: UInt16 = 0x35
    private static let anyBit: UInt16 = 0x45

    private var items: [Item] = []
    private var labels = 0

    /// A label to be placed later.
    mutating func label() -> Label {
        labels += 1
        return labels
    }

    /// Says that `label` is here.
    mutating func place(_ label: Label) { items.append(.label(label)) }

    /// Loads the word at `offset` of what is filtered.
    mutating func load(_ offset: UInt32) { items.append(.plain(code: Self.load, operand: offset)) }

    /// Keeps the bits of `mask`.
    mutating func keep(_ mask: UInt32) { items.append(.plain(code: Self.and, operand: mask)) }

    /// Ends the program with `verdict`.
    mutating func answer(_ verdict: UInt32) { items.append(.plain(code: Self.answer, operand: verdict)) }

    /// Goes to `ifTrue` when the register is `value`, else to `ifFalse`; nil: on to the next instruction.
    mutating func jumpIfEqual(_ value: UInt32, _ ifTrue: Label?, else ifFalse: Label?) {
        items.append(.jump(code: Self.equal, operand: value, ifTrue: ifTrue, ifFalse: ifFalse))
    }

    /// The same when the register is `value` or more.
    mutating func jumpIfAtLeast(_ value: UInt32, _ ifTrue: Label?, else ifFalse: Label?) {
        items.append(.jump(code: Self.atLeast, operand: value, ifTrue: ifTrue, ifFalse: ifFalse))
    }

    /// The same when the register has any bit of `mask`.
    mutating func jumpIfAny(_ mask: UInt32, _ ifTrue: Label?, else ifFalse: Label?) {
        items.append(.jump(code: Self.anyBit, operand: mask, ifTrue: ifTrue, ifFalse: ifFalse))
    }

    /// The program, labels replaced by distances.
    func assemble() throws(Fault) -> [FilterInstruction] {
        var places: [Label: Int] = [:]
        var count = 0
        for item in items {
            if case .label(let label) = item { places[label] = count } else { count += 1 }
        }
        var program: [FilterInstruction] = []
        for item in items {
            switch item {
            case .label: continue
            case .plain(let code, let operand):
                program.append(FilterInstruction(code: code, jumpTrue: 0, jumpFalse: 0, operand: operand))
            case .jump(let code, let operand, let ifTrue, let ifFalse):
                let next = program.count + 1
                program.append(
                    FilterInstruction(
                        code: code, jumpTrue: try Self.distance(from: next, to: ifTrue, places),
                        jumpFalse: try Self.distance(from: next, to: ifFalse, places), operand: operand))
            }
        }
        return program
    }

    private static func distance(from next: Int, to label: Label?, _ places: [Label: Int]) throws(Fault) -> UInt8 {
        guard let label else { return 0 }
        guard let place = places[label] else { throw Fault(words: "a jump leads to a label that is nowhere") }
        guard let distance = UInt8(exactly: place - next) else {
            throw Fault(words: "a jump leads back, or over more than 255 instructions")
        }
        return distance
    }
}
