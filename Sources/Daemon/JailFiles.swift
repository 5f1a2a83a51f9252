internal import Settings
internal import System

/// What the proxy puts into a jail, and what it demands of one.
///
/// A worker brings its program, settings, keys and authorities with it. What is left are the files that say how names
/// are resolved, which c-ares reads at each lookup.
enum JailFiles {
    /// Copied into the jail at the same place when a generation begins. Those that aren't there are left out.
    static let copied = ["/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf"]

    /// Sees to it that `jail` is a directory that only root can write to, and that the files are in it.
    static func prepare(_ jail: String) throws(StartError) {
        do throws(SystemError) {
            if !File.exists(jail) { try File.makeDirectory(jail, permissions: 0o755) }
        } catch {
            throw StartError("security.jailBaseDir: \(error)")
        }
        // Nothing is put into a directory that is refused.
        try check(jail)
        do throws(SystemError) {
            if !File.exists("\(jail)/etc") { try File.makeDirectory("\(jail)/etc", permissions: 0o755) }
            for path in copied where File.exists(path) {
                let content = try File.read(path)
                let target = jail + path
                if File.exists(target), try File.read(target) == content { continue }
                try File.write(content, to: target, permissions: 0o644)
            }
        } catch {
            throw StartError("security.jailBaseDir: \(error)")
        }
    }

    /// Demands that `jail`, and its `etc` where there is one, are directories that only root can write to. Changes
    /// nothing.
    static func check(_ jail: String) throws(StartError) {
        guard FileStatus(jail) != nil else {
            throw StartError(
                "security.jailBaseDir: \(jail) is not there; it is made at the start: mkdir -m 755 \(jail)")
        }
        for path in [jail, "\(jail)/etc"] {
            guard let status = FileStatus(path) else { continue }
            guard status.isDirectory else { throw StartError("security.jailBaseDir: \(path) is no directory") }
            guard status.userID == 0, status.permissions & 0o022 == 0 else {
                throw StartError(
                    "security.jailBaseDir: others than root can write to \(path): chown root:root and chmod 755 it")
            }
        }
    }
}
