internal import CLinux
internal import COpenSSL

extension TLSConnection {
    /// Who the peer proved to be: its verified certificate's names; nil without a certificate.
    ///
    /// A client that does not verify (``TLSContext/ClientOptions/Trust/insecure``) gets unverified names here.
    public var peerIdentity: PeerIdentity? {
        guard let certificate = unsafe peerCertificate else { return nil }
        return unsafe PeerIdentity(certificate: certificate)
    }

    /// Whether the peer has sent a certificate.
    public var hasPeerCertificate: Bool { unsafe peerCertificate != nil }

    private var peerCertificate: OpaquePointer? {
        if let agreed { return unsafe agreed.certificate }
        return unsafe SSL_get0_peer_certificate(ssl)
    }

    /// The version agreed on; nil before that.
    public var protocolVersion: TLSVersion? {
        if agreed != nil { return .tls13 }
        guard unsafe SSL_is_init_finished(ssl) == 1 else { return nil }
        return unsafe TLSVersion(rawValue: SSL_version(ssl))
    }

    /// The name of the cipher suite agreed on, as OpenSSL writes it.
    public var cipherName: String? {
        guard let cipher = unsafe agreed?.cipher ?? SSL_get_current_cipher(ssl) else { return nil }
        return unsafe String(cString: SSL_CIPHER_get_name(cipher))
    }

    /// Whether an earlier session was resumed.
    public var sessionReused: Bool { unsafe agreed?.isResumed ?? (SSL_session_reused(ssl) == 1) }

    /// The application protocol agreed on (ALPN, RFC 7301), if any.
    public var applicationProtocol: String? {
        if let agreed { return agreed.applicationProtocol }
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &name, &count)
        guard let name = unsafe name, count > 0 else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
    }

    /// The host name that the client asked for (SNI), if any; unverified text.
    public var serverName: String? {
        if let agreed { return agreed.serverName }
        guard let name = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) else { return nil }
        return unsafe String(cString: name)
    }

    /// The session, for a later connection to the same server to resume; nil when it cannot be resumed (yet:
    /// a TLS 1.3 server sends its tickets after the handshake).
    public var session: TLSSession? {
        // A server's sessions are in its tickets.
        if agreed != nil { return nil }
        guard let session = unsafe SSL_get1_session(ssl) else { return nil }
        guard unsafe SSL_SESSION_is_resumable(session) == 1 else {
            unsafe SSL_SESSION_free(session)
            return nil
        }
        return unsafe TLSSession(owning: session)
    }

    /// Sends `name` as SNI, unless it is an address, and has the server's certificate checked against it.
    func expectServer(_ name: String) throws(TLSError) {
        // OpenSSL would take a leading dot for "any name below".
        guard !name.isEmpty, name.utf8.count <= 254, !name.hasPrefix("."), !name.utf8.contains(0) else {
            throw .badServerName(name)
        }
        var address = clinux_address()
        if unsafe clinux_parse_address(name, &address) == 0 {
            guard unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1 else {
                ERR_clear_error()
                throw .badServerName(name)
            }
            return
        }
        // A final dot belongs to DNS, not to SNI (RFC 6066 section 3) nor to certificates.
        let host = name.hasSuffix(".") ? String(name.dropLast()) : name
        guard unsafe shim_SSL_set_tlsext_host_name(ssl, host) == 1, unsafe SSL_set1_host(ssl, host) == 1 else {
            ERR_clear_error()
            throw .badServerName(name)
        }
        unsafe SSL_set_hostflags(
            ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
    }
}

/// What is still asked about a connection when OpenSSL's object has gone.
@safe
final class Agreement {
    /// One of OpenSSL's own, which live as long as the program.
    let cipher: OpaquePointer
    /// The peer's certificate, verified; retained.
    let certificate: OpaquePointer?
    let applicationProtocol: String?
    let serverName: String?
    let isResumed: Bool

    init(of connection: TLSConnection, cipher: OpaquePointer) {
        unsafe self.cipher = cipher
        unsafe certificate = SSL_get1_peer_certificate(connection.ssl)
        applicationProtocol = connection.applicationProtocol
        serverName = connection.serverName
        isResumed = connection.sessionReused
    }

    deinit { unsafe X509_free(certificate) }
}

/// A session that a client may resume.
@safe
public final class TLSSession {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

    deinit { unsafe SSL_SESSION_free(pointer) }
}
