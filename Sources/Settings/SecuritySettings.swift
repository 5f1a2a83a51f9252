/// The section `security`: what the workers give up before they read from the network, each layer with its switch for
/// places that forbid it, and where the private keys are.
public struct SecuritySettings: Equatable, Sendable {
    /// `user`: whom the workers become when the master is root, default `secure-proxy`.
    public var user = Defaults.user
    /// `group`: their group; nil: the user's own.
    public var group: String?
    /// `jailBaseDir`: the directory that becomes their root; default `proxySettings.jailBaseDir`; nil: no jail.
    public var jailBaseDir: String?
    /// `noNewPrivileges`: whether no program that they could start gives them rights back, default true.
    public var noNewPrivileges = true
    /// `dropCapabilities`: whether they give up every capability, also those of their user, default true.
    public var dropCapabilities = true
    /// `landlock`: whether the kernel, where it has Landlock (5.13), restricts the files that they open, default true.
    public var landlock = true
    /// `seccomp`: whether the kernel restricts the system calls that they make, default true.
    public var seccomp = true
    /// `keyIsolation`: whether private keys stay in a process of their own that signs for the workers, default false.
    public var keyIsolation = false

    /// The defaults.
    public init() {}

    mutating func read(_ section: Section, _ directory: String) {
        section.text("user", &user)
        section.text("group", &group)
        section.jail("jailBaseDir", &jailBaseDir, from: directory)
        section.flag("noNewPrivileges", &noNewPrivileges)
        section.flag("dropCapabilities", &dropCapabilities)
        section.flag("landlock", &landlock)
        section.flag("seccomp", &seccomp)
        section.flag("keyIsolation", &keyIsolation)
        if user == "root" {
            section.problem(
                "user", "workers must not run as root", remedy: "name a user that owns nothing, such as \"nobody\"")
        }
        checkLayers(section)
    }

    /// The kernel takes a filter or a Landlock domain only from a process that can gain no privileges by it (seccomp(2),
    /// landlock(7)); by then a worker isn't root any more.
    private func checkLayers(_ section: Section) {
        guard !noNewPrivileges else { return }
        let layers = [landlock ? "landlock" : nil, seccomp ? "seccomp" : nil].compactMap(\.self)
        guard !layers.isEmpty else { return }
        section.problem(
            "noNewPrivileges", "without it the kernel refuses \(layers.joined(separator: " and "))",
            remedy: "leave it true, or set \(layers.joined(separator: " and ")) to false too")
    }
}

extension Section {
    /// Reads the path of the directory that becomes the workers' root.
    func jail(_ name: String, _ target: inout String?, from directory: String) {
        file(name, &target, from: directory)
        guard has(name), let jail = target, !jail.isEmpty, jail.allSatisfy({ $0 == "/" }) else { return }
        problem(
            name, "the machine's root directory is no jail",
            remedy: "name an empty directory that belongs to root, or leave the name out to have no jail")
    }
}
