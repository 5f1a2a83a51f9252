internal import CLinux

/// A root directory of the process's own.
enum Jail {
    /// Makes `path` the root directory and sees that nothing else is in reach.
    ///
    /// A jail that the process's user could write to is refused: what is read from it later (names of hosts, name
    /// servers) must not be the work of whoever took the process over.
    static func enter(_ path: String?, owner: UserIdentity?) throws(ConfinementError) -> ConfinementFinding {
        guard let path else { return ConfinementFinding(.jail, .switchedOff, "security.jailBaseDir is not set") }
        let outside = try place("/")
        let jail = try place(path)
        try refuse(jail, at: path, outside: outside, owner: owner)
        let result = unsafe clinux_change_root(path)
        if result < 0 {
            let remedy =
                clinux_user_id() == 0
                ? nil : "only root may change its root directory: start as root, or leave security.jailBaseDir out"
            throw ConfinementError(.jail, SystemError("chroot", path, code: result), remedy: remedy)
        }
        try verify(jail, path: path)
        return ConfinementFinding(.jail, .holds, "\(path) is the root directory, and nothing leads out of it")
    }

    private static func refuse(
        _ jail: clinux_place, at path: String, outside: clinux_place, owner: UserIdentity?
    ) throws(ConfinementError) {
        guard isDirectory(jail) else { throw ConfinementError(.jail, "\(path) is not a directory") }
        if isSame(jail, outside) { throw ConfinementError(.jail, "\(path) is the root directory, which is no jail") }
        let isOthers = jail.mode & 0o022 != 0 || (jail.user_id != 0 && jail.user_id == owner?.userID)
        if isOthers {
            throw ConfinementError(
                .jail, "\(path) can be written to by others than root, the proxy's own user perhaps",
                remedy: "`chown root:root \(path)` and `chmod 755 \(path)`; \(ConfinementLayer.jail.remedy)")
        }
    }

    private static func verify(_ jail: clinux_place, path: String) throws(ConfinementError) {
        guard isSame(try place("/"), jail), isSame(try place("/.."), jail), isSame(try place("."), jail) else {
            throw ConfinementError(.jail, "chroot \(path) was accepted but \"/\" or \"..\" is another directory")
        }
        // A directory that is open leads to all that is below and above it.
        for number in Int32(0)..<1024 {
            var open = clinux_place()
            let result = unsafe clinux_place_of_descriptor(number, &open)
            guard result == 0, isDirectory(open) else { continue }
            throw ConfinementError(
                .jail, "descriptor \(number) is an open directory, a way out of \(path)",
                remedy: "this is a defect of the program, or of what started it: no directory may stay open")
        }
    }

    private static func place(_ path: String) throws(ConfinementError) -> clinux_place {
        var place = clinux_place()
        let result = unsafe clinux_place_of_path(path, &place)
        if result < 0 { throw ConfinementError(.jail, SystemError("stat", path, code: result)) }
        return place
    }

    private static func isDirectory(_ place: clinux_place) -> Bool {
        var place = place
        return unsafe clinux_place_is_directory(&place) != 0
    }

    private static func isSame(_ one: clinux_place, _ other: clinux_place) -> Bool {
        one.device == other.device && one.inode == other.inode
    }
}
