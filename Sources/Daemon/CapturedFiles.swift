internal import Settings
internal import System
internal import TLS

/// Where certificates, keys and authorities are read from: the disk, or what the master captured from it.
///
/// A worker reads nothing from the disk: it is given what the master read when its generation began. So all workers of a
/// generation agree, a replacement has what the one before it had, and a jail needs none of these files.
struct CapturedFiles {
    /// Where Debian, Fedora, Alpine and OpenSSL's own builds keep the authorities that the system trusts.
    static let systemAuthorities = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
        "/usr/lib/ssl/cert.pem",
    ]

    /// Each file's content by its path; nil: read from the disk.
    private(set) var contents: [String: [UInt8]]?
    /// Private keys that a key holder has, by the path or URI (without PIN) that names them.
    private(set) var heldKeys: [String: Int] = [:]
    /// The content of those that are files, for the key holder alone: workers are not given it.
    private(set) var heldContents: [String: [UInt8]] = [:]
    /// The authorities that the system trusts, as PEM; nil where nobody needs them or the disk is read.
    private(set) var trusted: [UInt8]?

    /// The disk itself.
    static let disk = CapturedFiles(contents: nil)

    private init(contents: [String: [UInt8]]?) { self.contents = contents }

    /// What was captured elsewhere.
    init(contents: [String: [UInt8]], heldKeys: [String: Int], trusted: [UInt8]?) {
        self.contents = contents
        self.heldKeys = heldKeys
        self.trusted = trusted
    }

    /// The content of the file at `path`.
    func read(_ path: String) throws(SystemError) -> [UInt8] {
        guard let contents else { return try File.read(path) }
        guard let content = contents[path] else { throw SystemError("open", path, code: Errno.noEntry) }
        return content
    }

    /// Reads every file that `settings` name. Keys that are to be held by a key holder are numbered instead of read.
    static func capture(_ settings: Settings) throws -> CapturedFiles {
        var captured = CapturedFiles(contents: [:])
        for pair in settings.keyPairs {
            if settings.isHeld(pair) {
                // Certificate and key may share a file.
                try captured.takeCertificates(pair.certificate)
                captured.heldKeys[pair.keyName] = captured.heldKeys[pair.keyName] ?? captured.heldKeys.count
                if pair.keyURI == nil { captured.heldContents[pair.key] = try File.read(pair.key) }
            } else {
                try captured.take(pair.certificate)
                try captured.take(pair.key)
            }
        }
        for path in settings.authorityFiles {
            // Authorities may share a file with a held key, perhaps under another spelling of its path.
            if settings.security.keyIsolation { try captured.takeCertificates(path) } else { try captured.take(path) }
        }
        if settings.trustsSystem {
            for path in systemAuthorities where File.exists(path) {
                captured.trusted = try File.read(path)
                break
            }
        }
        return captured
    }

    /// The same with the keys of the key holder among the files, to be checked by the master.
    var withHeldContents: CapturedFiles {
        CapturedFiles(
            contents: (contents ?? [:]).merging(heldContents) { $1 }, heldKeys: [:], trusted: trusted)
    }

    private mutating func take(_ path: String) throws(SystemError) {
        if contents?[path] == nil { contents?[path] = try File.read(path) }
    }

    /// The certificates of a file and nothing else of it, so that no key gets to a worker along with them.
    private mutating func takeCertificates(_ path: String) throws {
        contents?[path] = try KeyMaterial.certificates(in: try File.read(path), label: path)
    }

    /// What tells whether the files are still those that were captured.
    static func stamps(_ settings: Settings) -> [String: FileStamp] {
        var stamps: [String: FileStamp] = [:]
        let keys = settings.keyPairs.flatMap { $0.keyURI == nil ? [$0.certificate, $0.key] : [$0.certificate] }
        for path in keys + settings.authorityFiles { stamps[path] = FileStamp(path) }
        return stamps
    }
}

extension Settings {
    /// Every certificate with its key: those shown to clients, then those shown to servers.
    var keyPairs: [CertificateFiles] {
        var pairs = TLSMaterial.files(self)
        for (certificate, key) in [(oidc.certificate, oidc.key), (gateway.certificate, gateway.key)] {
            if let certificate, let key { pairs.append(CertificateFiles(certificate: certificate, key: key)) }
        }
        return pairs
    }

    /// Files that matter to new connections of clients alone: certificates, keys and authorities of listeners.
    var listenerFiles: Set<String> {
        var files = Set(TLSMaterial.files(self).flatMap { [$0.certificate, $0.key] })
        files.formUnion(listeners.compactMap(\.clientCA))
        return files.subtracting(
            [oidc.ca, oidc.certificate, oidc.key, gateway.ca, gateway.certificate, gateway.key]
                .compactMap(\.self))
    }

    /// The files with the authorities that certificates are verified with.
    var authorityFiles: [String] {
        var paths = listeners.compactMap { $0.clientCertificate == .none ? nil : $0.clientCA }
        paths += [oidc.ca, gateway.ca].compactMap(\.self)
        return paths
    }

    /// Whether a server's certificate is verified with the authorities that the system trusts.
    var trustsSystem: Bool {
        // A discovery document that was fetched without TLS may name keys that need it.
        let provider = [oidc.discovery, oidc.jwksURI].compactMap(\.self).contains { $0.isSecure || !$0.isLoopback }
        let upstream = listeners.contains { $0.upstream?.isSecure == true }
        return provider && oidc.ca == nil || upstream && gateway.ca == nil
    }

    /// Whether a key stays in the key holder: all of them where keys are isolated, and those in a token always.
    func isHeld(_ pair: CertificateFiles) -> Bool { security.keyIsolation || pair.keyURI != nil }
}
