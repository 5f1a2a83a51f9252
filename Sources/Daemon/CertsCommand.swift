internal import Bytes
internal import System
internal import TLS

/// What `secure-proxy certs` is to make.
public struct CertsOptions: Sendable {
    /// The directory that the files go into.
    public var directory: String
    /// Host names that the server's certificate speaks for; the first is its common name.
    public var names: [String]
    /// IP addresses that it speaks for.
    public var addresses: [String]
    /// Days of validity.
    public var days: Int
    /// Whether an authority is made that issues the server's certificate and one for a client.
    public var withAuthority: Bool
    /// The common name of the client's certificate.
    public var client: String
    /// Whether files that are there may be replaced.
    public var force: Bool

    /// Without names and addresses: a certificate for localhost.
    public init(
        directory: String = "certs", names: [String] = [], addresses: [String] = [], days: Int = 397,
        withAuthority: Bool = false, client: String = "client", force: Bool = false
    ) {
        self.directory = directory
        self.names = names
        self.addresses = addresses
        self.days = days
        self.withAuthority = withAuthority
        self.client = client
        self.force = force
    }
}

extension Commands {
    /// `secure-proxy certs`: certificates and keys for trying things out.
    ///
    /// - Returns: ``ExitCode/success``; ``ExitCode/usage`` for a name or a number of days that can't be;
    ///   ``ExitCode/failure`` when files are in the way or can't be written.
    public static func makeCertificates(_ options: CertsOptions, output: CommandOutput = .console) -> ExitCode {
        guard (1...36_500).contains(options.days) else {
            output.error("error: --days: \(options.days) is not from 1 to 36500")
            return .usage
        }
        let made: [MadeCertificate]
        do throws(TLSError) { made = try MadeCertificate.all(options) } catch {
            output.error("error: \(error)")
            return .usage
        }
        let paths = made.flatMap {
            ["\(options.directory)/\($0.name)cert.pem", "\(options.directory)/\($0.name)key.pem"]
        }
        let inTheWay = options.force ? [] : paths.filter(File.exists)
        guard inTheWay.isEmpty else {
            output.error(
                "error: \(inTheWay.joined(separator: ", ")) would be overwritten; name another directory with --out, or use --force"
            )
            return .failure
        }
        do throws(SystemError) {
            try File.makeDirectory(options.directory, permissions: 0o755)
            for one in made {
                let path = "\(options.directory)/\(one.name)"
                // The key first: a certificate without its key would only puzzle.
                try File.write(one.issued.keyPEM, to: "\(path)key.pem", permissions: 0o600)
                try File.write(one.issued.certificatePEM, to: "\(path)cert.pem", permissions: 0o644)
                for line in one.words(path) { output.print(line) }
            }
        } catch {
            output.error("error: \(error)")
            return .failure
        }
        for line in MadeCertificate.advice(options) { output.print(line) }
        return .success
    }
}

/// A certificate and what its files are called.
private struct MadeCertificate {
    /// What the files' names begin with.
    let name: String
    let issued: IssuedCertificate
    let material: KeyMaterial

    private init(_ name: String, _ issued: IssuedCertificate) throws(TLSError) {
        self.name = name
        self.issued = issued
        material = try issued.material(label: name)
    }

    static func all(_ options: CertsOptions) throws(TLSError) -> [MadeCertificate] {
        let now = Clock.unix
        let days = Int64(options.days)
        var names = options.names.map(SubjectName.dns) + options.addresses.map(SubjectName.address)
        if names.isEmpty { names = SubjectName.localhost }
        let server = CertificateRequest(
            commonName: options.names.first ?? options.addresses.first ?? "localhost", names: names, now: now,
            days: days)
        guard options.withAuthority else {
            return [try MadeCertificate("server", try CertificateAuthority.selfSigned(server))]
        }
        // An authority that ends before what it issued would end that too.
        let authority = try CertificateAuthority(
            commonName: "Secure Proxy trial authority", now: now, days: max(3650, days))
        let client = CertificateRequest(commonName: options.client, names: [], now: now, days: days)
        return [
            try MadeCertificate("ca", authority.certificate),
            try MadeCertificate("server", try authority.issue(server)),
            try MadeCertificate("client", try authority.issue(client)),
        ]
    }

    func words(_ path: String) -> [String] {
        let identity = material.identity
        let names = (identity.dnsNames + identity.ipAddresses).joined(separator: ", ")
        return [
            "\(path)cert.pem, \(path)key.pem: \(identity.subject)\(names.isEmpty ? "" : " (\(names))")",
            "  valid until \(LogTime(material.notAfter))",
            "  SHA-256 fingerprint \(Self.fingerprint(identity.fingerprint))",
        ]
    }

    /// As other tools print it: `AB:CD:…`.
    private static func fingerprint(_ hexadecimal: String) -> String {
        let digits = Array(hexadecimal.uppercased())
        return stride(from: 0, to: digits.count, by: 2).map { String(digits[$0..<min($0 + 2, digits.count)]) }
            .joined(separator: ":")
    }

    /// What to do with them.
    static func advice(_ options: CertsOptions) -> [String] {
        let directory = options.directory
        guard options.withAuthority else {
            return ["clients that are to trust it: give them \(directory)/servercert.pem as their CA"]
        }
        return [
            "proxy.json, for mutual TLS: \"tls\": { \"certificate\": \"\(directory)/servercert.pem\", "
                + "\"key\": \"\(directory)/serverkey.pem\", \"clientCertificate\": \"required\", "
                + "\"clientCA\": \"\(directory)/cacert.pem\" }",
            "clients: trust \(directory)/cacert.pem, show \(directory)/clientcert.pem with \(directory)/clientkey.pem",
            "keep \(directory)/cakey.pem to yourself: whoever has it can make certificates that are trusted here",
        ]
    }
}
