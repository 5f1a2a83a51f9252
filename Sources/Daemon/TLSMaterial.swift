internal import Bytes
internal import Settings
internal import System
internal import TLS

/// Keys, certificates and authorities, read from files once at start.
struct TLSMaterial {
    /// What the proxy shows to clients.
    var certificates: [KeyMaterial]
    /// What the operator should know.
    var warnings: [String]

    /// Reads what `settings` names. Where no certificate is there at all, a self-signed one is made and kept.
    static func load(_ settings: Settings) throws(StartError) -> TLSMaterial {
        var material = TLSMaterial(certificates: [], warnings: [])
        for pair in files(settings) {
            if isMissing(pair) { try material.makeSelfSigned(pair) }
            try material.add(pair)
        }
        return material
    }

    /// The files that certificates come from: those of `settings`, or where the self-signed one is kept.
    static func files(_ settings: Settings) -> [CertificateFiles] {
        guard settings.tls.certificates.isEmpty else { return settings.tls.certificates }
        let directory = settings.directory.isEmpty ? "certs" : "\(settings.directory)/certs"
        return [CertificateFiles(certificate: "\(directory)/servercert.pem", key: "\(directory)/serverkey.pem")]
    }

    /// Whether neither file is there, so that a self-signed certificate is made.
    static func isMissing(_ pair: CertificateFiles) -> Bool { !File.exists(pair.certificate) && !File.exists(pair.key) }

    /// Reads a certificate and its key, and notes what the operator should know about them.
    mutating func add(_ pair: CertificateFiles) throws(StartError) {
        if let permissions = File.permissions(pair.key), permissions & 0o077 != 0 {
            warnings.append("\(pair.key): others than its owner may read the key; chmod 600 it")
        }
        let certificate = try Self.key(pair.certificate, pair.key)
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

    /// The certificate and key in two files.
    static func key(_ certificate: String, _ key: String) throws(StartError) -> KeyMaterial {
        do {
            return try KeyMaterial(
                certificatePEM: try File.read(certificate), keyPEM: try File.read(key), certificateLabel: certificate,
                keyLabel: key)
        } catch {
            throw StartError("tls: \(error)")
        }
    }

    /// The authorities in a file.
    static func authorities(_ path: String) throws(StartError) -> TrustedAuthorities {
        do throws(SystemError) {
            return TrustedAuthorities(pem: try File.read(path), label: path)
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
        options.sessionIDContext = "secure-proxy/\(listener.name)"
        options.clientCertificates =
            switch listener.clientCertificate {
            case .none: .none
            case .optional: .optional
            case .required: .required
            }
        if let path = listener.clientCA { options.clientAuthorities = try Self.authorities(path) }
        do throws(TLSError) { return try .server(options) } catch {
            throw StartError("listener \(listener.name): \(error)")
        }
    }

    /// TLS towards a server: its authorities (nil: the system's), and a certificate to show.
    static func clientContext(
        ca: String?, certificate: String?, key: String?, for purpose: String
    ) throws(StartError) -> TLSContext {
        var options = TLSContext.ClientOptions()
        if let ca { options.trust = .authorities(try authorities(ca)) }
        if let certificate, let key { options.certificate = try Self.key(certificate, key) }
        do throws(TLSError) { return try .client(options) } catch { throw StartError("\(purpose): \(error)") }
    }
}

/// Why the daemon can't start: what, where, and what to do.
struct StartError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
