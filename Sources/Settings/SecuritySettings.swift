/// The section `security`: what the workers give up before they read from the network.
public struct SecuritySettings: Equatable, Sendable {
    /// `user`: whom the workers become when the master is root, default `secure-proxy`.
    public var user = Defaults.user
    /// `group`: their group; nil: the user's own.
    public var group: String?
    /// `jailBaseDir`: the directory that becomes their root; default `proxySettings.jailBaseDir`; nil: no jail.
    public var jailBaseDir: String?
    /// `sandbox`: whether the kernel restricts their system calls and files, default true.
    public var sandbox = true

    /// The defaults.
    public init() {}

    mutating func read(_ section: Section, _ directory: String) {
        section.text("user", &user)
        section.text("group", &group)
        section.file("jailBaseDir", &jailBaseDir, from: directory)
        section.flag("sandbox", &sandbox)
        if user == "root" {
            section.problem(
                "user", "workers must not run as root", remedy: "name a user that owns nothing, such as \"nobody\"")
        }
    }
}
