internal import CLinux

/// The seccomp filter: the kernel refuses what is not in the list, whatever code asks for it.
public enum SystemCallFilter {
    /// What a filter answers (linux/seccomp.h).
    enum Answer {
        static let allow: UInt32 = 0x7FFF_0000
        static let killProcess: UInt32 = 0x8000_0000

        /// The call isn't made and fails with `errno`.
        static func fail(_ errno: UInt32) -> UInt32 { 0x0005_0000 | errno }
    }

    /// EPERM: what a refused call fails with.
    static let refused = Answer.fail(1)
    /// ENOSYS: what a call fails with that is younger than the list. A C library that tries it takes an older one.
    static let unknown = Answer.fail(38)
    /// The last number that the list was held against (Linux 6.1).
    static let newestKnown: UInt32 = 451

    // struct seccomp_data: the number, the architecture, the instruction pointer, six arguments of 64 bits. Both
    // architectures keep the lower half of an argument first.
    private static let numberOffset: UInt32 = 0
    private static let architectureOffset: UInt32 = 4
    private static func lowOffset(_ argument: Int) -> UInt32 { 16 + 8 * UInt32(argument) }
    private static func highOffset(_ argument: Int) -> UInt32 { lowOffset(argument) + 4 }

    /// The program for `profile` on `architecture`, in the process `processID`.
    static func program(
        _ profile: SystemCallProfile, _ architecture: FilterArchitecture, processID: UInt32
    ) throws(FilterAssembler.Fault) -> [FilterInstruction] {
        var code = FilterAssembler()
        // Another architecture's calls have other numbers, so none of the rules would mean what it says.
        let rightArchitecture = code.label()
        code.load(architectureOffset)
        code.jumpIfEqual(architecture.auditNumber, rightArchitecture, else: nil)
        code.answer(Answer.killProcess)
        code.place(rightArchitecture)
        code.load(numberOffset)
        if architecture == .x86_64 {
            // The x32 calls, numbered from here on under the same architecture.
            let rightNumbering = code.label()
            code.jumpIfAtLeast(0x4000_0000, nil, else: rightNumbering)
            code.answer(Answer.killProcess)
            code.place(rightNumbering)
        }
        for rule in SystemCallRule.rules(profile) {
            guard let number = rule.number(architecture) else { continue }
            add(rule, number: number, processID: processID, to: &code)
        }
        let known = code.label()
        code.jumpIfAtLeast(newestKnown + 1, nil, else: known)
        code.answer(unknown)
        code.place(known)
        code.answer(refused)
        return try code.assemble()
    }

    private static func add(
        _ rule: SystemCallRule, number: UInt32, processID: UInt32, to code: inout FilterAssembler
    ) {
        let next = code.label()
        code.jumpIfEqual(number, nil, else: next)
        switch rule.verdict {
        case .allow: code.answer(Answer.allow)
        case .fail(let errno): code.answer(Answer.fail(errno))
        case .allowWhen(let alternatives):
            for tests in alternatives {
                let failed = code.label()
                for test in tests { add(test, failed: failed, processID: processID, to: &code) }
                code.answer(Answer.allow)
                code.place(failed)
            }
            code.answer(refused)
        }
        code.place(next)
    }

    private static func add(
        _ test: SystemCallRule.Test, failed: FilterAssembler.Label, processID: UInt32, to code: inout FilterAssembler
    ) {
        switch test {
        case .isOne(let argument, let values):
            let passed = code.label()
            code.load(lowOffset(argument))
            for value in values.dropLast() { code.jumpIfEqual(value, passed, else: nil) }
            if let last = values.last { code.jumpIfEqual(last, nil, else: failed) }
            code.place(passed)
        case .hasNone(let argument, let mask):
            code.load(lowOffset(argument))
            code.jumpIfAny(mask, failed, else: nil)
        case .hasAll(let argument, let mask):
            code.load(lowOffset(argument))
            code.keep(mask)
            code.jumpIfEqual(mask, nil, else: failed)
        case .isNull(let argument):
            code.load(lowOffset(argument))
            code.jumpIfEqual(0, nil, else: failed)
            code.load(highOffset(argument))
            code.jumpIfEqual(0, nil, else: failed)
        case .isThisProcess(let argument):
            code.load(lowOffset(argument))
            code.jumpIfEqual(processID, nil, else: failed)
        }
    }

    /// Puts the filter in force for all threads and tries a forbidden call.
    static func apply(_ profile: SystemCallProfile) throws(ConfinementError) -> ConfinementFinding {
        let layer = ConfinementLayer.systemCalls
        if profile == .none { return Confinement.off(layer, "security.seccomp") }
        guard let architecture = FilterArchitecture.current else {
            throw ConfinementError(layer, "there is no list of system calls for this processor architecture")
        }
        let program: [clinux_filter_instruction]
        do throws(FilterAssembler.Fault) {
            program = try Self.program(profile, architecture, processID: UInt32(bitPattern: clinux_process_id())).map {
                clinux_filter_instruction(
                    code: $0.code, jump_true: $0.jumpTrue, jump_false: $0.jumpFalse, operand: $0.operand)
            }
        } catch {
            throw ConfinementError(layer, "the filter can't be built: \(error.words)")
        }
        // Kernels before 5.16 slow a filtered process down against speculative attacks within it. A worker gives that
        // up: its threads trust each other. A key holder, whose memory is what is protected, doesn't.
        let result = unsafe clinux_filter_install(program, Int32(program.count), profile == .worker ? 1 : 0)
        if result < 0 {
            throw ConfinementError(layer, SystemError("seccomp", "SECCOMP_SET_MODE_FILTER", code: result))
        }
        guard clinux_filter_mode() == 2 else {
            throw ConfinementError(layer, "the filter was accepted but PR_GET_SECCOMP doesn't say so")
        }
        let forbidden = clinux_forbidden_call()
        // EPERM
        guard forbidden == -1 else {
            throw ConfinementError(layer, "the filter was accepted but a forbidden call (unshare) is still made")
        }
        let count = SystemCallRule.rules(profile).count { $0.number(architecture) != nil }
        return ConfinementFinding(layer, .holds, "\(count) system calls for a \(profile.rawValue), the others refused")
    }
}
