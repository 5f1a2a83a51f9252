internal import CKeySchedule
internal import COpenSSL

/// A cipher suite of TLS 1.3 (RFC 8446 appendix B.4) as the record layer needs it.
struct RecordSuite: Equatable {
    /// The number in the IANA registry.
    let number: UInt16
    /// The name of the AEAD in OpenSSL.
    let cipherName: StaticString
    let keyLength: Int
    /// Of the hash, and so of each secret.
    let hashLength: Int

    static let all = [
        RecordSuite(number: 0x1301, cipherName: "AES-128-GCM", keyLength: 16, hashLength: 32),
        RecordSuite(number: 0x1302, cipherName: "AES-256-GCM", keyLength: 32, hashLength: 48),
        RecordSuite(number: 0x1303, cipherName: "ChaCha20-Poly1305", keyLength: 32, hashLength: 32),
    ]

    /// The suite with this number; nil for one that OpenSSL's own record layer must do.
    static func numbered(_ number: UInt16) -> RecordSuite? { all.first { $0.number == number } }

    static func == (left: RecordSuite, right: RecordSuite) -> Bool { left.number == right.number }
}

/// One side's application traffic secret (RFC 8446 section 7.1): what its record keys come from, now and after each
/// key update. The memory is wiped when it goes.
@safe
struct TrafficSecret: ~Copyable {
    private let bytes: UnsafeMutableRawBufferPointer

    /// A secret as an array, for example from a published trace.
    init(_ secret: [UInt8]) {
        unsafe bytes = .allocate(byteCount: secret.count, alignment: 8)
        unsafe bytes.copyBytes(from: secret)
    }

    /// A copy of a secret.
    init(copying secret: UnsafeRawBufferPointer) {
        unsafe bytes = .allocate(byteCount: secret.count, alignment: 8)
        unsafe bytes.copyMemory(from: secret)
    }

    deinit {
        unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        unsafe bytes.deallocate()
    }

    var count: Int { unsafe bytes.count }

    /// HKDF-Expand-Label(secret, label, "", count) (RFC 8446 section 7.1).
    ///
    /// - Returns: nil for a hash that no suite has.
    func expand(_ label: StaticString, _ count: Int, suite: RecordSuite) -> [UInt8]? {
        var out = [UInt8](repeating: 0, count: count)
        let good = unsafe ckeyschedule_expand_label(
            suite.hashLength, bytes.baseAddress, bytes.count,
            UnsafeRawPointer(label.utf8Start).assumingMemoryBound(to: CChar.self), &out, count)
        return good == 1 ? out : nil
    }

    /// The secret that follows after a key update (RFC 8446 section 7.2).
    func next(suite: RecordSuite) -> TrafficSecret? {
        guard var bytes = expand("traffic upd", suite.hashLength, suite: suite) else { return nil }
        defer { unsafe OPENSSL_cleanse(&bytes, bytes.count) }
        return TrafficSecret(bytes)
    }
}

/// OpenSSL's implementations that the record layer uses, fetched once: fetching takes locks and as long as a record.
@safe
struct RecordCrypto: ~Copyable {
    private let ciphers: [OpaquePointer?]

    init() {
        unsafe ciphers = RecordSuite.all.map { suite in
            unsafe EVP_CIPHER_fetch(
                nil, UnsafeRawPointer(suite.cipherName.utf8Start).assumingMemoryBound(to: CChar.self), nil)
        }
        // A library without one of them (FIPS has no ChaCha20) doesn't negotiate it either.
        ERR_clear_error()
    }

    deinit {
        for index in unsafe ciphers.indices { unsafe EVP_CIPHER_free(ciphers[index]) }
    }

    /// The AEAD of `suite`; nil where the library has none.
    func cipher(_ suite: RecordSuite) -> OpaquePointer? {
        guard let index = RecordSuite.all.firstIndex(of: suite) else { return nil }
        return unsafe ciphers[index]
    }
}
