internal import CKeySchedule
internal import COpenSSL

/// How connections of one kind are made: certificates, versions, ciphers, whom to trust. Immutable once made, and
/// shared by all its connections.
@safe
public final class TLSContext: @unchecked Sendable {
    // An SSL_CTX may be used from several threads once it is set up; only `replaceTicketKeys` changes anything later,
    // and says so.
    let pointer: OpaquePointer
    /// The application protocols as RFC 7301 writes them, at a stable address for the ALPN callback.
    var protocols: UnsafeMutableBufferPointer<UInt8>?
    /// Keys of session tickets, the first seals, all open; empty when OpenSSL's own are used.
    var ticketKeys: [TicketKey] = []

    /// Whether connections open and seal their records themselves after the handshake (``RecordLayer``).
    let opensRecords: Bool

    init(opensRecords: Bool = false) throws(TLSError) {
        // The records' secrets come from our key schedule, so it is preferred where they are wanted.
        let properties = unsafe opensRecords ? ckeyschedule_properties() : nil
        guard let pointer = unsafe SSL_CTX_new_ex(nil, properties, TLS_method()) else { throw .library("SSL_CTX_new") }
        unsafe self.pointer = pointer
        self.opensRecords = opensRecords
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
        unsafe protocols?.deallocate()
    }

    /// What servers and clients have in common.
    func applyCommon(_ options: CommonOptions) throws(TLSError) {
        unsafe SSL_CTX_set_security_level(pointer, 2)
        unsafe SSL_CTX_set_options(pointer, shim_SSL_OP_NO_COMPRESSION | shim_SSL_OP_NO_RENEGOTIATION)
        // RELEASE_BUFFERS: an idle connection keeps no record buffers. NO_AUTO_CHAIN: send the chain that was given
        // and do not look for one at every handshake. The moving buffer is harmless: our BIO never blocks a write.
        unsafe shim_SSL_CTX_set_mode(
            pointer, Int(SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        unsafe shim_SSL_CTX_set_read_ahead(pointer, 1)
        unsafe SSL_CTX_set_default_read_buffer_len(pointer, max(options.readBufferBytes, 17 * 1024))
        guard unsafe shim_SSL_CTX_set_min_proto_version(pointer, options.minimumVersion.rawValue) == 1 else {
            throw .library("SSL_CTX_set_min_proto_version")
        }
        guard unsafe shim_SSL_CTX_set_max_proto_version(pointer, options.maximumVersion.rawValue) == 1 else {
            throw .library("SSL_CTX_set_max_proto_version")
        }
        guard unsafe SSL_CTX_set_cipher_list(pointer, options.ciphers) == 1 else {
            ERR_clear_error()
            throw .badList(name: "ciphers", value: options.ciphers)
        }
        guard unsafe SSL_CTX_set_ciphersuites(pointer, options.cipherSuites) == 1 else {
            ERR_clear_error()
            throw .badList(name: "cipher suites", value: options.cipherSuites)
        }
        guard unsafe shim_SSL_CTX_set1_groups_list(pointer, options.groups) == 1 else {
            ERR_clear_error()
            throw .badList(name: "groups", value: options.groups)
        }
        unsafe SSL_CTX_set_verify_depth(pointer, 10)
    }

    /// Adds a certificate, its chain and its key.
    func use(_ material: KeyMaterial) throws(TLSError) {
        let parsed = try material.parsed()
        guard unsafe SSL_CTX_use_certificate(pointer, parsed.leaf) == 1,
            unsafe SSL_CTX_use_PrivateKey(pointer, parsed.key) == 1
        else { throw .certificateRefused(label: material.certificateLabel, reason: takeErrorQueue()) }
        for index in 1..<(unsafe parsed.certificates.count) {
            guard unsafe shim_SSL_CTX_add1_chain_cert(pointer, parsed.certificates[index]) == 1 else {
                throw .certificateRefused(label: material.certificateLabel, reason: takeErrorQueue())
            }
        }
    }

    /// Trusts the certificates in a PEM text.
    func trust(_ authorities: TrustedAuthorities, namesForClients: Bool) throws(TLSError) {
        let certificates = try unsafe PEM.certificates(in: authorities.pem, label: authorities.label)
        defer { unsafe certificates.forEach { unsafe X509_free($0) } }
        let store = unsafe SSL_CTX_get_cert_store(pointer)
        for index in unsafe certificates.indices {
            guard unsafe X509_STORE_add_cert(store, certificates[index]) == 1 else {
                throw .malformedCertificate(label: authorities.label, reason: takeErrorQueue())
            }
            if namesForClients, unsafe SSL_CTX_add_client_CA(pointer, certificates[index]) != 1 {
                throw .library("SSL_CTX_add_client_CA")
            }
        }
    }

    /// The list of protocols as it goes over the wire (RFC 7301 section 3.1), kept as long as the context.
    func keepProtocols(_ names: [String]) throws(TLSError) -> UnsafeMutableBufferPointer<UInt8> {
        var wire: [UInt8] = []
        for name in names {
            guard let count = UInt8(exactly: name.utf8.count), count > 0 else { throw .badApplicationProtocol(name) }
            wire.append(count)
            wire.append(contentsOf: name.utf8)
        }
        let kept = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: wire.count)
        _ = unsafe kept.initialize(from: wire)
        unsafe protocols?.deallocate()
        unsafe protocols = kept
        return unsafe kept
    }
}

/// Settings that both roles have.
struct CommonOptions {
    var minimumVersion: TLSVersion
    var maximumVersion: TLSVersion
    var ciphers: String
    var cipherSuites: String
    var groups: String
    var readBufferBytes: Int
}

/// Certificates of authorities to trust.
public struct TrustedAuthorities: Sendable {
    /// One or more certificates.
    public var pem: [UInt8]
    /// What names them to their owner, usually a path.
    public var label: String

    /// Certificates from memory.
    public init(pem: [UInt8], label: String) {
        self.pem = pem
        self.label = label
    }
}

/// The lists that this product starts from.
public enum TLSDefaults {
    /// TLS 1.2: forward secrecy and authenticated encryption only. AES-128-GCM costs least.
    public static let ciphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
        + "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
        + "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
    /// TLS 1.3, in the same order.
    public static let cipherSuites =
        "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"
    /// X25519 is the fastest.
    public static let groups = "X25519:P-256:P-384"
    /// Bytes that one `recv` may bring. OpenSSL holds such a buffer only while a connection has input in it.
    public static let readBufferBytes = 64 * 1024
}
