import Glibc
import Testing

@testable import System

/// The kernel's filter machine, as far as our programs use it (net/core/filter.c and kernel/seccomp.c).
private struct FilterMachine {
    let program: [FilterInstruction]

    /// What the program answers; nil when it runs off its end or does what the kernel would refuse.
    func run(number: UInt32, architecture: UInt32, arguments: [UInt64]) -> UInt32? {
        var words: [UInt32] = [number, architecture, 0, 0]
        for index in 0..<6 {
            let argument = index < arguments.count ? arguments[index] : 0
            words += [UInt32(truncatingIfNeeded: argument), UInt32(truncatingIfNeeded: argument >> 32)]
        }
        var register: UInt32 = 0
        var at = 0
        while at < program.count {
            let step = program[at]
            at += 1
            switch step.code {
            case 0x20:
                guard step.operand % 4 == 0, Int(step.operand / 4) < words.count else { return nil }
                register = words[Int(step.operand / 4)]
            case 0x54: register &= step.operand
            case 0x06: return step.operand
            case 0x15: at += Int(register == step.operand ? step.jumpTrue : step.jumpFalse)
            case 0x35: at += Int(register >= step.operand ? step.jumpTrue : step.jumpFalse)
            case 0x45: at += Int(register & step.operand != 0 ? step.jumpTrue : step.jumpFalse)
            default: return nil
            }
        }
        return nil
    }
}

/// Each test runs on both architectures, whatever the machine is.
@Suite struct SystemCallFilterTests {
    private static let processID: UInt32 = 4_321
    private static let allow = SystemCallFilter.Answer.allow
    private static let refused = SystemCallFilter.refused

    private func answer(
        _ profile: SystemCallProfile, _ architecture: FilterArchitecture, _ number: UInt32, _ arguments: UInt64...
    ) throws -> UInt32? {
        let program = try SystemCallFilter.program(profile, architecture, processID: Self.processID)
        return FilterMachine(program: program).run(
            number: number, architecture: architecture.auditNumber, arguments: arguments)
    }

    private func number(_ name: String, _ architecture: FilterArchitecture) throws -> UInt32 {
        try #require(SystemCallRule.rules(.worker).first { $0.name == name }?.number(architecture))
    }

    /// Whether a worker on `architecture` may call `name` with `arguments`.
    private func allows(_ name: String, _ architecture: FilterArchitecture, _ arguments: UInt64...) throws -> Bool {
        let program = try SystemCallFilter.program(.worker, architecture, processID: Self.processID)
        let found = FilterMachine(program: program).run(
            number: try number(name, architecture), architecture: architecture.auditNumber, arguments: arguments)
        #expect(found == Self.allow || found == Self.refused)
        return found == Self.allow
    }

    @Test(arguments: FilterArchitecture.allCases, [SystemCallProfile.worker, .keyHolder])
    func exactlyTheListedCallsGoThrough(_ architecture: FilterArchitecture, _ profile: SystemCallProfile) throws {
        let program = try SystemCallFilter.program(profile, architecture, processID: Self.processID)
        #expect(program.count < 4_096)
        var listed: [UInt32: SystemCallRule] = [:]
        for rule in SystemCallRule.rules(profile) {
            if let number = rule.number(architecture) { #expect(listed.updateValue(rule, forKey: number) == nil) }
        }
        for number in UInt32(0)...SystemCallFilter.newestKnown {
            let found = FilterMachine(program: program).run(
                number: number, architecture: architecture.auditNumber, arguments: [])
            switch listed[number]?.verdict {
            case nil: #expect(found == Self.refused, "\(number)")
            case .allow: #expect(found == Self.allow, "\(number)")
            case .fail(let errno): #expect(found == SystemCallFilter.Answer.fail(errno), "\(number)")
            case .allowWhen: #expect(found == Self.allow || found == Self.refused, "\(number)")
            }
        }
    }

    @Test(arguments: FilterArchitecture.allCases)
    func callsYoungerThanTheListDoNotExist(_ architecture: FilterArchitecture) throws {
        let after = SystemCallFilter.newestKnown + 1
        #expect(try answer(.worker, architecture, after) == SystemCallFilter.unknown)
        #expect(try answer(.worker, architecture, 1_000) == SystemCallFilter.unknown)
    }

    @Test func anotherArchitectureIsTheEnd() throws {
        let kill = SystemCallFilter.Answer.killProcess
        let program = try SystemCallFilter.program(.worker, .x86_64, processID: 1)
        let machine = FilterMachine(program: program)
        // i386, ARM, and each other.
        for foreign: UInt32 in [0x4000_0003, 0x4000_0028, FilterArchitecture.aarch64.auditNumber, 0] {
            #expect(machine.run(number: 0, architecture: foreign, arguments: []) == kill)
        }
        let arm = FilterMachine(program: try SystemCallFilter.program(.worker, .aarch64, processID: 1))
        #expect(arm.run(number: 63, architecture: FilterArchitecture.x86_64.auditNumber, arguments: []) == kill)
        // x32
        let own = FilterArchitecture.x86_64.auditNumber
        #expect(machine.run(number: 0x4000_0000, architecture: own, arguments: []) == kill)
        #expect(machine.run(number: 0x4000_0027, architecture: own, arguments: []) == kill)
        #expect(machine.run(number: 0xFFFF_FFFF, architecture: own, arguments: []) == kill)
    }

    @Test(arguments: FilterArchitecture.allCases)
    func socketsAreInternetSocketsOnly(_ architecture: FilterArchitecture) throws {
        for family: UInt64 in [2, 10] {
            for type: UInt64 in [1, 2, 1 | 0o4000, 2 | 0o2_004_000] {
                #expect(try allows("socket", architecture, family, type, 6))
            }
            // SOCK_RAW, SOCK_PACKET
            #expect(try !allows("socket", architecture, family, 3, 1))
            #expect(try !allows("socket", architecture, family, 3 | 0o2_000_000, 1))
            #expect(try !allows("socket", architecture, family, 10, 0))
        }
        // AF_UNSPEC, AF_UNIX, AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK
        for family: UInt64 in [0, 1, 16, 17, 38, 40] {
            #expect(try !allows("socket", architecture, family, 1, 0))
        }
        // The kernel looks at 32 bits of the family; so does the filter.
        #expect(try !allows("socket", architecture, 0x2_0000_0001, 1, 0))
        #expect(try allows("socketpair", architecture, 1, 5 | 0o2_004_000, 0))
        #expect(try !allows("socketpair", architecture, 1, 2, 0))
    }

    @Test(arguments: FilterArchitecture.allCases)
    func memoryIsNeverExecutable(_ architecture: FilterArchitecture) throws {
        for call in ["mmap", "mprotect"] {
            #expect(try allows(call, architecture, 0, 4_096, 3))
            #expect(try allows(call, architecture, 0, 4_096, 0))
            for protection: UInt64 in [4, 5, 6, 7, 0x0100_0004] {
                #expect(try !allows(call, architecture, 0, 4_096, protection))
            }
        }
    }

    @Test(arguments: FilterArchitecture.allCases)
    func filesAreOpenedForReadingOnly(_ architecture: FilterArchitecture) throws {
        let here = UInt64(bitPattern: -100)
        #expect(try allows("openat", architecture, here, 0, 0))
        #expect(try allows("openat", architecture, here, 0, 0o2_004_000))
        // O_WRONLY, O_RDWR, the reserved 3, O_CREAT, O_TRUNC, O_APPEND, O_TMPFILE
        for flags: UInt64 in [1, 2, 3, 0o100, 0o1000, 0o2000, 0o20_200_000, 0o20_040_000] {
            #expect(try !allows("openat", architecture, here, 0, flags | 0o2_000_000))
        }
        #expect(try answer(.keyHolder, architecture, number("openat", architecture), here, 0, 0) == Self.refused)
        #expect(try answer(.keyHolder, architecture, number("socket", architecture), 2, 1, 0) == Self.refused)
        #expect(try answer(.keyHolder, architecture, number("connect", architecture)) == Self.refused)
    }

    @Test(arguments: FilterArchitecture.allCases)
    func threadsYesProcessesNo(_ architecture: FilterArchitecture) throws {
        // glibc's pthread_create, musl's, and the runtime's crash handler.
        for flags: UInt64 in [0x3D_0F00, 0x7D_0F00, 0x8001_0F00] {
            #expect(try allows("clone", architecture, flags))
        }
        // fork (SIGCHLD), vfork, posix_spawn, and threads that would be more than that.
        for flags: UInt64 in [17, 0x4111, 0x4100, 0x0100, 0x1_0000] {
            #expect(try !allows("clone", architecture, flags))
        }
        let spaces: [UInt64] = [
            0x80, 0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
        ]
        for space in spaces {
            #expect(try !allows("clone", architecture, 0x3D_0F00 | space))
        }
        #expect(try answer(.worker, architecture, 435) == SystemCallFilter.Answer.fail(38))
    }

    @Test(arguments: FilterArchitecture.allCases)
    func signalsReachOnlyThisProcess(_ architecture: FilterArchitecture) throws {
        #expect(try allows("tgkill", architecture, UInt64(Self.processID), 1, 6))
        #expect(try !allows("tgkill", architecture, 1, 1, 6))
        #expect(try !allows("tgkill", architecture, 0, 1, 6))
    }

    @Test(arguments: FilterArchitecture.allCases)
    func limitsAreReadAndNotSet(_ architecture: FilterArchitecture) throws {
        #expect(try allows("prlimit64", architecture, 0, 7, 0, 0x1000))
        #expect(try allows("prlimit64", architecture, UInt64(Self.processID), 7, 0, 0x1000))
        #expect(try !allows("prlimit64", architecture, 0, 7, 0x1000, 0))
        // A pointer whose lower half is zero.
        #expect(try !allows("prlimit64", architecture, 0, 7, 0x7_0000_0000, 0))
        #expect(try !allows("prlimit64", architecture, 1, 7, 0, 0x1000))
    }

    @Test(arguments: FilterArchitecture.allCases)
    func optionsAreThoseOfTheProxy(_ architecture: FilterArchitecture) throws {
        // TCP_NODELAY, SO_KEEPALIVE, IPV6_V6ONLY
        #expect(try allows("setsockopt", architecture, 5, 6, 1))
        #expect(try allows("setsockopt", architecture, 5, 1, 9))
        #expect(try allows("setsockopt", architecture, 5, 41, 26))
        // SO_ATTACH_FILTER, SO_ATTACH_BPF, SO_BINDTODEVICE, TCP_ULP, TCP_REPAIR, iptables
        for (level, option) in [(1, 26), (1, 50), (1, 25), (6, 31), (6, 19), (0, 64), (41, 64)] as [(UInt64, UInt64)] {
            #expect(try !allows("setsockopt", architecture, 5, level, option))
        }
        #expect(try allows("ioctl", architecture, 5, 0x5411))
        // TIOCSTI
        #expect(try !allows("ioctl", architecture, 0, 0x5412))
        // PR_GET_SECCOMP; PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAP_AMBIENT, PR_SET_MM
        #expect(try allows("prctl", architecture, 21))
        for operation: UInt64 in [4, 22, 47, 35] { #expect(try !allows("prctl", architecture, operation)) }
        // FIONBIO
        #expect(try !allows("ioctl", architecture, 5, 0x5421))
        // F_SETFD, F_DUPFD_CLOEXEC; F_SETOWN, F_SETLEASE
        for operation: UInt64 in [2, 1_030] { #expect(try allows("fcntl", architecture, 5, operation)) }
        for operation: UInt64 in [8, 1_024] { #expect(try !allows("fcntl", architecture, 5, operation)) }
    }

    /// Nobody takes O_APPEND off, whatever the number and whatever flags come instead.
    @Test(arguments: FilterArchitecture.allCases, [SystemCallProfile.worker, .keyHolder])
    func logsAreAppendedTo(_ architecture: FilterArchitecture, _ profile: SystemCallProfile) throws {
        let control = try number("fcntl", architecture)
        for descriptor: UInt64 in [0, 2, 6, 7, 8, 9, 20, 1_000] {
            for flags: UInt64 in [0, 1, 0o4001, 0o4002, 0o6001] {
                #expect(try answer(profile, architecture, control, descriptor, 4, flags) == Self.refused)
                // The kernel looks at 32 bits of the operation.
                #expect(try answer(profile, architecture, control, descriptor, 1 << 32 | 4, flags) == Self.refused)
            }
        }
        // pwrite64, pwritev, pwritev2, ftruncate, fallocate
        let calls: [UInt32] = architecture == .x86_64 ? [18, 296, 328, 77, 285] : [68, 70, 287, 46, 47]
        for call in calls { #expect(try answer(profile, architecture, call, 6, 0, 1, 0) == Self.refused) }
    }

    /// A descriptor that is sent is closed by who is sent it.
    @Test(arguments: FilterArchitecture.allCases, [SystemCallProfile.worker, .keyHolder])
    func descriptorsAreNotSent(_ architecture: FilterArchitecture, _ profile: SystemCallProfile) throws {
        // sendmsg, sendmmsg, io_uring_setup; but sendto, which sends bytes alone.
        let calls: [UInt32] = architecture == .x86_64 ? [46, 307, 425] : [211, 269, 425]
        for call in calls { #expect(try answer(profile, architecture, call, 4) == Self.refused) }
        #expect(try answer(profile, architecture, number("sendto", architecture), 4) == Self.allow)
    }

    /// Without mremap, large blocks are copied when they grow.
    @Test(.enabled(if: ThisProcess.isRoot, "others need the privileges given up first"))
    func memoryGrowsBehindTheFilter() async {
        await #expect(processExitsWith: .success) {
            guard try SystemCallFilter.apply(.worker).state == .holds else { ThisProcess.exitNow(2) }
            // 64 MB by and by: past the size from which the C library maps each block by itself.
            var numbers: [Int] = []
            for number in 0..<8_000_000 { numbers.append(number) }
            guard numbers.last == 7_999_999, numbers[4_000_000] == 4_000_000 else { ThisProcess.exitNow(3) }
            let small = unsafe malloc(1_000_000)
            unsafe small?.storeBytes(of: 42, as: Int.self)
            let large = unsafe realloc(small, 50_000_000)
            guard unsafe large?.load(as: Int.self) == 42 else { ThisProcess.exitNow(4) }
            ThisProcess.exitNow(0)
        }
    }

    @Test func noFilterIsAFinding() throws {
        let finding = try SystemCallFilter.apply(.none)
        #expect(finding == ConfinementFinding(.systemCalls, .switchedOff, "security.seccomp is false"))
    }
}
