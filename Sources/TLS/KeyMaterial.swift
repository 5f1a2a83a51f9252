public import Bytes
internal import COpenSSL

/// A certificate, the chain that leads to its authority, and its private key, as PEM bytes that were checked.
public struct KeyMaterial: Sendable {
    /// The certificate, followed by its chain.
    public let certificatePEM: [UInt8]
    /// The private key.
    public let keyPEM: [UInt8]
    /// What names the certificate to its owner, usually a path.
    public let certificateLabel: String
    /// What names the key to its owner, usually a path.
    public let keyLabel: String
    /// The pass phrase of an encrypted key.
    public let passphrase: String?
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
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
        self.certificateLabel = certificateLabel
        self.keyLabel = keyLabel
        self.passphrase = passphrase
        let parsed = try ParsedKeyMaterial(
            certificatePEM: certificatePEM, keyPEM: keyPEM, certificateLabel: certificateLabel, keyLabel: keyLabel,
            passphrase: passphrase)
        identity = unsafe PeerIdentity(certificate: parsed.leaf)
        notBefore = unsafe unixTime(X509_get0_notBefore(parsed.leaf))
        notAfter = unsafe unixTime(X509_get0_notAfter(parsed.leaf))
        keyType = unsafe String(cString: EVP_PKEY_get0_type_name(parsed.key))
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
            certificatePEM: certificatePEM, keyPEM: keyPEM, certificateLabel: certificateLabel, keyLabel: keyLabel,
            passphrase: passphrase)
    }
}

/// The same as OpenSSL's objects.
@safe
final class ParsedKeyMaterial {
    /// The certificate followed by its chain; never empty.
    let certificates: [OpaquePointer]
    let key: OpaquePointer
    var leaf: OpaquePointer { unsafe certificates[0] }

    init(
        certificatePEM: [UInt8], keyPEM: [UInt8], certificateLabel: String, keyLabel: String, passphrase: String?
    ) throws(TLSError) {
        unsafe certificates = try PEM.certificates(in: certificatePEM, label: certificateLabel)
        do throws(TLSError) {
            unsafe key = try PEM.privateKey(in: keyPEM, label: keyLabel, passphrase: passphrase)
        } catch {
            unsafe certificates.forEach { unsafe X509_free($0) }
            throw error
        }
        if unsafe X509_check_private_key(certificates[0], key) != 1 {
            ERR_clear_error()
            throw .keyMismatch(certificate: certificateLabel, key: keyLabel)
        }
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
