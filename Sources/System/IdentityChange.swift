internal import CLinux

/// The step from root to an ordinary user, for good.
enum IdentityChange {
    /// Becomes `identity`, reads it back, and tries to return.
    static func apply(_ identity: UserIdentity?) throws(ConfinementError) -> ConfinementFinding {
        let before = try read()
        guard let identity else {
            let words =
                before.users[1] == 0 ? "stays root: no security.user" : "runs as user \(before.users[1]) already"
            return ConfinementFinding(.identity, .switchedOff, words)
        }
        if before.users == Array(repeating: identity.userID, count: 3), before.users[0] != 0 {
            // Started as that user by systemd or by hand: there is nothing to give up, but something to make sure of.
            try verifyNoReturn()
            return ConfinementFinding(.identity, .holds, "\(words(identity)), as it was started")
        }
        if before.users[1] != 0 {
            throw ConfinementError(
                .identity, "only root can become \"\(identity.name)\"; this runs as user \(before.users[1])",
                remedy: "start as root, start as \"\(identity.name)\", or name the starting user in security.user")
        }
        // Whoever changes its user loses the signal that tells of its parent's end.
        let deathSignal = clinux_death_signal()
        do throws(SystemError) {
            _ = try SystemError.check("setgroups", clinux_drop_groups())
            _ = try SystemError.check("setresgid", "\(identity.groupID)", clinux_set_groups_id(identity.groupID))
            _ = try SystemError.check("setresuid", "\(identity.userID)", clinux_set_user_id(identity.userID))
            if deathSignal > 0 {
                _ = try SystemError.check("prctl PR_SET_PDEATHSIG", clinux_set_death_signal(deathSignal))
            }
        } catch {
            throw ConfinementError(.identity, error)
        }
        let after = try read()
        guard after.users == Array(repeating: identity.userID, count: 3),
            after.groups == Array(repeating: identity.groupID, count: 3), clinux_supplementary_groups() == 0
        else {
            throw ConfinementError(
                .identity, "the change was accepted but reads back as \(after.users), \(after.groups)")
        }
        try verifyNoReturn()
        return ConfinementFinding(.identity, .holds, "\(words(identity)), no way back to root")
    }

    private static func words(_ identity: UserIdentity) -> String {
        "runs as \(identity.name) (user \(identity.userID), group \(identity.groupID))"
    }

    private static func verifyNoReturn() throws(ConfinementError) {
        if clinux_try_become_root() == 0 { throw ConfinementError(.identity, "root could be regained with setuid(0)") }
    }

    private static func read() throws(ConfinementError) -> (users: [UInt32], groups: [UInt32]) {
        var users: [UInt32] = [0, 0, 0]
        var groups: [UInt32] = [0, 0, 0]
        let result = unsafe clinux_read_ids(&users, &groups)
        if result < 0 { throw ConfinementError(.identity, SystemError("getresuid", code: result)) }
        return (users, groups)
    }
}
