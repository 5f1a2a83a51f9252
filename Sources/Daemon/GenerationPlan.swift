internal import Settings
internal import System
internal import TLS

/// Why the daemon can't start or reload.
struct PlanError: Error, CustomStringConvertible {
    /// What is wrong, where, and what to do; may have several lines.
    let description: String
    /// What a start that fails for it exits with.
    let exitCode: ExitCode

    init(_ description: String, _ exitCode: ExitCode = .failure) {
        self.description = description
        self.exitCode = exitCode
    }
}

/// Everything that a generation of workers is made of, read and checked before a process is started.
struct GenerationPlan {
    /// The settings file's content.
    let text: [UInt8]
    /// The same, read.
    let settings: Settings
    /// How many workers.
    let workers: Int
    /// What the files that it names hold.
    let files: CapturedFiles
    /// How those files were when they were read.
    let stamps: [String: FileStamp]
    /// Whom the workers become; nil where the master isn't root.
    let identity: UserIdentity?
    /// What the operator should know.
    let warnings: [String]

    /// Reads and checks the settings in `file` and all that they name.
    ///
    /// - Parameter workers: worker processes, in place of `proxyWorkerProcesses`.
    init(settingsFile file: String, workers override: Int?) throws(PlanError) {
        let loaded: (text: [UInt8], settings: Settings)
        switch SettingsFile.loadText(file) {
        case .success(let value): loaded = value
        case .failure(let problem): throw PlanError(problem.description, .usage)
        }
        try self.init(text: loaded.text, settings: loaded.settings, workers: override)
    }

    /// Checks `settings`, which were read from `text`, and all that they name.
    init(text: [UInt8], settings: Settings, workers override: Int?) throws(PlanError) {
        self.text = text
        self.settings = settings
        workers = settings.processCount(override)
        var warnings = settings.warnings
        do {
            var material = TLSMaterial(certificates: [], warnings: [])
            try material.makeMissing(settings)
            // Before the files are read: one that changes in between is read once more by the next look at it.
            stamps = CapturedFiles.stamps(settings)
            files = try CapturedFiles.capture(settings)
            // What was captured is checked, not what is on disk a moment later.
            material.supply = KeySupply(files: files.withHeldContents)
            warnings += try Self.check(settings, &material)
            identity = try Self.identity(settings)
        } catch {
            throw PlanError("error: \(error)")
        }
        self.warnings = warnings
    }

    /// The settings as workers get them: the PIN of a token is the key holder's alone.
    var textWithoutPINs: [UInt8] {
        let attribute = Array("pin-value=".utf8)
        let ends = Set("\";&?\\".utf8)
        var result: [UInt8] = []
        var rest = text[...]
        while let first = rest.first {
            if rest.starts(with: attribute) {
                result += attribute + Array("…".utf8)
                rest = rest.dropFirst(attribute.count).drop { !ends.contains($0) }
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// Makes every TLS context once, which finds what is wrong with certificates, keys, authorities and cipher lists.
    private static func check(_ settings: Settings, _ material: inout TLSMaterial) throws(StartError) -> [String] {
        // A key in a token can't be looked at from here; the key holder does that when it starts.
        for pair in TLSMaterial.files(settings) where pair.keyURI == nil { try material.add(pair) }
        if material.certificates.isEmpty { material.certificates = [try TLSMaterial.standIn()] }
        for listener in settings.listeners {
            _ = try material.serverContext(listener, settings.tls)
        }
        for (section, ca, certificate, key) in [
            ("oidc", settings.oidc.ca, settings.oidc.certificate, settings.oidc.key),
            ("gateway", settings.gateway.ca, settings.gateway.certificate, settings.gateway.key),
        ] {
            let isReadable = key.map { CertificateFiles(certificate: "", key: $0).keyURI == nil } ?? true
            _ = try TLSMaterial.clientContext(
                ca: ca, certificate: isReadable ? certificate : nil, key: isReadable ? key : nil, for: section,
                from: material.supply)
        }
        return material.warnings
    }

    /// Whom the workers become; nil where this process isn't root.
    static func identity(_ settings: Settings) throws(StartError) -> UserIdentity? {
        let security = settings.security
        guard ThisProcess.isRoot else {
            if security.jailBaseDir != nil {
                throw StartError("security.jailBaseDir: only root can jail workers; start as root, or leave it out")
            }
            return nil
        }
        do throws(IdentityError) {
            return try UserIdentity.lookUp(user: security.user, group: security.group)
        } catch {
            throw StartError("\(error)")
        }
    }
}

extension Settings {
    /// How many worker processes there are; 0: everything in a single process.
    func processCount(_ override: Int?) -> Int {
        switch override.map(WorkerCount.fixed) ?? proxy.workerProcesses {
        case .fixed(let count): count
        case .automatic: ThisProcess.processorCount
        }
    }
}
