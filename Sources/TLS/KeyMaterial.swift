public import Bytes
internal import COpenSSL

/// A certificate, the chain that leads to its authority, and its private key, which were checked: the key as PEM bytes,
/// as one that this process may use, or as one to ask the key holder for.
public struct KeyMaterial: Sendable {
    /// The certificate, followed by its chain.
    public let certificatePEM: [UInt8]
    /// The private key; empty when it isn't known as such.
    public let keyPEM: [UInt8]
    /// What names the certificate to its owner, usually a path.
    public let certificateLabel: String
    /// What names the key to its owner, usually a path.
    public let keyLabel: String
    /// Where OpenSSL gets the key from.
    var source: KeySource
    /// The names that the certificate bears.
    public let identity: PeerIdentity
    /// The first moment of the certificate's validity.
    public let notBefore: UnixTime
    /// The last moment of the certificate's validity.
    public let notAfter: UnixTime
    /// The kind of key, for example `EC`, `RSA` or `ED25519`.
    public let keyType: String

    /// Checks that both can be read and belong together.
    ///
    /// - Throws: `TLSError` that names the label of the offending part.
    public init(
        certificatePEM: [UInt8], keyPEM: [UInt8], certificateLabel: String, keyLabel: String,
        passphrase: String? = nil
    ) throws(TLSError) {
        try self.init(
            certificatePEM, .pem(keyPEM, passphrase: passphrase), certificateLabel: certificateLabel,
            keyLabel: keyLabel)
    }

    /// The same for a key that was read or opened before.
    ///
    /// - Throws: `TLSError` that names the label of the offending part.
    public init(certificatePEM: [UInt8], key: PrivateKey, certificateLabel: String) throws(TLSError) {
        try self.init(
            certificatePEM, .opened(key), certificateLabel: certificateLabel, keyLabel: key.label)
    }

    /// The same for a key that the key holder keeps. The holder is asked for a signature to see that the certificate
    /// belongs to it, and is waited for as long as its channel says.
    ///
    /// - Parameter certificatePEM: not to hold the private key, since this process isn't to have it: see
    ///   ``certificates(in:label:)``.
    /// - Throws: `TLSError` that names the label of the offending part.
    public init(
        certificatePEM: [UInt8], key: RemoteKey, certificateLabel: String, keyLabel: String
    ) throws(TLSError) {
        try self.init(
            certificatePEM, .remote(key), certificateLabel: certificateLabel, keyLabel: keyLabel)
    }

    private init(
        _ certificatePEM: [UInt8], _ source: KeySource, certificateLabel: String, keyLabel: String
    ) throws(TLSError) {
        self.certificatePEM = certificatePEM
        if case .pem(let bytes, _) = source { keyPEM = bytes } else { keyPEM = [] }
        self.source = source
        self.certificateLabel = certificateLabel
        self.keyLabel = keyLabel
        let parsed = try ParsedKeyMaterial(
            certificatePEM: certificatePEM, source: source, certificateLabel: certificateLabel, keyLabel: keyLabel)
        try parsed.check(source)
        identity = unsafe PeerIdentity(certificate: parsed.leaf)
        notBefore = unsafe unixTime(X509_get0_notBefore(parsed.leaf))
        notAfter = unsafe unixTime(X509_get0_notAfter(parsed.leaf))
        keyType = unsafe TLS.keyType(of: parsed.key)
    }

    /// The certificates in a PEM text, written anew, without anything else that the text holds: what may be given to a
    /// process that must not have the private key, even if both stand in one file.
    public static func certificates(in text: [UInt8], label: String) throws(TLSError) -> [UInt8] {
        let certificates = try unsafe PEM.certificates(in: text, label: label)
        defer { unsafe certificates.forEach { unsafe X509_free($0) } }
        return unsafe memoryBytes { bio in
            for index in unsafe certificates.indices {
                guard unsafe PEM_write_bio_X509(bio, certificates[index]) == 1 else { return -1 }
            }
            return 1
        }
    }

    /// What the owner should know though nothing is broken: expired, not yet valid, about to expire (30 days).
    public func warnings(at now: UnixTime) -> [String] {
        let day: Int64 = 86_400
        if now > notAfter { return ["\(certificateLabel): the certificate has expired"] }
        if now < notBefore { return ["\(certificateLabel): the certificate is not valid yet"] }
        let left = (notAfter.seconds - now.seconds) / day
        return left < 30 ? ["\(certificateLabel): the certificate expires in \(left) days"] : []
    }

    func parsed() throws(TLSError) -> ParsedKeyMaterial {
        try ParsedKeyMaterial(
            certificatePEM: certificatePEM, source: source, certificateLabel: certificateLabel, keyLabel: keyLabel)
    }
}

/// Where a private key comes from.
enum KeySource: Sendable {
    /// A PEM text.
    case pem([UInt8], passphrase: String?)
    /// A key that this process has, or may use.
    case opened(PrivateKey)
    /// The key holder.
    case remote(RemoteKey)
}

/// The same as OpenSSL's objects.
@safe
final class ParsedKeyMaterial {
    /// The certificate followed by its chain; never empty.
    let certificates: [OpaquePointer]
    let key: OpaquePointer
    var leaf: OpaquePointer { unsafe certificates[0] }
    private let certificateLabel: String
    private let keyLabel: String

    init(
        certificatePEM: [UInt8], source: KeySource, certificateLabel: String, keyLabel: String
    ) throws(TLSError) {
        self.certificateLabel = certificateLabel
        self.keyLabel = keyLabel
        unsafe certificates = try PEM.certificates(in: certificatePEM, label: certificateLabel)
        do throws(TLSError) {
            switch source {
            case .pem(let text, let passphrase):
                unsafe key = try PEM.privateKey(in: text, label: keyLabel, passphrase: passphrase)
            case .opened(let opened):
                unsafe EVP_PKEY_up_ref(opened.pointer)
                unsafe key = opened.pointer
            case .remote(let remote):
                unsafe key = try remote.key(certificate: certificates[0], label: certificateLabel)
            }
        } catch {
            unsafe certificates.forEach { unsafe X509_free($0) }
            throw error
        }
    }

    /// Makes sure that certificate and key belong together.
    func check(_ source: KeySource) throws(TLSError) {
        let isPair: Bool?
        switch source {
        case .pem: isPair = unsafe X509_check_private_key(leaf, key) == 1
        // What a token or a holder says of its key's public half may be missing or wrong; a signature isn't.
        case .opened, .remote:
            guard let publicKey = unsafe X509_get0_pubkey(leaf) else {
                throw .malformedCertificate(label: certificateLabel, reason: takeErrorQueue())
            }
            isPair =
                unsafe TLS.keyType(of: key) == TLS.keyType(of: publicKey) ? areOneKey(key, publicKey: publicKey) : false
        }
        guard let isPair else { throw .unusableKey(label: keyLabel, reason: takeErrorQueue()) }
        ERR_clear_error()
        if !isPair { throw .keyMismatch(certificate: certificateLabel, key: keyLabel) }
    }

    deinit {
        unsafe certificates.forEach { unsafe X509_free($0) }
        unsafe EVP_PKEY_free(key)
    }
}

/// A certificate's time; the distant future or past when it cannot be told.
@unsafe
func unixTime(_ time: UnsafePointer<ASN1_TIME>?) -> UnixTime {
    guard let epoch = unsafe ASN1_TIME_set(nil, 0) else { return UnixTime(seconds: 0) }
    defer { unsafe ASN1_STRING_free(epoch) }
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard unsafe ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return UnixTime(seconds: 0) }
    return UnixTime(seconds: Int64(days) * 86_400 + Int64(seconds))
}
