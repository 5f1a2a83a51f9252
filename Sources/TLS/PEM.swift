internal import COpenSSL

/// Reading and writing PEM (RFC 7468) in memory. Results are owned by the caller.
enum PEM {
    /// All certificates in `text`, in order; at least one.
    @unsafe
    static func certificates(in text: [UInt8], label: String) throws(TLSError) -> [OpaquePointer] {
        guard let bio = unsafe memory(text) else { throw .library("BIO_new_mem_buf") }
        defer { unsafe BIO_free(bio) }
        var found: [OpaquePointer] = unsafe []
        while let certificate = unsafe PEM_read_bio_X509(bio, nil, nil, nil) { unsafe found.append(certificate) }
        let code = ERR_peek_last_error()
        ERR_clear_error()
        let isEnd = shim_ERR_GET_LIB(code) == ERR_LIB_PEM && shim_ERR_GET_REASON(code) == PEM_R_NO_START_LINE
        if unsafe isEnd && !found.isEmpty { return unsafe found }
        unsafe found.forEach { unsafe X509_free($0) }
        if isEnd { throw .noCertificate(label: label) }
        throw .malformedCertificate(label: label, reason: reasonText(code) ?? "no reason given")
    }

    /// The first private key in `text`.
    @unsafe
    static func privateKey(in text: [UInt8], label: String, passphrase: String?) throws(TLSError) -> OpaquePointer {
        guard let bio = unsafe memory(text) else { throw .library("BIO_new_mem_buf") }
        defer { unsafe BIO_free(bio) }
        // With a C string as last argument the library asks nobody at a terminal.
        let key = unsafe (passphrase ?? "").withCString { words in
            unsafe PEM_read_bio_PrivateKey(bio, nil, nil, UnsafeMutableRawPointer(mutating: words))
        }
        if let key = unsafe key { return unsafe key }
        let code = ERR_peek_last_error()
        ERR_clear_error()
        let words = String(decoding: text, as: UTF8.self)
        if words.contains("ENCRYPTED") { throw .encryptedPrivateKey(label: label) }
        if !words.contains("PRIVATE KEY-----") { throw .noPrivateKey(label: label) }
        throw .malformedPrivateKey(label: label, reason: reasonText(code) ?? "no reason given")
    }

    /// A read-only BIO over `text`, which is copied.
    @unsafe
    private static func memory(_ text: [UInt8]) -> OpaquePointer? {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { return nil }
        guard let count = Int32(exactly: text.count), unsafe text.isEmpty || BIO_write(bio, text, count) == count else {
            unsafe BIO_free(bio)
            return nil
        }
        return unsafe bio
    }
}

/// What `print` writes into a memory BIO.
@unsafe
func memoryBytes(_ print: (OpaquePointer) -> Int32) -> [UInt8] {
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { return [] }
    defer { unsafe BIO_free(bio) }
    guard unsafe print(bio) >= 0 else {
        ERR_clear_error()
        return []
    }
    var start: UnsafePointer<UInt8>?
    let count = unsafe shim_BIO_get_mem_data(bio, &start)
    return unsafe Array(UnsafeBufferPointer(start: start, count: Int(max(count, 0))))
}

/// What `print` writes into a memory BIO, as text.
@unsafe
func memoryText(_ print: (OpaquePointer) -> Int32) -> String {
    unsafe String(decoding: memoryBytes(print), as: UTF8.self)
}
