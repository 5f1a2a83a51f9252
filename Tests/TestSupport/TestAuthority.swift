public import BridgeClient
internal import Bytes
internal import Glibc
internal import System
public import TLS

/// An authority whose certificates the clients of a test believe, and a daemon's certificate from it.
public struct TestAuthority: Sendable {
    /// What the daemon's key is.
    public enum KeyKind: Sendable, CaseIterable {
        /// ECDSA on P-256.
        case ecdsa
        /// RSA with 2,048 bits.
        case rsa
    }

    private let authority: CertificateAuthority
    /// The kind of keys that it issues certificates for.
    public let keyKind: KeyKind

    /// A new authority.
    public init(_ keyKind: KeyKind = .ecdsa) throws {
        authority = try CertificateAuthority(commonName: "Secure Proxy test authority", now: Clock.unix)
        self.keyKind = keyKind
    }

    /// The authority's certificate.
    public var certificatePEM: [UInt8] { authority.certificate.certificatePEM }

    /// How clients verify what it issued.
    public var trust: ServerTrust { .authorities(pem: certificatePEM, label: "cacert.pem") }

    /// A new certificate for this machine and its key.
    ///
    /// - Parameter startingAt: seconds from now to the first moment of validity.
    /// - Parameter days: how long it is valid.
    public func issue(startingAt: Int64 = 0, days: Int64 = 397) throws -> IssuedCertificate {
        switch keyKind {
        case .ecdsa:
            return try authority.issue(
                CertificateRequest(
                    commonName: "localhost", names: SubjectName.localhost, now: Clock.unix.adding(seconds: startingAt),
                    days: days))
        case .rsa: return try issueRSA(days: days)
        }
    }

    /// The project's own authority makes ECDSA keys only; openssl(1) makes others.
    private func issueRSA(days: Int64) throws -> IssuedCertificate {
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        try File.write(certificatePEM, to: "\(directory)/ca.pem", permissions: 0o600)
        try File.write(authority.certificate.keyPEM, to: "\(directory)/ca.key", permissions: 0o600)
        let extensions = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n"
        try File.write(Array(extensions.utf8), to: "\(directory)/extensions", permissions: 0o600)
        func openssl(_ arguments: [String]) throws {
            let errors = "\(directory)/errors"
            let process = try ChildProcess("/usr/bin/openssl", arguments, output: errors, errors: errors)
            guard process.waitForExit(within: .seconds(30)) == 0 else {
                let words = (try? File.read(errors)).map { String(decoding: $0, as: UTF8.self) } ?? ""
                throw HarnessError("openssl \(arguments.joined(separator: " ")): \(words)")
            }
        }
        try openssl([
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "\(directory)/key", "-out",
            "\(directory)/request",
        ])
        try openssl([
            "x509", "-req", "-in", "\(directory)/request", "-CA", "\(directory)/ca.pem", "-CAkey",
            "\(directory)/ca.key", "-set_serial", "\(UInt32.random(in: 1 ... .max))", "-days", "\(days)", "-extfile",
            "\(directory)/extensions", "-out", "\(directory)/certificate",
        ])
        return IssuedCertificate(
            certificatePEM: try File.read("\(directory)/certificate"), keyPEM: try File.read("\(directory)/key"))
    }

    /// Writes a certificate and its key to where daemons look for them in `directory`, the key first: while only one
    /// is new they don't belong together, as whenever an operator replaces them.
    public static func install(_ issued: IssuedCertificate, in directory: String) throws {
        try File.makeDirectory("\(directory)/certs", permissions: 0o755)
        try File.write(issued.keyPEM, to: "\(directory)/certs/serverkey.pem", permissions: 0o600)
        try File.write(issued.certificatePEM, to: "\(directory)/certs/servercert.pem", permissions: 0o644)
    }
}
