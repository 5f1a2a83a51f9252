internal import COpenSSL

/// A private key in this process, or one that a token keeps and that this process may use.
@safe
public final class PrivateKey: @unchecked Sendable {
    // OpenSSL's keys may be used from several threads; this one is never changed.
    let pointer: OpaquePointer
    /// What names the key to its owner, without a PIN.
    public let label: String

    /// Takes over a key of OpenSSL's.
    @unsafe
    init(owning pointer: OpaquePointer, label: String) {
        unsafe self.pointer = pointer
        self.label = label
    }

    deinit { unsafe EVP_PKEY_free(pointer) }

    /// Reads the first private key in a PEM text.
    ///
    /// - Parameters:
    ///   - label: what names the key to its owner, usually a path.
    ///   - passphrase: of an encrypted key.
    public convenience init(pem: [UInt8], label: String, passphrase: String? = nil) throws(TLSError) {
        unsafe self.init(
            owning: try PEM.privateKey(in: pem, label: label, passphrase: passphrase), label: label)
    }

    /// The kind of key, for example `EC`, `RSA` or `ED25519`.
    public var type: String { unsafe keyType(of: pointer) }

    /// Signs a message as TLS does.
    func sign(_ message: Span<UInt8>, scheme: SignatureScheme) -> [UInt8]? {
        unsafe message.withUnsafeBufferPointer { unsafe makeSignature(over: $0, with: pointer, scheme: scheme) }
    }
}

/// The kind of key in OpenSSL's words, also for keys of engines, which have no name of their own.
@unsafe
func keyType(of key: OpaquePointer) -> String {
    if let name = unsafe EVP_PKEY_get0_type_name(key) { return unsafe String(cString: name) }
    switch unsafe EVP_PKEY_get_base_id(key) {
    case EVP_PKEY_RSA: return "RSA"
    case EVP_PKEY_EC: return "EC"
    case let number: return unsafe OBJ_nid2sn(number).map { unsafe String(cString: $0) } ?? "unknown"
    }
}

/// A signature over `message`; nil, with a reason in OpenSSL's error queue, when the key doesn't make one.
@unsafe
private func makeSignature(
    over message: UnsafeBufferPointer<UInt8>, with key: OpaquePointer, scheme: SignatureScheme
) -> [UInt8]? {
    guard let context = unsafe EVP_MD_CTX_new() else { return nil }
    defer { unsafe EVP_MD_CTX_free(context) }
    var parameters: OpaquePointer?
    guard unsafe EVP_DigestSignInit(context, &parameters, scheme.digest, nil, key) == 1,
        unsafe setPadding(scheme, parameters),
        let capacity = unsafe Int(exactly: EVP_PKEY_get_size(key)), capacity > 0
    else { return nil }
    var signature = [UInt8](repeating: 0, count: capacity)
    var count = capacity
    guard unsafe EVP_DigestSign(context, &signature, &count, message.baseAddress, message.count) == 1,
        (1...capacity).contains(count)
    else { return nil }
    signature.removeSubrange(count...)
    return signature
}

@unsafe
private func setPadding(_ scheme: SignatureScheme, _ parameters: OpaquePointer?) -> Bool {
    guard let padding = scheme.padding else { return true }
    guard unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, padding) > 0 else { return false }
    return padding != RSA_PKCS1_PSS_PADDING
        || (unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) > 0)
}

/// Whether `key` signs what `publicKey` accepts: the proof that they belong together, wherever the private half is.
///
/// - Returns: nil when the key could not be made to sign; the reason is in OpenSSL's error queue.
@unsafe
func areOneKey(_ key: OpaquePointer, publicKey: OpaquePointer) -> Bool? {
    guard let scheme = unsafe SignatureScheme.first(forKeyType: keyType(of: publicKey)) else { return nil }
    // What a server proves itself with, over a transcript that no handshake has.
    let message = HandshakeMessage.certificateVerify(hash: [UInt8](repeating: 0, count: 32))
    let signature = unsafe message.withUnsafeBufferPointer {
        unsafe makeSignature(over: $0, with: key, scheme: scheme)
    }
    guard let signature, let context = unsafe EVP_MD_CTX_new() else { return nil }
    defer { unsafe EVP_MD_CTX_free(context) }
    var parameters: OpaquePointer?
    let isMade =
        unsafe EVP_DigestVerifyInit(context, &parameters, scheme.digest, nil, publicKey) == 1
        && setPadding(scheme, parameters)
        && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    ERR_clear_error()
    return isMade
}
