internal import COpenSSL

/// A secret with which a server seals and opens session tickets (RFC 5077 section 4). Workers that share keys resume
/// each other's sessions.
public struct TicketKey: Equatable, Sendable {
    /// Tells the keys apart; visible in the ticket.
    let name: [UInt8]
    let macKey: [UInt8]
    let sealKey: [UInt8]

    /// A key from a secret of 80 bytes (name 16, HMAC 32, AES-256 32), or of 48, which is stretched to that.
    public init(_ secret: [UInt8]) throws(TLSError) {
        switch secret.count {
        case 80:
            name = Array(secret[0..<16])
            macKey = Array(secret[16..<48])
            sealKey = Array(secret[48..<80])
        case 48:
            // 16 bytes of name, 32 of secret: both keys come from one hash of it.
            name = Array(secret[0..<16])
            var stretched = [UInt8](repeating: 0, count: Int(SHA512_DIGEST_LENGTH))
            unsafe _ = SHA512(secret, secret.count, &stretched)
            macKey = Array(stretched[0..<32])
            sealKey = Array(stretched[32..<64])
        default: throw .badTicketKey(count: secret.count)
        }
    }

    /// The key as 80 bytes, from which ``init(_:)`` makes it again; for other processes that serve the same clients.
    public var secret: [UInt8] { name + macKey + sealKey }

    /// A new random key.
    public static func random() throws(TLSError) -> TicketKey {
        var secret = [UInt8](repeating: 0, count: 80)
        guard unsafe RAND_bytes(&secret, Int32(secret.count)) == 1 else { throw .library("RAND_bytes") }
        return try TicketKey(secret)
    }
}

extension TLSContext {
    /// Replaces the keys of session tickets: the first seals, all open. An older key should stay for as long as
    /// tickets live. At least one.
    ///
    /// Not to be called while another thread serves connections of this context.
    public func replaceTicketKeys(_ keys: [TicketKey]) {
        guard !keys.isEmpty else { return }
        setTicketKeys(keys)
    }

    func setTicketKeys(_ keys: [TicketKey]) {
        ticketKeys = keys
        // Not retained: connections keep their context alive for as long as callbacks can come.
        unsafe SSL_CTX_set_ex_data(pointer, 0, Unmanaged.passUnretained(self).toOpaque())
        unsafe SSL_CTX_set_tlsext_ticket_key_evp_cb(pointer, sealOrOpenTicket)
    }
}

/// OpenSSL's ticket callback: sets up cipher and MAC. Answers -1 failure, 0 no such key (a full handshake follows),
/// 1 good, 2 good and a new ticket is due.
private let sealOrOpenTicket:
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, OpaquePointer?, OpaquePointer?,
        Int32
    ) -> Int32 = { ssl, name, vector, cipher, mac, sealing in
        guard let argument = unsafe SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0), let name = unsafe name else {
            return -1
        }
        let keys = unsafe Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue().ticketKeys
        let nameLength = 16
        if sealing != 0 {
            guard let key = keys.first, let vector = unsafe vector,
                unsafe RAND_bytes(vector, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1,
                unsafe EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nil, key.sealKey, vector) == 1,
                unsafe shim_EVP_MAC_CTX_set_hmac_sha256(mac, key.macKey, key.macKey.count) == 1
            else { return -1 }
            unsafe UnsafeMutableRawBufferPointer(start: name, count: nameLength).copyBytes(from: key.name)
            return 1
        }
        let wanted = unsafe UnsafeBufferPointer(start: name, count: nameLength)
        guard let index = keys.firstIndex(where: { unsafe $0.name.elementsEqual(wanted) }) else { return 0 }
        guard unsafe EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nil, keys[index].sealKey, vector) == 1,
            unsafe shim_EVP_MAC_CTX_set_hmac_sha256(mac, keys[index].macKey, keys[index].macKey.count) == 1
        else { return -1 }
        return index == 0 ? 1 : 2
    }
