internal import Gateway
internal import JOSE
internal import OIDC
internal import Settings
internal import System

/// What `secure-proxy check` is to look at.
public struct CheckOptions: Sendable {
    /// The settings file.
    public var settingsFile: String
    /// Whether ports are left alone: nothing but files is looked at.
    public var offline: Bool
    /// Whether backends and provider are connected to.
    public var connects: Bool
    /// How the workers' confinement is tried out. Tests put something else here: their program has no roles.
    var trial: SecurityTrial.Method = SecurityTrial.run

    /// A check of `settingsFile`.
    public init(settingsFile: String, offline: Bool = false, connects: Bool = false) {
        self.settingsFile = settingsFile
        self.offline = offline
        self.connects = connects
    }
}

extension Commands {
    /// `secure-proxy check`: whether the daemon could start with these settings on this machine.
    ///
    /// - Returns: ``ExitCode/success``; ``ExitCode/usage`` when settings, or the files that they name, are wrong;
    ///   ``ExitCode/failure`` when only a connection that was asked for didn't come about.
    public static func check(_ options: CheckOptions, output: CommandOutput = .console) -> ExitCode {
        let text: [UInt8]
        let settings: Settings
        switch SettingsFile.loadText(options.settingsFile) {
        case .success(let loaded): (text, settings) = loaded
        case .failure(let problem):
            output.error(problem.description)
            return .usage
        }
        for listener in settings.listeners {
            let summary = ListenerSummary(listener, settings)
            output.print("listener \(summary.route)")
            output.print("  lets in: \(summary.policy)")
        }
        var machine = MachineCheck(settings)
        machine.checkFiles()
        machine.checkConfinement(text, by: options.trial)
        if !options.offline { machine.checkPorts() }
        for fact in machine.facts { output.print(fact) }
        for warning in settings.warnings + machine.warnings { output.print("warning: \(warning)") }
        guard machine.errors.isEmpty else {
            for error in machine.errors { output.error("error: \(error)") }
            return .usage
        }
        let failures = options.connects ? connect(settings, output) : 0
        guard failures == 0 else {
            let connections = failures == 1 ? "1 connection" : "\(failures) connections"
            output.error("\(options.settingsFile) is good, but \(connections) failed")
            return .failure
        }
        output.print("\(options.settingsFile) is good")
        return .success
    }

    /// Connects to everything that the daemon will connect to, and answers how many failed.
    private static func connect(_ settings: Settings, _ output: CommandOutput) -> Int {
        var failures = 0
        func fail(_ words: String) {
            output.error("error: \(words)")
            failures += 1
        }
        do throws(StartError) {
            let check = try ConnectionCheck(settings)
            switch try check.provider() {
            case .success(let documents)?:
                for line in words(documents) { output.print(line) }
            case .failure(let error)?: fail("provider: \(error)")
            case nil: break
            }
            for (endpoint, error) in try check.backends() {
                if let error {
                    fail("backend \(endpoint): \(error)")
                } else {
                    output.print("backend \(endpoint): connected")
                }
            }
        } catch {
            fail("\(error)")
        }
        return failures
    }

    /// What was found at the provider.
    private static func words(_ documents: ProviderDocuments) -> [String] {
        var lines = ["provider: issuer \(printable(documents.issuer))"]
        if let metadata = documents.metadata { lines.append("  keys at \(metadata.keysURL)") }
        for key in documents.keys.keys {
            let algorithm = key.alg.map { ", \($0)" } ?? ""
            lines.append("  key \(key.kid.map(printable) ?? "without a name"): \(key.key.type)\(algorithm)")
        }
        for skipped in documents.keys.skipped { lines.append("  key \(skipped.index) is not used: \(skipped.reason)") }
        return lines
    }

    /// A text from elsewhere that may hold control characters, which a terminal would act upon.
    static func printable(_ text: String) -> String { LogText.oneLine(text) }
}
