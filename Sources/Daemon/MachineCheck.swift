internal import Bytes
internal import Settings
internal import System
internal import TLS

/// Holds settings against this machine: files, directories, ports. Changes nothing that outlasts it.
struct MachineCheck {
    /// What keeps the daemon from starting.
    private(set) var errors: [String] = []
    /// What the operator should know.
    private(set) var warnings: [String] = []
    /// What was found in order, worth telling.
    private(set) var facts: [String] = []

    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    /// Looks at what can be looked at without taking ports.
    mutating func checkFiles() {
        let material = checkCertificates()
        checkContexts(material)
        checkLogs()
    }

    // MARK: TLS

    private mutating func checkCertificates() -> TLSMaterial {
        var material = TLSMaterial(certificates: [], warnings: [])
        for pair in TLSMaterial.files(settings) {
            if pair.keyURI != nil {
                checkStoredKey(pair)
                continue
            }
            if TLSMaterial.isMissing(pair) {
                let directory = Self.directory(of: pair.certificate)
                warnings.append(
                    "\(pair.certificate) is not there: a self-signed certificate for localhost is made at the start")
                if let problem = Self.writingProblem(directory) {
                    errors.append("cannot make \(pair.certificate): \(problem)")
                }
                continue
            }
            do throws(StartError) {
                try material.add(pair)
                if let added = material.certificates.last { facts.append(Self.words(added)) }
            } catch {
                note(error)
            }
        }
        warnings += material.warnings
        return material
    }

    /// Opens a key as the key holder will, which a wrong PIN counts for, and has it sign for its certificate.
    private mutating func checkStoredKey(_ pair: CertificateFiles) {
        guard let uri = pair.keyURI else { return }
        do {
            let material = try KeyMaterial(
                certificatePEM: try File.read(pair.certificate), key: try KeyStore.open(uri: uri),
                certificateLabel: pair.certificate)
            facts.append(Self.words(material))
        } catch {
            errors.append("tls: \(error)")
        }
    }

    private static func words(_ certificate: KeyMaterial) -> String {
        let identity = certificate.identity
        let names = identity.dnsNames + identity.ipAddresses
        let subject = names.isEmpty ? identity.subject : names.joined(separator: ", ")
        return "certificate \(certificate.certificateLabel): \(subject); \(certificate.keyType); "
            + "valid until \(LogTime(certificate.notAfter))"
    }

    /// Makes the TLS contexts that the daemon will make, which reads the files of authorities and lists of ciphers.
    private mutating func checkContexts(_ found: TLSMaterial) {
        var material = found
        if material.certificates.isEmpty {
            guard let made = try? TLSMaterial.standIn() else { return }
            material.certificates = [made]
        }
        for listener in settings.listeners {
            do throws(StartError) { _ = try material.serverContext(listener, settings.tls) } catch { note(error) }
        }
        for (section, ca, certificate, key) in [
            ("oidc", settings.oidc.ca, settings.oidc.certificate, settings.oidc.key),
            ("gateway", settings.gateway.ca, settings.gateway.certificate, settings.gateway.key),
        ] {
            // A key in a token is looked at at the start.
            let isFile = key.map { CertificateFiles(certificate: "", key: $0).keyURI == nil } ?? true
            do throws(StartError) {
                _ = try TLSMaterial.clientContext(
                    ca: ca, certificate: isFile ? certificate : nil, key: isFile ? key : nil, for: section)
            } catch {
                note(error)
            }
        }
    }

    /// Listeners share files, and so their errors.
    private mutating func note(_ error: StartError) {
        if !errors.contains(error.description) { errors.append(error.description) }
    }

    // MARK: Confinement

    /// Has a process confine itself as a worker will, and try to break out.
    ///
    /// - Parameter text: the settings as the file has them.
    mutating func checkConfinement(_ text: [UInt8], by trial: SecurityTrial.Method) {
        guard settings.processCount(nil) > 0 else {
            facts.append("security: a single process gives nothing up")
            return
        }
        if let jail = settings.security.jailBaseDir, !File.exists(jail), ThisProcess.isRoot {
            warnings.append("security.jailBaseDir: \(jail) is not there: it is made at the start, and was not tried")
            return
        }
        do {
            let identity = try GenerationPlan.identity(settings)
            let lines = try trial(settings, text, identity)
            facts.append("security: \(identity.map { "workers become \($0.name)" } ?? "workers stay this user")")
            for line in lines {
                if line.isBreach {
                    errors.append("security: \(line.words)")
                } else {
                    facts.append("  \(line.words)")
                }
            }
        } catch {
            let words = "\(error)"
            errors.append(words.hasPrefix("security.") ? words : "security: \(words)")
        }
    }

    // MARK: Logs

    private mutating func checkLogs() {
        guard settings.logs.output == .files else { return }
        let directory = settings.logs.directory
        if let problem = Self.writingProblem(directory) {
            errors.append("logs.directory: cannot write into \(directory): \(problem)")
            return
        }
        for path in settings.logs.paths where File.exists(path) {
            do throws(SystemError) {
                _ = try File.openForAppending(path, permissions: 0o640)
            } catch {
                errors.append("logs.directory: \(error)")
            }
        }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Why nothing can be written into `directory`, or into the nearest one above it that is there; nil when it can.
    private static func writingProblem(_ directory: String) -> String? {
        var existing = directory
        while !File.exists(existing), existing != ".", existing != "/" { existing = Self.directory(of: existing) }
        // Trying is the only test that knows of read-only mounts, quotas and access lists.
        let trial = "\(existing)/.secure-proxy-check.\(ThisProcess.id)"
        do throws(SystemError) {
            _ = try File.openForAppending(trial, permissions: 0o600)
            try File.remove(trial)
            return nil
        } catch {
            return "\(error)"
        }
    }

    // MARK: Ports

    /// Tries to listen at each port for a moment.
    mutating func checkPorts() {
        for listener in settings.listeners {
            var taken: [UInt16] = []
            for port in listener.ports.ports {
                guard let failure = Self.listeningProblem(listener.address, port) else { continue }
                switch failure.name {
                case "EADDRINUSE": taken.append(port)
                case "EACCES":
                    warnings.append(
                        "listener \(listener.name): port \(port) is not for this user: ports below 1024 need root or "
                            + "CAP_NET_BIND_SERVICE")
                default: errors.append("listener \(listener.name): cannot listen at port \(port): \(failure)")
                }
            }
            if let first = taken.first, let last = taken.last {
                let ports = taken.count == 1 ? "port \(first)" : "\(taken.count) ports from \(first) to \(last)"
                warnings.append("listener \(listener.name): \(ports) in use, by a running secure-proxy perhaps")
            }
        }
    }

    private static func listeningProblem(_ address: BindAddress, _ port: UInt16) -> SystemError? {
        var failure: SystemError?
        for candidate in address.candidates {
            guard let address = SocketAddress(literal: candidate, port: port) else { continue }
            do throws(SystemError) {
                _ = try Socket.listen(at: address, backlog: 1)
                return nil
            } catch {
                failure = error
            }
        }
        return failure
    }
}
