internal import COpenSSL

/// OpenSSL's side of a public key: the EVP_PKEY and the contexts prepared for its algorithms.
///
/// Preparing a context (looking up algorithms, setting parameters) costs about as much as an RSA verification, so each
/// is made once and kept; EVP_PKEY_verify may be called on it any number of times. Whatever fails leaves notes in
/// OpenSSL's queue of errors, where the next TLS operation would find them and take them for its own: it is emptied.
@safe struct EVPKey: ~Copyable {
    /// The type and the size or curve.
    let type: KeyType
    private let key: OpaquePointer
    /// Takes the hash of a message, or, for EdDSA, the whole message.
    private let hasher: OpaquePointer
    /// An EVP_PKEY_CTX for each ``Algorithm/index``, made at its first use.
    private var contexts: [OpaquePointer?]
    /// Where a hash is written; as long as the longest.
    private var hash: [UInt8]

    /// Owns `key` from now on, also when it fails, which it does only without memory.
    @unsafe
    init?(owning key: OpaquePointer, type: KeyType) {
        guard let hasher = unsafe EVP_MD_CTX_new() else {
            unsafe EVP_PKEY_free(key)
            return nil
        }
        self.type = type
        unsafe self.key = unsafe key
        unsafe self.hasher = unsafe hasher
        unsafe contexts = Array(repeating: nil, count: Algorithm.allCases.count)
        hash = Array(repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    }

    deinit {
        for index in unsafe contexts.indices { unsafe EVP_PKEY_CTX_free(contexts[index]) }
        unsafe EVP_MD_CTX_free(hasher)
        unsafe EVP_PKEY_free(key)
    }

    /// Whether `signature`, in the form that OpenSSL wants, is one of `message`.
    mutating func verifies(_ signature: [UInt8], of message: [UInt8], algorithm: Algorithm) -> Bool {
        guard let function = algorithm.hashFunction else { return verifiesUnhashed(signature, of: message) }
        guard let context = unsafe context(for: algorithm, function),
            unsafe EVP_DigestInit_ex2(hasher, function.implementation, nil) == 1,
            unsafe EVP_DigestUpdate(hasher, message, message.count) == 1,
            unsafe EVP_DigestFinal_ex(hasher, &hash, nil) == 1,
            // 1 is the only yes: 0 is a wrong signature, less is a failure.
            unsafe EVP_PKEY_verify(context, signature, signature.count, hash, function.length) == 1
        else {
            ERR_clear_error()
            return false
        }
        return true
    }

    /// Whether `signature` is one of `message` by an algorithm that hashes in its own way (RFC 8032 section 5).
    private func verifiesUnhashed(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        // OpenSSL offers EdDSA only as one call over the whole message, to be set up each time.
        guard unsafe EVP_MD_CTX_reset(hasher) == 1,
            unsafe EVP_DigestVerifyInit_ex(hasher, nil, nil, nil, nil, key, nil) == 1,
            unsafe EVP_DigestVerify(hasher, signature, signature.count, message, message.count) == 1
        else {
            ERR_clear_error()
            return false
        }
        return true
    }

    /// The context for `algorithm`, made when this is its first use; nil when OpenSSL can't.
    @unsafe
    private mutating func context(for algorithm: Algorithm, _ function: HashFunction) -> OpaquePointer? {
        if let ready = unsafe contexts[algorithm.index] { return unsafe ready }
        guard let new = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return nil }
        guard unsafe EVP_PKEY_verify_init(new) == 1,
            unsafe EVP_PKEY_CTX_set_signature_md(new, function.implementation) == 1,
            unsafe Self.setPadding(of: new, algorithm, function)
        else {
            unsafe EVP_PKEY_CTX_free(new)
            return nil
        }
        unsafe contexts[algorithm.index] = unsafe new
        return unsafe new
    }

    @unsafe
    private static func setPadding(
        of context: OpaquePointer, _ algorithm: Algorithm, _ function: HashFunction
    ) -> Bool {
        switch algorithm {
        case .rs256, .rs384, .rs512:
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        case .ps256, .ps384, .ps512:
            // RFC 7518 section 3.5: MGF1 with the same hash, and a salt of exactly its length.
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_mgf1_md(context, function.implementation) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
        case .es256, .es384, .es512, .edDSA: true
        }
    }
}
