internal import CLinux

// The order in which a process gives things up, and why it is this one:
//  1. jail            needs the capability to change the root directory
//  2. bounding set    needs the capability to change capabilities
//  3. groups, user    groups first: a mere user may not change them
//  4. capabilities    what the change of user left (nothing, when it came from root)
//  5. no new privileges, without which an unprivileged process may install neither of the last two
//  6. memory          after the change of user, which resets it
//  7. Landlock        opens the paths it allows, as the user who will read them, inside the jail
//  8. system calls    last, since it forbids most of the above
// Each layer is tried out at once by doing what it should forbid.

/// What a process gives up before it reads from the network.
public struct Confinement: Equatable, Sendable {
    /// Whom to become; nil stays who it is.
    public var identity: UserIdentity?
    /// The new root directory; nil stays outside of any.
    public var jail: String?
    /// Whether nothing executed may gain privileges. Landlock and the system call filter need it.
    public var noNewPrivileges = true
    /// Whether every capability goes.
    public var dropCapabilities = true
    /// Whether Landlock restricts files, listening and signals, where the kernel has it.
    public var landlock = true
    /// Which system calls remain.
    public var systemCalls = SystemCallProfile.worker
    /// What may still be opened for reading: files, or directories with all below; as seen inside the jail. Those that
    /// don't exist are skipped. A file is held by its inode: one that is replaced later can't be opened, so name its
    /// directory where that matters.
    public var readablePaths: [String] = []

    /// Everything that needs no parameter: no change of user, no jail, nothing readable.
    public init() {}

    /// Gives everything up, in the right order, and tries out each layer.
    ///
    /// For a process with one thread that is still able to give things up; once only. After an error the process is
    /// half confined and must end.
    ///
    /// - Returns: a finding for each layer, in the order of ``ConfinementLayer``.
    /// - Throws: the first layer that should hold and doesn't.
    public func apply() throws(ConfinementError) -> [ConfinementFinding] {
        try refuseThreads()
        try refuseImpossibleMix()
        var findings: [ConfinementFinding] = []
        let capabilities = CapabilityDrop(wanted: dropCapabilities)
        findings.append(try Jail.enter(jail, owner: identity))
        try capabilities.emptyBoundingSet()
        findings.append(try IdentityChange.apply(identity))
        findings.append(try capabilities.finish(noNewPrivileges: noNewPrivileges))
        findings.append(try forbidNewPrivileges())
        findings.append(try closeMemory())
        findings.append(landlock ? try Landlock.apply(readablePaths) : Self.off(.landlock, "security.landlock"))
        findings.append(try SystemCallFilter.apply(systemCalls))
        return findings
    }

    /// What ``ConfinementFinding`` says of a layer whose `setting` is false.
    static func off(_ layer: ConfinementLayer, _ setting: String) -> ConfinementFinding {
        ConfinementFinding(layer, .switchedOff, "\(setting) is false")
    }

    /// Landlock and capabilities belong to a thread: others would keep theirs.
    private func refuseThreads() throws(ConfinementError) {
        let count = clinux_thread_count()
        if count > 1 {
            throw ConfinementError(
                .systemCalls, "the process has \(count) threads already, and some layers bind the calling one only",
                remedy: "this is a defect of the program: threads have to start after the confinement")
        }
    }

    private func refuseImpossibleMix() throws(ConfinementError) {
        if noNewPrivileges { return }
        let needy =
            landlock
            ? (ConfinementLayer.landlock, "security.landlock") : (ConfinementLayer.systemCalls, "security.seccomp")
        if landlock || systemCalls != .none {
            throw ConfinementError(
                needy.0, "\(needy.1) needs security.noNewPrivileges, which is false",
                remedy: "leave security.noNewPrivileges on, or set security.landlock and security.seccomp to false too")
        }
    }

    private func forbidNewPrivileges() throws(ConfinementError) -> ConfinementFinding {
        let layer = ConfinementLayer.noNewPrivileges
        guard noNewPrivileges else { return Self.off(layer, "security.noNewPrivileges") }
        do throws(SystemError) {
            _ = try SystemError.check("prctl PR_SET_NO_NEW_PRIVS", clinux_set_no_new_privileges())
        } catch {
            throw ConfinementError(layer, error)
        }
        guard clinux_no_new_privileges() == 1 else {
            throw ConfinementError(layer, "PR_SET_NO_NEW_PRIVS was accepted but reads back as not set")
        }
        return ConfinementFinding(layer, .holds, "nothing executed gains privileges")
    }

    private func closeMemory() throws(ConfinementError) -> ConfinementFinding {
        do throws(SystemError) {
            _ = try SystemError.check("prctl PR_SET_DUMPABLE", clinux_set_dumpable(0))
            _ = try SystemError.check("setrlimit RLIMIT_CORE", clinux_set_no_core())
        } catch {
            throw ConfinementError(.memory, error)
        }
        guard clinux_dumpable() == 0, clinux_core_limit() == 0 else {
            throw ConfinementError(.memory, "PR_SET_DUMPABLE or RLIMIT_CORE was accepted but reads back otherwise")
        }
        return ConfinementFinding(.memory, .holds, "no core files, and closed to processes of the same user")
    }
}
