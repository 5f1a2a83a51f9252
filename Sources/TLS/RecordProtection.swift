internal import COpenSSL

/// One direction's record protection in TLS 1.3 (RFC 8446 section 5.2): seals or opens one record after the other.
///
/// The algorithms are OpenSSL's. It allocates when it is made and when keys change, and never for a record.
@safe
struct RecordProtection: ~Copyable {
    /// struct { ContentType; ProtocolVersion; uint16 length } (section 5.1).
    static let headerLength = 5
    /// Of each AEAD that TLS 1.3 has.
    static let tagLength = 16
    /// TLSInnerPlaintext.content at most (section 5.1).
    static let maximumPlaintext = 1 << 14
    /// TLSCiphertext.encrypted_record at most (section 5.2).
    static let maximumCiphertext = maximumPlaintext + 256
    /// What a record adds to its content: header, content type, tag.
    static let overhead = headerLength + 1 + tagLength
    /// The content type that every protected record shows to the world.
    static let outerType: UInt8 = 23

    /// Copying so few bytes is cheaper than a second call into the cipher for the content type.
    private static let copiedPlaintext = 4096

    /// Nil only without memory; then nothing is ever sealed or opened.
    private let cipher: OpaquePointer?
    /// The 12 bytes of the static IV: four as they are, eight that each record's number is folded into (section 5.3).
    private var vectorHead: UInt32 = 0
    private var vectorTail: UInt64 = 0
    /// How many records were sealed or opened with these keys.
    private(set) var sequence: UInt64
    private var secret: TrafficSecret
    private let suite: RecordSuite

    /// - Parameter sequence: how many records OpenSSL has made with these keys.
    /// - Returns: nil when OpenSSL can't do it.
    init?(
        suite: RecordSuite, secret: consuming TrafficSecret, seals: Bool, sequence: UInt64 = 0,
        _ crypto: borrowing RecordCrypto
    ) {
        unsafe cipher = EVP_CIPHER_CTX_new()
        self.suite = suite
        self.secret = secret
        self.sequence = sequence
        guard unsafe cipher != nil, self.secret.count == suite.hashLength,
            let algorithm = unsafe crypto.cipher(suite),
            unsafe EVP_CipherInit_ex(cipher, algorithm, nil, nil, nil, seals ? 1 : 0) == 1, useSecret()
        else { return nil }
    }

    deinit { unsafe EVP_CIPHER_CTX_free(cipher) }

    /// Takes key and IV from the secret (section 7.3).
    private mutating func useSecret() -> Bool {
        guard var key = secret.expand("key", suite.keyLength, suite: suite),
            let vector = secret.expand("iv", 12, suite: suite)
        else { return false }
        defer { unsafe OPENSSL_cleanse(&key, key.count) }
        unsafe vector.withUnsafeBytes { bytes in
            vectorHead = unsafe bytes.loadUnaligned(as: UInt32.self)
            vectorTail = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
        }
        return unsafe EVP_CipherInit_ex(cipher, nil, nil, key, nil, -1) == 1
    }

    /// Goes over to the next keys (section 7.2).
    mutating func update() -> Bool {
        guard let next = secret.next(suite: suite) else { return false }
        secret = next
        // Not before the keys have changed: the old ones must not see a number twice.
        guard useSecret() else { return false }
        sequence = 0
        return true
    }

    /// Gives the cipher the nonce of the next record (section 5.3), and counts.
    @inline(__always)
    private mutating func begin() -> Bool {
        var nonce = (vectorHead, UInt32(0), UInt32(0))
        let tail = (vectorTail ^ sequence).bigEndian
        nonce.1 = UInt32(truncatingIfNeeded: tail)
        nonce.2 = UInt32(truncatingIfNeeded: tail >> 32)
        sequence &+= 1
        return unsafe withUnsafeBytes(of: &nonce) { bytes in
            unsafe EVP_CipherInit_ex(
                cipher, nil, nil, nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), -1) == 1
        }
    }

    /// Writes one record of `content` to `record`, which has room for ``overhead`` bytes more than that.
    ///
    /// - Parameter content: at most ``maximumPlaintext`` bytes, outside of `record`.
    /// - Returns: the record's length, or nil when OpenSSL fails.
    mutating func seal(_ content: UnsafeRawBufferPointer, type: UInt8, to record: UnsafeMutableRawPointer) -> Int? {
        let count = content.count
        let sealed = count + 1 + Self.tagLength
        let header = unsafe record.assumingMemoryBound(to: UInt8.self)
        unsafe header[0] = Self.outerType
        unsafe header[1] = 3
        unsafe header[2] = 3
        unsafe header[3] = UInt8(truncatingIfNeeded: sealed >> 8)
        unsafe header[4] = UInt8(truncatingIfNeeded: sealed)
        let body = unsafe header + Self.headerLength
        var written: Int32 = 0
        guard begin(), unsafe EVP_CipherUpdate(cipher, nil, &written, header, Int32(Self.headerLength)) == 1 else {
            return nil
        }
        if count <= Self.copiedPlaintext {
            unsafe UnsafeMutableRawBufferPointer(start: body, count: count).copyMemory(from: content)
            unsafe body[count] = type
            guard unsafe EVP_CipherUpdate(cipher, body, &written, body, Int32(count + 1)) == 1 else { return nil }
        } else {
            let source = unsafe content.baseAddress?.assumingMemoryBound(to: UInt8.self)
            guard unsafe EVP_CipherUpdate(cipher, body, &written, source, Int32(count)) == 1 else { return nil }
            unsafe body[count] = type
            guard unsafe EVP_CipherUpdate(cipher, body + count, &written, body + count, 1) == 1 else { return nil }
        }
        guard unsafe EVP_CipherFinal_ex(cipher, body + count + 1, &written) == 1,
            unsafe EVP_CIPHER_CTX_ctrl(
                cipher, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagLength), body + count + 1) == 1
        else {
            ERR_clear_error()
            return nil
        }
        return Self.headerLength + sealed
    }

    /// Decrypts and authenticates one whole record into `plaintext`, which may be where the record's body is.
    ///
    /// - Parameters:
    ///   - record: header and body; the body's length is at least 1 + ``tagLength``.
    ///   - plaintext: has room for the body less the tag.
    /// - Returns: the length of TLSInnerPlaintext: content, content type and padding; nil for a forged record.
    mutating func open(_ record: UnsafeMutableRawBufferPointer, into plaintext: UnsafeMutableRawPointer) -> Int? {
        guard let base = unsafe record.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
        let count = record.count - Self.headerLength - Self.tagLength
        let body = unsafe base + Self.headerLength
        let target = unsafe plaintext.assumingMemoryBound(to: UInt8.self)
        var written: Int32 = 0
        guard begin(),
            unsafe EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagLength), body + count) == 1,
            unsafe EVP_CipherUpdate(cipher, nil, &written, base, Int32(Self.headerLength)) == 1,
            unsafe EVP_CipherUpdate(cipher, target, &written, body, Int32(count)) == 1,
            unsafe EVP_CipherFinal_ex(cipher, target + count, &written) == 1
        else {
            ERR_clear_error()
            return nil
        }
        return count
    }
}
