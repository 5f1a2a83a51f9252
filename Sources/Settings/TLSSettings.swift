/// The oldest TLS version that clients may use.
public enum MinimumTLSVersion: String, CaseIterable, Equatable, Sendable {
    /// TLS 1.2 (RFC 5246).
    case tls12 = "1.2"
    /// TLS 1.3 (RFC 8446).
    case tls13 = "1.3"
}

/// Who seals and opens the records of TLS 1.3 connections after the handshake.
public enum RecordLayerChoice: String, CaseIterable, Equatable, Sendable {
    /// The daemon, with OpenSSL's ciphers.
    case builtIn = "built-in"
    /// OpenSSL, as in the handshake.
    case openSSL = "openssl"
}

/// Where a certificate and its key are: two PEM files, or a file and an object of an OpenSSL store.
public struct CertificateFiles: Equatable, Sendable {
    /// The file of the certificate, with those between it and its root behind it.
    public var certificate: String
    /// The file of the private key, or its URI as the settings have it. For messages there is ``keyName``.
    public var key: String

    /// A certificate and its key.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// The section `tls`: how the proxy shows itself to clients.
public struct TLSSettings: Equatable, Sendable {
    /// `certificate` and `key`, then `certificates`. The first serves clients that ask for no known name. Empty: a
    /// self-signed certificate is made.
    public var certificates: [CertificateFiles] = []
    /// `minVersion`: the oldest version accepted, default 1.2.
    public var minVersion = MinimumTLSVersion.tls12
    /// `ciphers`: cipher list for TLS 1.2 in OpenSSL's notation; nil: the daemon's own.
    public var ciphers: String?
    /// `cipherSuites`: cipher suites for TLS 1.3 in OpenSSL's notation; nil: the daemon's own.
    public var cipherSuites: String?
    /// `groups`: key exchange groups in OpenSSL's notation, most wanted first; nil: the daemon's own.
    public var groups: String?
    /// `clientCertificate`: whether clients are asked for a certificate, default none.
    public var clientCertificate = ClientCertificateMode.none
    /// `clientCA`: the file with the authorities that client certificates are verified with.
    public var clientCA: String?
    /// `sessionTickets`: tickets sent after a TLS 1.3 handshake, default 1; 0: no resumption.
    public var sessionTickets = Defaults.sessionTickets
    /// `ticketKeyRotation`: how long tickets are issued with one key, default 12 h.
    public var ticketKeyRotation = Defaults.ticketKeyRotation
    /// `recordLayer`: who seals and opens records after a TLS 1.3 handshake, default the daemon.
    public var recordLayer = RecordLayerChoice.builtIn
    /// `reloadInterval`: how often the files of certificates, keys and authorities are looked at, default 60 s; nil:
    /// never.
    public var reloadInterval: Duration? = Defaults.certificateReloadInterval

    /// The defaults; without certificate.
    public init() {}

    mutating func read(_ section: Section, _ directory: String) {
        var first = (certificate: String?.none, key: String?.none)
        section.file("certificate", &first.certificate, from: directory)
        section.key("key", &first.key, from: directory)
        section.checkPair("certificate", first.certificate, "key", first.key)
        if let certificate = first.certificate, let key = first.key {
            certificates.append(CertificateFiles(certificate: certificate, key: key))
        }
        section.sections("certificates") { entry in
            var pair = (certificate: String?.none, key: String?.none)
            entry.file("certificate", &pair.certificate, from: directory)
            entry.key("key", &pair.key, from: directory)
            guard let certificate = pair.certificate, let key = pair.key else {
                entry.require("certificate", "the file of a certificate")
                entry.require("key", "the file of its private key")
                return
            }
            certificates.append(CertificateFiles(certificate: certificate, key: key))
        }
        section.choice("minVersion", &minVersion)
        section.text("ciphers", &ciphers)
        section.text("cipherSuites", &cipherSuites)
        section.text("groups", &groups)
        section.choice("clientCertificate", &clientCertificate)
        section.file("clientCA", &clientCA, from: directory)
        section.integer("sessionTickets", &sessionTickets, in: 0...8)
        // A ticket lives seven days at most (RFC 8446 section 4.6.1).
        section.duration("ticketKeyRotation", &ticketKeyRotation, in: .seconds(60)...Limits.day * 7)
        section.choice("recordLayer", &recordLayer)
        section.duration("reloadInterval", &reloadInterval, in: .seconds(1)...Limits.day, zero: "never")
    }
}

extension Section {
    /// Notes a name that has to be there and isn't.
    func require(_ name: String, _ meaning: String) {
        guard !has(name), !report.isListing else { return }
        problem(name, "it is missing", remedy: "add \"\(name)\" with \(meaning)")
    }
}
