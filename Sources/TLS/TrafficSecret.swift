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

    /// OpenSSL's name of the hash.
    var digestName: StaticString { hashLength == 48 ? "SHA384" : "SHA256" }

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
    /// The longest hash of any suite: SHA-384.
    static let capacity = 48

    private let bytes: UnsafeMutableRawBufferPointer

    /// A secret as an array, for example from a published trace.
    init(_ secret: [UInt8]) {
        unsafe bytes = .allocate(byteCount: secret.count, alignment: 8)
        unsafe bytes.copyBytes(from: secret)
    }

    /// The secret that a key log has in hexadecimal; nil for anything else.
    static func parse(_ hexadecimal: UnsafeBufferPointer<UInt8>) -> TrafficSecret? {
        let count = hexadecimal.count / 2
        guard count > 0, count <= capacity, hexadecimal.count == count * 2 else { return nil }
        var secret = [UInt8](repeating: 0, count: count)
        defer { unsafe OPENSSL_cleanse(&secret, count) }
        for index in 0..<count {
            guard let high = unsafe digit(hexadecimal[2 * index]), let low = unsafe digit(hexadecimal[2 * index + 1])
            else { return nil }
            secret[index] = high << 4 | low
        }
        return TrafficSecret(secret)
    }

    deinit {
        unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        unsafe bytes.deallocate()
    }

    var count: Int { unsafe bytes.count }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// HKDF-Expand-Label(secret, label, "", length) (RFC 8446 section 7.1), for a `length` of at most one hash.
    ///
    /// - Returns: nil when OpenSSL fails, which it does only without memory.
    func expand(
        _ label: StaticString, _ length: Int, suite: RecordSuite, _ crypto: borrowing RecordCrypto
    ) -> [UInt8]? {
        let prefixed = "tls13 \(label)".utf8
        // struct HkdfLabel { uint16 length; opaque label<7..255>; opaque context<0..255>; } and HKDF's counter of blocks.
        var information: [UInt8] = [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
        information.append(UInt8(truncatingIfNeeded: prefixed.count))
        information.append(contentsOf: prefixed)
        information.append(contentsOf: [0, 1])
        var block = [UInt8](repeating: 0, count: Self.capacity)
        defer { unsafe OPENSSL_cleanse(&block, block.count) }
        let written = unsafe shim_HMAC(
            crypto.hmac, UnsafeRawPointer(suite.digestName.utf8Start).assumingMemoryBound(to: CChar.self),
            bytes.baseAddress, bytes.count, information, information.count, &block, block.count)
        guard written == Int32(suite.hashLength), length <= suite.hashLength else { return nil }
        return Array(block[..<length])
    }

    /// The secret that follows after a key update (RFC 8446 section 7.2).
    func next(suite: RecordSuite, _ crypto: borrowing RecordCrypto) -> TrafficSecret? {
        guard var bytes = expand("traffic upd", suite.hashLength, suite: suite, crypto) else { return nil }
        defer { unsafe OPENSSL_cleanse(&bytes, bytes.count) }
        return TrafficSecret(bytes)
    }
}

/// OpenSSL's implementations that the record layer uses, fetched once: fetching takes locks and as long as a record.
@safe
struct RecordCrypto: ~Copyable {
    let hmac: OpaquePointer
    private let ciphers: [OpaquePointer?]

    init() throws(TLSError) {
        guard let hmac = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else { throw .library("EVP_MAC_fetch") }
        unsafe self.hmac = hmac
        unsafe ciphers = RecordSuite.all.map { suite in
            unsafe EVP_CIPHER_fetch(
                nil, UnsafeRawPointer(suite.cipherName.utf8Start).assumingMemoryBound(to: CChar.self), nil)
        }
        // A library without one of them (FIPS has no ChaCha20) doesn't negotiate it either.
        ERR_clear_error()
    }

    deinit {
        for index in unsafe ciphers.indices { unsafe EVP_CIPHER_free(ciphers[index]) }
        unsafe EVP_MAC_free(hmac)
    }

    /// The AEAD of `suite`; nil where the library has none.
    func cipher(_ suite: RecordSuite) -> OpaquePointer? {
        guard let index = RecordSuite.all.firstIndex(of: suite) else { return nil }
        return unsafe ciphers[index]
    }
}
