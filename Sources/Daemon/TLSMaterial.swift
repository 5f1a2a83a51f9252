internal import Bytes
internal import Settings
internal import System
internal import TLS

/// Where certificates and keys come from: files, and keys that a key holder has.
struct KeySupply {
    /// The files.
    var files = CapturedFiles.disk
    /// The way to the key holder, for the keys that it has.
    var holder: KeyHolderChannel?

    /// The disk, and no key holder.
    static var disk: KeySupply { KeySupply() }
}

/// Keys, certificates and authorities, read from files once at start.
struct TLSMaterial {
    /// What the proxy shows to clients.
    var certificates: [KeyMaterial]
    /// What the operator should know.
    var warnings: [String]
    /// Where it came from, and authorities come from.
    var supply = KeySupply.disk
    /// What session tickets are sealed with: the first seals, all open; empty: each worker has a key of its own.
    var ticketKeys: [TicketKey] = []

    /// Reads what `settings` names. Where no certificate is there at all, a self-signed one is made and kept.
    static func load(_ settings: Settings) throws(StartError) -> TLSMaterial {
        var material = TLSMaterial(certificates: [], warnings: [])
        try material.makeMissing(settings)
        for pair in files(settings) { try material.add(pair) }
        return material
    }

    /// Makes what `settings` names of what was captured.
    static func load(_ settings: Settings, from supply: KeySupply) throws(StartError) -> TLSMaterial {
        var material = TLSMaterial(certificates: [], warnings: [], supply: supply)
        for pair in files(settings) { material.certificates.append(try key(pair.certificate, pair.key, supply)) }
        return material
    }

    /// Makes a self-signed certificate where none is there at all.
    mutating func makeMissing(_ settings: Settings) throws(StartError) {
        for pair in Self.files(settings) where Self.isMissing(pair) { try makeSelfSigned(pair) }
    }

    /// The files that certificates come from: those of `settings`, or where the self-signed one is kept.
    static func files(_ settings: Settings) -> [CertificateFiles] {
        guard settings.tls.certificates.isEmpty else { return settings.tls.certificates }
        let directory = settings.directory.isEmpty ? "certs" : "\(settings.directory)/certs"
        return [CertificateFiles(certificate: "\(directory)/servercert.pem", key: "\(directory)/serverkey.pem")]
    }

    /// Whether neither file is there, so that a self-signed certificate is made.
    static func isMissing(_ pair: CertificateFiles) -> Bool {
        pair.keyURI == nil && !File.exists(pair.certificate) && !File.exists(pair.key)
    }

    /// Reads a certificate and its key, and notes what the operator should know about them.
    mutating func add(_ pair: CertificateFiles) throws(StartError) {
        if pair.keyURI == nil, let permissions = File.permissions(pair.key), permissions & 0o077 != 0 {
            warnings.append("\(pair.key): others than its owner may read the key; chmod 600 it")
        }
        let certificate = try Self.key(pair.certificate, pair.key, supply)
        certificates.append(certificate)
        warnings += certificate.warnings(at: Clock.unix)
    }

    private mutating func makeSelfSigned(_ files: CertificateFiles) throws(StartError) {
        do {
            let request = CertificateRequest(commonName: "localhost", names: SubjectName.localhost, now: Clock.unix)
            let issued = try CertificateAuthority.selfSigned(request)
            for path in [files.certificate, files.key] {
                if let slash = path.lastIndex(of: "/") {
                    try File.makeDirectory(String(path[..<slash]), permissions: 0o755)
                }
            }
            try File.write(issued.keyPEM, to: files.key, permissions: 0o600)
            try File.write(issued.certificatePEM, to: files.certificate, permissions: 0o644)
        } catch {
            throw StartError("cannot make a self-signed certificate: \(error)")
        }
        warnings.append(
            "\(files.certificate) was not there: made a self-signed certificate for localhost, fit for trying things out"
        )
    }

    /// The certificate and key in two files; the key perhaps with the key holder.
    static func key(
        _ certificate: String, _ key: String, _ supply: KeySupply = .disk
    ) throws(StartError) -> KeyMaterial {
        do {
            let certificatePEM = try supply.files.read(certificate)
            let name = CertificateFiles(certificate: certificate, key: key).keyName
            if let index = supply.files.heldKeys[name] {
                guard let holder = supply.holder else { throw StartError("no key holder for \(name)") }
                return try KeyMaterial(
                    certificatePEM: certificatePEM, key: RemoteKey(channel: holder, index: index),
                    certificateLabel: certificate, keyLabel: name)
            }
            return try KeyMaterial(
                certificatePEM: certificatePEM, keyPEM: try supply.files.read(key), certificateLabel: certificate,
                keyLabel: key)
        } catch {
            throw StartError("tls: \(error)")
        }
    }

    /// A certificate to hold the other settings against, where there is none whose key can be read.
    static func standIn() throws(StartError) -> KeyMaterial {
        let request = CertificateRequest(commonName: "localhost", names: SubjectName.localhost, now: Clock.unix)
        do throws(TLSError) {
            return try CertificateAuthority.selfSigned(request).material(label: "self-signed")
        } catch {
            throw StartError("tls: \(error)")
        }
    }

    /// The authorities in a file.
    static func authorities(_ path: String, _ supply: KeySupply = .disk) throws(StartError) -> TrustedAuthorities {
        do throws(SystemError) {
            return TrustedAuthorities(pem: try supply.files.read(path), label: path)
        } catch {
            throw StartError("tls: \(error)")
        }
    }

    /// TLS as the clients of `listener` see it.
    func serverContext(_ listener: ListenerSettings, _ tls: TLSSettings) throws(StartError) -> TLSContext {
        var options = TLSContext.ServerOptions(certificates: certificates)
        options.minimumVersion = tls.minVersion == .tls13 ? .tls13 : .tls12
        if let ciphers = tls.ciphers { options.ciphers = ciphers }
        if let cipherSuites = tls.cipherSuites { options.cipherSuites = cipherSuites }
        if let groups = tls.groups { options.groups = groups }
        // Clients of HTTP/1.0 that say so (curl does) are served, or told so in HTTP.
        options.applicationProtocols = ["http/1.1", "http/1.0"]
        options.sessionTickets = tls.sessionTickets
        options.ticketKeys = ticketKeys
        options.opensRecords = tls.recordLayer == .builtIn
        options.sessionIDContext = "secure-proxy/\(listener.name)"
        options.clientCertificates =
            switch listener.clientCertificate {
            case .none: .none
            case .optional: .optional
            case .required: .required
            }
        // Captured only where it is of use, see `Settings.authorityFiles`.
        if listener.clientCertificate != .none, let path = listener.clientCA {
            options.clientAuthorities = try Self.authorities(path, supply)
        }
        do throws(TLSError) { return try .server(options) } catch {
            throw StartError("listener \(listener.name): \(error)")
        }
    }

    /// TLS towards a server: its authorities (nil: the system's), and a certificate to show.
    static func clientContext(
        ca: String?, certificate: String?, key: String?, for purpose: String, from supply: KeySupply = .disk
    ) throws(StartError) -> TLSContext {
        var options = TLSContext.ClientOptions()
        if let ca {
            options.trust = .authorities(try authorities(ca, supply))
        } else if let pem = supply.files.trusted {
            options.trust = .authorities(TrustedAuthorities(pem: pem, label: "the system's authorities"))
        }
        if let certificate, let key { options.certificate = try Self.key(certificate, key, supply) }
        do throws(TLSError) { return try .client(options) } catch { throw StartError("\(purpose): \(error)") }
    }
}

/// Why the daemon can't start: what, where, and what to do.
struct StartError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
