internal import COpenSSL

/// SHA-256 over bytes that come in pieces.
@safe
final class SHA256Digest {
    private let context: OpaquePointer?

    init() {
        unsafe context = EVP_MD_CTX_new()
        unsafe EVP_DigestInit_ex2(context, EVP_sha256(), nil)
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The digest of everything so far. Nothing can be added after it.
    func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        unsafe EVP_DigestFinal_ex(context, &digest, nil)
        return digest
    }

    /// The digest of `bytes`.
    static func digest(of bytes: [UInt8]) -> [UInt8] {
        let hasher = SHA256Digest()
        unsafe bytes.withUnsafeBytes { unsafe hasher.update($0) }
        return hasher.finish()
    }
}
