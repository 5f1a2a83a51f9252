internal import CLinux

/// Files, listening and signals restricted by the kernel's Landlock, as far as the kernel's version of it goes.
///
/// A restricted process opens nothing but the given paths, for reading; listens on no further TCP port (its listening
/// sockets come from elsewhere); and reaches neither processes nor abstract sockets outside of it. Where it may connect
/// to is not restricted: backends are anywhere.
enum Landlock {
    /// Access to files, as bits of `handled_access_fs` (linux/landlock.h).
    enum FileAccess {
        static let readFile: UInt64 = 1 << 2
        static let readDirectory: UInt64 = 1 << 3

        /// All that a kernel with `version` of Landlock can restrict.
        static func all(version: Int32) -> UInt64 {
            switch version {
            case ...1: (1 << 13) - 1  // execute … make_sym
            case 2: (1 << 14) - 1  // and refer
            case 3, 4: (1 << 15) - 1  // and truncate
            default: (1 << 16) - 1  // and ioctl on devices
            }
        }
    }

    /// Bits of `handled_access_net`: binding TCP ports, since version 4. Bit 1, connecting, is left free.
    static func network(version: Int32) -> UInt64 { version >= 4 ? 1 : 0 }

    /// Bits of `scoped`: abstract sockets and signals, since version 6.
    static func scopes(version: Int32) -> UInt64 { version >= 6 ? 3 : 0 }

    /// Restricts the calling thread and all that comes from it, then tries to read the root directory.
    static func apply(_ readablePaths: [String]) throws(ConfinementError) -> ConfinementFinding {
        let version = clinux_landlock_version()
        if version <= 0 {
            let why = SystemError("landlock_create_ruleset", code: version)
            // ENOSYS: not built in. EOPNOTSUPP: built in, not switched on at boot.
            if -version == 38 || -version == 95 {
                return ConfinementFinding(.landlock, .notOnThisKernel, why.description)
            }
            throw ConfinementError(.landlock, why)
        }
        let rootWasReadable = canReadRoot()
        do throws(SystemError) {
            let ruleset = Descriptor(
                owning: try SystemError.check(
                    "landlock_create_ruleset",
                    clinux_landlock_create(
                        version, FileAccess.all(version: version), network(version: version), scopes(version: version)))
            )
            for path in readablePaths { try allow(path, ruleset) }
            _ = try SystemError.check("landlock_restrict_self", clinux_landlock_restrict(ruleset.number))
        } catch {
            throw ConfinementError(.landlock, error)
        }
        if rootWasReadable, !readablePaths.contains("/"), canReadRoot() {
            throw ConfinementError(.landlock, "the rules were accepted but the root directory can still be read")
        }
        return ConfinementFinding(.landlock, .holds, words(version))
    }

    /// Lets `path` be read; a path that isn't there, or not for this user, is left out.
    private static func allow(_ path: String, _ ruleset: Descriptor) throws(SystemError) {
        let result = unsafe clinux_landlock_allow(
            ruleset.number, path, FileAccess.readFile, FileAccess.readFile | FileAccess.readDirectory)
        // ENOENT, EACCES, ENOTDIR
        if [2, 13, 20].contains(-result) { return }
        _ = try SystemError.check("landlock_add_rule", path, result)
    }

    private static func canReadRoot() -> Bool {
        let number = unsafe clinux_open_directory("/")
        guard number >= 0 else { return false }
        _ = clinux_close(number)
        return true
    }

    private static func words(_ version: Int32) -> String {
        var parts = ["version \(version)", "reading of named files only"]
        if network(version: version) != 0 { parts.append("no new listening") }
        if scopes(version: version) != 0 { parts.append("no signals out") }
        return parts.joined(separator: ", ")
    }
}
