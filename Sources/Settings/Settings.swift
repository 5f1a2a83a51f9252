internal import JSON

/// Everything that proxy.json says: read once, checked, and not changed after.
///
/// Names in the file that differ from the properties are given in code style in the properties' descriptions; the page
/// docs/CONFIGURATION.md lists all of them. What depends on the machine (files, users, names of hosts) is checked by
/// whoever uses it.
public struct Settings: Equatable, Sendable {
    /// The file's name, for messages.
    public var file: String
    /// The directory that relative paths were taken from; empty: the current one.
    public var directory: String
    /// `proxySettings`.
    public var proxy = ProxySettings()
    /// `backend`, as the listeners' default.
    public var backend = BackendSettings()
    /// The listeners to open: those of `proxySettings`, amended and added to by `listeners`.
    public var listeners: [ListenerSettings] = []
    /// `gateway`.
    public var gateway = GatewaySettings()
    /// `oidc`.
    public var oidc = OIDCSettings()
    /// `tls`.
    public var tls = TLSSettings()
    /// `logs`.
    public var logs = LogSettings()
    /// `admin`.
    public var admin = AdminSettings()
    /// `limits`.
    public var limits = LimitSettings()
    /// `security`.
    public var security = SecuritySettings()
    /// `mockServers`.
    public var mockServers = MockServerSettings()
    /// What is allowed but probably not meant, one sentence each.
    public var warnings: [String] = []

    /// The largest settings file, in bytes.
    public static let maxFileBytes = 1024 * 1024

    init(file: String, directory: String) {
        self.file = file
        self.directory = directory
    }

    /// Reads a settings file.
    ///
    /// - Parameters:
    ///   - text: The file's content.
    ///   - file: Its name, for messages.
    ///   - directory: What relative paths in the file are relative to; nil: the directory in `file`.
    /// - Throws: ``SettingsErrors`` with everything that is wrong.
    public static func load(
        text: [UInt8], file: String, directory: String? = nil
    ) throws(SettingsErrors) -> Settings {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSON.parse(text, limit: maxFileBytes)
        } catch {
            throw SettingsErrors(file: file, errors: [SettingsError(error)])
        }
        guard let root = value.object else {
            let error = SettingsError(
                line: 1, column: 1, path: "", problem: "the file holds \(value.kind), not an object",
                remedy: "write { … } around the sections")
            throw SettingsErrors(file: file, errors: [error])
        }
        let report = Report()
        var settings = Settings(file: file, directory: directory ?? Self.directory(of: file))
        settings.read(root, report)
        guard report.isClean else { throw SettingsErrors(file: file, errors: report.errors(in: text)) }
        return settings
    }

    /// Reads all sections. Those that give others their defaults come first.
    mutating func read(_ members: JSONObject, _ report: Report) {
        let root = Section(members, at: JSONPath(), report)
        _ = root.value("$schema", .reference, default: nil)
        root.section("proxySettings") { proxy.read($0, directory) }
        backend.portScaleFactor = proxy.portScaleFactor
        backend.connectTimeout = proxy.connectTimeout
        root.section("backend") { backend.read($0) }
        root.section("oidc") { oidc.read($0, directory) }
        gateway.inherit(oidc)
        root.section("gateway") { gateway.read($0, directory) }
        root.section("tls") { tls.read($0, directory) }
        root.section("logs") { logs.read($0, directory) }
        root.section("admin") { admin.read($0, directory) }
        root.section("limits") { limits.read($0) }
        security.jailBaseDir = proxy.jailBaseDir
        root.section("security") { security.read($0, directory) }
        root.section("mockServers") { mockServers.read($0) }
        checkProcesses(root)
        readListeners(root)
        root.finish()
        addWarnings()
    }

    private static func directory(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "" }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    private mutating func addWarnings() {
        if oidc.policy.audience.isEmpty,
            listeners.contains(where: { $0.policy.tokenRequired && $0.policy.audience.isEmpty })
        {
            warnings.append(
                "oidc.audience is empty: tokens that the provider issued for any other application are accepted")
        }
        for address in [oidc.discovery, oidc.jwksURI] {
            guard let address, !address.isSecure, !address.isLoopback else { continue }
            warnings.append("\(address) is fetched without TLS: whoever is on the way can put their own keys in")
        }
        if admin.enabled, !admin.address.isLoopback {
            warnings.append("admin.address \(admin.address) lets others see health, metrics and status")
        }
        for (section, pair) in namedKeys where pair.containsPIN {
            warnings.append(
                "\(section): the key \(pair.keyName) has its PIN in the settings file: write it into a file that root alone can read "
                    + "and name that with pin-source=file:/path")
        }
    }
}

extension SettingsError {
    /// A text that isn't JSON.
    init(_ error: JSONError) {
        let remedy: String =
            switch error.reason {
            case .tooLarge: "no settings need that much: is it the right file?"
            case .tooDeep: "no settings need that: is a bracket missing?"
            case .syntax(let words) where words.hasSuffix("near '}'") || words.hasSuffix("near ']'"):
                "is there a comma behind the last element?"
            case .syntax(let words) where words.hasPrefix("'}' expected") || words.hasPrefix("']' expected"):
                "is a comma missing before it?"
            case .syntax(let words) where words.hasSuffix("near '/'") || words.hasSuffix("near '#'"):
                "JSON has no comments: leave them out"
            case .syntax: "JSON wants \"quotation marks\" around names and texts, and commas between elements"
            case .endsEarly: "look for what was opened and not closed"
            case .trailingText: "the file must hold one object and nothing behind it"
            case .duplicateKey: "keep one of them"
            case .notUTF8: "save the file as UTF-8"
            case .nulCharacter: "remove it"
            case .numberOutOfRange: "write a smaller number"
            case .outOfMemory: "free some memory"
            }
        self.init(line: error.line, column: error.column, path: "", problem: error.explanation, remedy: remedy)
    }
}
