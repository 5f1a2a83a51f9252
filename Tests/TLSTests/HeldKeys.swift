import Bytes
import COpenSSL
import Glibc
import Testing

@testable import TLS

/// A kind of key that a certificate can have.
enum KeyKind: String, CaseIterable, Sendable {
    case p256, p384, rsa2048, rsa4096, rsaPSS, ed25519, ed448

    /// In OpenSSL's words.
    var type: String {
        switch self {
        case .p256, .p384: "EC"
        case .rsa2048, .rsa4096: "RSA"
        case .rsaPSS: "RSA-PSS"
        case .ed25519: "ED25519"
        case .ed448: "ED448"
        }
    }

    fileprivate func generate() -> OpaquePointer {
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var isGood = unsafe EVP_PKEY_keygen_init(context) == 1
        switch self {
        case .p256: isGood = unsafe isGood && EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) > 0
        case .p384: isGood = unsafe isGood && EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_secp384r1) > 0
        case .rsa2048, .rsaPSS: isGood = unsafe isGood && EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) > 0
        case .rsa4096: isGood = unsafe isGood && EVP_PKEY_CTX_set_rsa_keygen_bits(context, 4096) > 0
        case .ed25519, .ed448: break
        }
        var key: OpaquePointer?
        guard isGood, unsafe EVP_PKEY_keygen(context, &key) == 1, let key = unsafe key else {
            fatalError("no key of kind \(self)")
        }
        return unsafe key
    }
}

/// A certificate for localhost, issued by the tests' authority, and its key.
struct IssuedKey: Sendable {
    let certificatePEM: [UInt8]
    let keyPEM: [UInt8]

    init(_ kind: KeyKind) {
        let key = unsafe kind.generate()
        defer { unsafe EVP_PKEY_free(key) }
        self = unsafe IssuedKey(
            certificatePEM: certificateForLocalhost(publicKey: key),
            keyPEM: memoryBytes { unsafe PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) })
    }

    init(certificatePEM: [UInt8], keyPEM: [UInt8]) {
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }

    var privateKey: PrivateKey { orFail { try PrivateKey(pem: keyPEM, label: "key.pem") } }

    /// The certificate with its key at a holder.
    func material(at channel: KeyHolderChannel, index: Int = 0) throws(TLSError) -> KeyMaterial {
        try KeyMaterial(
            certificatePEM: certificatePEM, key: RemoteKey(channel: channel, index: index),
            certificateLabel: "cert.pem", keyLabel: "key.pem")
    }

    /// One of each kind, made when it is first wanted: an RSA key takes a while.
    static subscript(kind: KeyKind) -> IssuedKey {
        switch kind {
        case .p256: p256
        case .p384: p384
        case .rsa2048: rsa2048
        case .rsa4096: rsa4096
        case .rsaPSS: rsaPSS
        case .ed25519: ed25519
        case .ed448: ed448
        }
    }

    private static let p256 = IssuedKey(.p256)
    private static let p384 = IssuedKey(.p384)
    private static let rsa2048 = IssuedKey(.rsa2048)
    private static let rsa4096 = IssuedKey(.rsa4096)
    private static let rsaPSS = IssuedKey(.rsaPSS)
    private static let ed25519 = IssuedKey(.ed25519)
    private static let ed448 = IssuedKey(.ed448)
}

/// A certificate for localhost over a public key, wherever its private half is.
@unsafe
func certificateForLocalhost(publicKey: OpaquePointer) -> [UInt8] {
    let issuer = orFail { try Identities.authority.certificate.material(label: "authority").parsed() }
    guard let certificate = unsafe X509_new() else { fatalError("no certificate") }
    defer { unsafe X509_free(certificate) }
    let now = Int(unixNow().seconds)
    unsafe X509_set_version(certificate, Int(X509_VERSION_3))
    unsafe ASN1_INTEGER_set(X509_get_serialNumber(certificate), now)
    unsafe ASN1_TIME_set(X509_getm_notBefore(certificate), now - 3600)
    unsafe ASN1_TIME_set(X509_getm_notAfter(certificate), now + 86_400 * 90)
    unsafe X509_set_pubkey(certificate, publicKey)
    unsafe X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, Array("localhost".utf8), 9, -1, 0)
    unsafe X509_set_issuer_name(certificate, X509_get_subject_name(issuer.leaf))
    let names = unsafe X509V3_EXT_conf_nid(nil, nil, NID_subject_alt_name, "DNS:localhost")
    unsafe X509_add_ext(certificate, names, -1)
    unsafe X509_EXTENSION_free(names)
    guard unsafe X509_sign(certificate, issuer.key, EVP_sha256()) > 0 else { fatalError("not signed") }
    return unsafe memoryBytes { unsafe PEM_write_bio_X509($0, certificate) }
}

/// Both ends of a SOCK_SEQPACKET pair; what the ends are given to closes them.
func channelPair() -> (worker: Int32, holder: Int32) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else { fatalError("no socket pair") }
    return (ends[0], ends[1])
}

/// A key holder in a thread of its own. It ends when its channels do, which `join` waits for.
final class HolderThread {
    private let thread: OtherThread

    init(keys: [PrivateKey], channels: [Int32]) {
        thread = OtherThread { orFail { try KeyHolder(keys: keys).serve(channels: channels) } }
    }

    func join() { thread.join() }
}

/// A holder and one worker's channel to it.
final class Held {
    let channel: KeyHolderChannel
    private let thread: HolderThread

    init(_ keys: [PrivateKey], timeout: Duration = .seconds(20)) {
        let ends = channelPair()
        channel = KeyHolderChannel(owning: ends.worker, timeout: timeout)
        thread = HolderThread(keys: keys, channels: [ends.holder])
    }
}

/// Something that happens in a thread of its own.
final class OtherThread {
    private var thread = pthread_t()

    private final class Job {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }

    init(_ work: @escaping @Sendable () -> Void) {
        let job = unsafe Unmanaged.passRetained(Job(work)).toOpaque()
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().work()
                return nil
            }, job)
        precondition(result == 0, "no thread")
    }

    func join() { _ = pthread_join(thread, nil) }
}

extension KeyMaterial {
    /// The same with another remote key, unchecked: what a holder that changed its mind is like.
    func asking(_ key: RemoteKey) -> KeyMaterial {
        var changed = self
        changed.source = .remote(key)
        return changed
    }
}

// Spans can't stand in an expectation.

extension KeyRequest {
    init(from bytes: [UInt8]) throws(Refused) { try self.init(decoding: bytes.span) }
}

extension KeyAnswer {
    init?(from bytes: [UInt8]) { self.init(decoding: bytes.span) }
}

extension KeyHolder {
    func answer(to bytes: [UInt8]) -> KeyAnswer { answer(to: bytes.span) }
}
