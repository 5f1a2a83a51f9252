internal import COpenSSL

/// Why certificates, keys or TLS settings cannot be used. Labels are whatever names the material to its owner,
/// usually the path of a file.
public enum TLSError: Error, Equatable, Sendable {
    /// `label` holds no PEM certificate.
    case noCertificate(label: String)
    /// A certificate in `label` cannot be read.
    case malformedCertificate(label: String, reason: String)
    /// `label` holds no PEM private key.
    case noPrivateKey(label: String)
    /// The private key in `label` cannot be read.
    case malformedPrivateKey(label: String, reason: String)
    /// The private key in `label` is encrypted, and no pass phrase, or a wrong one, was given.
    case encryptedPrivateKey(label: String)
    /// The private key does not belong to the certificate.
    case keyMismatch(certificate: String, key: String)
    /// The private key cannot be made to sign: the key holder, or the token that keeps it, does not.
    case unusableKey(label: String, reason: String)
    /// The private key that a store's URI names cannot be opened. The label has no PIN.
    case keyStore(label: String, reason: String)
    /// The key holder cannot serve its channels.
    case keyHolderCannotStart(reason: String)
    /// The certificate or its key was refused by the library, for example because the key is too short.
    case certificateRefused(label: String, reason: String)
    /// Another certificate has the same type of key; a server can only offer one of each.
    case duplicateKeyType(label: String, type: String)
    /// A server needs at least one certificate.
    case noServerCertificate
    /// Client certificates are asked for, and no authority is given to check them.
    case noAuthorities
    /// The list of TLS 1.2 ciphers, TLS 1.3 cipher suites or groups is not understood.
    case badList(name: String, value: String)
    /// An application protocol's name is empty or longer than 255 bytes.
    case badApplicationProtocol(String)
    /// Session ticket keys have 48 or 80 bytes.
    case badTicketKey(count: Int)
    /// A server's name is neither a host name nor an address.
    case badServerName(String)
    /// A name cannot stand in a certificate.
    case badSubjectName(String)
    /// A call of the library failed, for lack of memory most likely.
    case libraryFailure(operation: String, reason: String)

    /// The failure of a library call, with the reason from OpenSSL's error queue, which is cleared.
    static func library(_ operation: String) -> TLSError {
        .libraryFailure(operation: operation, reason: takeErrorQueue())
    }
}

extension TLSError: CustomStringConvertible {
    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .noCertificate(let label):
            "\(label): no certificate found; expected a PEM block that begins with -----BEGIN CERTIFICATE-----"
        case .malformedCertificate(let label, let reason): "\(label): a certificate cannot be read: \(reason)"
        case .noPrivateKey(let label):
            "\(label): no private key found; expected a PEM block that begins with -----BEGIN PRIVATE KEY-----"
        case .malformedPrivateKey(let label, let reason): "\(label): the private key cannot be read: \(reason)"
        case .encryptedPrivateKey(let label):
            "\(label): the private key is encrypted; decrypt it, or give the right pass phrase"
        case .keyMismatch(let certificate, let key):
            "\(key): this private key does not belong to the first certificate in \(certificate)"
        case .unusableKey(let label, let reason): "\(label): this private key does not sign: \(reason)"
        case .keyStore(let label, let reason): "\(label): the private key cannot be opened: \(reason)"
        case .keyHolderCannotStart(let reason): "the key holder cannot serve its channels: \(reason)"
        case .certificateRefused(let label, let reason): "\(label): the certificate cannot be used: \(reason)"
        case .duplicateKeyType(let label, let type):
            "\(label): there is another certificate with a key of type \(type); give one of each type"
        case .noServerCertificate: "a TLS server needs a certificate and its private key"
        case .noAuthorities: "client certificates are to be checked, but no certificate authority is given"
        case .badList(let name, let value): "\(name): not understood: \(value)"
        case .badApplicationProtocol(let name): "application protocol \"\(name)\": 1 to 255 bytes are allowed"
        case .badTicketKey(let count): "a session ticket key has 48 or 80 bytes, not \(count)"
        case .badServerName(let name): "\"\(name)\" is neither a host name nor an IP address"
        case .badSubjectName(let name): "\"\(name)\" cannot stand in a certificate"
        case .libraryFailure(let operation, let reason): "OpenSSL's \(operation) failed: \(reason)"
        }
    }
}

/// The most telling reason in OpenSSL's error queue; the queue is empty afterwards.
func takeErrorQueue() -> String { reasonText(takeTellingError()) ?? "no reason given" }
