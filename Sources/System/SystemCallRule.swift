/// A processor architecture that the system call filter knows.
public enum FilterArchitecture: String, CaseIterable, Sendable {
    /// 64-bit x86.
    case x86_64 = "x86_64"
    /// 64-bit ARM.
    case aarch64 = "aarch64"

    /// The one that this was built for; nil: one without a filter.
    public static var current: FilterArchitecture? {
        #if arch(x86_64)
            .x86_64
        #elseif arch(arm64)
            .aarch64
        #else
            nil
        #endif
    }

    /// How the kernel names it to a filter (`AUDIT_ARCH_…`, linux/audit.h).
    var auditNumber: UInt32 {
        switch self {
        case .x86_64: 0xC000_003E
        case .aarch64: 0xC000_00B7
        }
    }
}

/// A system call that remains, under which conditions and why.
public struct SystemCallRule: Sendable {
    /// What must hold of an argument. Arguments are 64 bits wide; the tests look at the lower 32, which is all that the
    /// kernel takes of the arguments in question, except for ``isNull(_:)``.
    enum Test: Sendable {
        /// The argument is one of the values.
        case isOne(Int, of: [UInt32])
        /// No bit of the mask is set.
        case hasNone(Int, of: UInt32)
        /// All bits of the mask are set.
        case hasAll(Int, of: UInt32)
        /// All 64 bits are zero.
        case isNull(Int)
        /// The argument is this process's id.
        case isThisProcess(Int)
    }

    /// What the filter answers.
    enum Verdict: Sendable {
        /// The call goes through.
        case allow
        /// The call goes through when all tests of one of the lists hold; else it is refused.
        case allowWhen([[Test]])
        /// The call fails with this errno.
        case fail(UInt32)
    }

    /// The kernel's name of the call.
    public let name: String
    /// Its number on each architecture; nil where it doesn't exist.
    let x86: UInt32?
    let arm: UInt32?
    let verdict: Verdict
    /// What the call is needed for.
    public let reason: String

    init(_ name: String, _ x86: UInt32?, _ arm: UInt32?, _ reason: String, _ verdict: Verdict = .allow) {
        self.name = name
        self.x86 = x86
        self.arm = arm
        self.verdict = verdict
        self.reason = reason
    }

    /// Its number on `architecture`.
    public func number(_ architecture: FilterArchitecture) -> UInt32? {
        switch architecture {
        case .x86_64: x86
        case .aarch64: arm
        }
    }
}
