internal import CLinux

/// The capabilities of root, given up: effective, permitted, inheritable, ambient and the bounding set.
struct CapabilityDrop {
    /// Whether they go at all.
    let wanted: Bool

    /// More than any kernel has; asking ends at the first one that the kernel doesn't know.
    private static let numbers = Int32(0)..<64

    /// Takes every capability out of what execution could ever bring back. Needs a capability itself, hence early.
    func emptyBoundingSet() throws(ConfinementError) {
        guard wanted, try Self.mayEmptyBoundingSet() else { return }
        for number in Self.numbers {
            let held = clinux_bounding_has(number)
            if held < 0 { break }
            if held == 0 { continue }
            let result = clinux_bounding_drop(number)
            if result < 0 {
                throw ConfinementError(
                    .capabilities, SystemError("prctl PR_CAPBSET_DROP", "\(number)", code: result))
            }
        }
        if Self.boundingSetIsEmpty { return }
        throw ConfinementError(.capabilities, "PR_CAPBSET_DROP was accepted but the bounding set isn't empty")
    }

    /// Empties the other sets, reads all back, and tries to get one back.
    func finish(noNewPrivileges: Bool) throws(ConfinementError) -> ConfinementFinding {
        guard wanted else {
            return try Confinement.off(.capabilities, "security.dropCapabilities").adding(Self.held())
        }
        let cleared = clinux_ambient_clear()
        // EINVAL: a kernel from before ambient capabilities.
        if cleared < 0, -cleared != 22 {
            throw ConfinementError(.capabilities, SystemError("prctl PR_CAP_AMBIENT", code: cleared))
        }
        var none = clinux_capabilities()
        let result = unsafe clinux_write_capabilities(&none)
        if result < 0 { throw ConfinementError(.capabilities, SystemError("capset", code: result)) }
        let left = try Self.read()
        guard left.effective | left.permitted | left.inheritable == 0, Self.ambientSetIsEmpty else {
            throw ConfinementError(.capabilities, "capset was accepted but some capabilities are still there")
        }
        if clinux_try_regain_capability() == 0 {
            throw ConfinementError(.capabilities, "a capability could be regained with capset")
        }
        if Self.boundingSetIsEmpty {
            return ConfinementFinding(.capabilities, .holds, "none in any set, and none can come back")
        }
        // Only a process that never had the capability to empty it gets here.
        guard noNewPrivileges else {
            throw ConfinementError(
                .capabilities, "the bounding set can't be emptied without CAP_SETPCAP",
                remedy:
                    "leave security.noNewPrivileges on, which makes it moot; or \(ConfinementLayer.capabilities.remedy)"
            )
        }
        return ConfinementFinding(
            .capabilities, .holds,
            "none held and none can come back (the bounding set needs root to be emptied; it counts for nothing "
                + "with no new privileges)")
    }

    private static func mayEmptyBoundingSet() throws(ConfinementError) -> Bool {
        try read().effective & (1 << UInt64(CLINUX_CAPABILITY_SETPCAP)) != 0
    }

    private static var boundingSetIsEmpty: Bool { numbers.allSatisfy { clinux_bounding_has($0) != 1 } }

    private static var ambientSetIsEmpty: Bool { numbers.allSatisfy { clinux_ambient_has($0) != 1 } }

    private static func read() throws(ConfinementError) -> clinux_capabilities {
        var sets = clinux_capabilities()
        let result = unsafe clinux_read_capabilities(&sets)
        if result < 0 { throw ConfinementError(.capabilities, SystemError("capget", code: result)) }
        return sets
    }

    /// What a process that keeps its capabilities has.
    private static func held() throws(ConfinementError) -> String {
        let count = try read().effective.nonzeroBitCount
        return count == 0 ? "none are held now" : "\(count) are held"
    }
}

extension ConfinementFinding {
    /// The same with more to say.
    fileprivate func adding(_ more: String) -> ConfinementFinding {
        ConfinementFinding(layer, state, "\(words); \(more)")
    }
}
