internal import COpenSSL

extension TLSContext {
    /// Whether clients are asked for a certificate.
    public enum ClientCertificates: Sendable {
        /// Not asked.
        case none
        /// Asked; those who send one must send a good one.
        case optional
        /// Refused without a good one.
        case required
    }

    /// How a server does TLS.
    public struct ServerOptions: Sendable {
        /// Certificates with their keys, at most one for each type of key (ECDSA and RSA, usually).
        public var certificates: [KeyMaterial]
        /// Older versions are refused.
        public var minimumVersion = TLSVersion.tls12
        /// Newer versions are not spoken.
        public var maximumVersion = TLSVersion.tls13
        /// TLS 1.2 ciphers in OpenSSL's notation, best first.
        public var ciphers = TLSDefaults.ciphers
        /// TLS 1.3 cipher suites, best first.
        public var cipherSuites = TLSDefaults.cipherSuites
        /// Key exchange groups, best first.
        public var groups = TLSDefaults.groups
        /// Whether clients are asked for a certificate.
        public var clientCertificates = ClientCertificates.none
        /// Who may issue clients' certificates.
        public var clientAuthorities: TrustedAuthorities?
        /// ALPN, best first. A client that offers only others is refused with no_application_protocol, as RFC 7301
        /// section 3.2 says; one that offers nothing is served.
        public var applicationProtocols = ["http/1.1"]
        /// TLS 1.3 session tickets sent after a full handshake; 0 switches resumption off for every version.
        public var sessionTickets = 1
        /// Seconds for which a session may be resumed.
        public var sessionLifetime = 7200
        /// Keys for tickets, the first seals, all open. Empty: random ones that only this context knows.
        public var ticketKeys: [TicketKey] = []
        /// Separates the sessions of one purpose from those of another; what clients must prove is always mixed in.
        public var sessionIDContext = "secure-proxy"
        /// Who opens and seals the records of TLS 1.3 connections after the handshake: this library, which is faster
        /// and keeps less memory, or OpenSSL. Those of TLS 1.2 are always OpenSSL's.
        public var opensRecords = true
        /// Bytes that one `recv` may bring, where OpenSSL does it.
        public var readBufferBytes = TLSDefaults.readBufferBytes

        /// A server that proves itself with `certificates`.
        public init(certificates: [KeyMaterial]) { self.certificates = certificates }
    }

    /// A context for the accepting side.
    public static func server(_ options: ServerOptions) throws(TLSError) -> TLSContext {
        guard !options.certificates.isEmpty else { throw .noServerCertificate }
        let context = try TLSContext(opensRecords: options.opensRecords)
        try context.applyCommon(
            CommonOptions(
                minimumVersion: options.minimumVersion, maximumVersion: options.maximumVersion,
                ciphers: options.ciphers, cipherSuites: options.cipherSuites, groups: options.groups,
                readBufferBytes: options.readBufferBytes))
        // Our order counts, except that a client whose first choice is ChaCha20 has no AES instructions.
        unsafe SSL_CTX_set_options(
            context.pointer, shim_SSL_OP_CIPHER_SERVER_PREFERENCE | shim_SSL_OP_PRIORITIZE_CHACHA)
        var keyTypes: Set<String> = []
        for material in options.certificates {
            guard keyTypes.insert(material.keyType).inserted else {
                throw .duplicateKeyType(label: material.certificateLabel, type: material.keyType)
            }
            try context.use(material)
        }
        try context.askForCertificates(options)
        try context.selectProtocol(options.applicationProtocols)
        try context.resumeSessions(options)
        return context
    }

    private func askForCertificates(_ options: ServerOptions) throws(TLSError) {
        guard options.clientCertificates != .none else { return }
        guard let authorities = options.clientAuthorities else { throw .noAuthorities }
        try trust(authorities, namesForClients: true)
        let required = options.clientCertificates == .required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0
        unsafe SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER | required, nil)
    }

    private func selectProtocol(_ names: [String]) throws(TLSError) {
        guard !names.isEmpty else { return }
        _ = try unsafe keepProtocols(names)
        // Not retained: connections keep their context alive for as long as callbacks can come.
        unsafe SSL_CTX_set_alpn_select_cb(
            pointer, selectApplicationProtocol, Unmanaged.passUnretained(self).toOpaque())
    }

    private func resumeSessions(_ options: ServerOptions) throws(TLSError) {
        // Tickets carry the whole session, so a cache would only cost memory and locks.
        unsafe shim_SSL_CTX_set_session_cache_mode(pointer, Int(SSL_SESS_CACHE_OFF))
        unsafe SSL_CTX_set_timeout(pointer, options.sessionLifetime)
        guard unsafe SSL_CTX_set_num_tickets(pointer, max(options.sessionTickets, 0)) == 1 else {
            throw .library("SSL_CTX_set_num_tickets")
        }
        if options.sessionTickets <= 0 { unsafe SSL_CTX_set_options(pointer, shim_SSL_OP_NO_TICKET) }
        let identifier = sessionIdentifier(options)
        guard unsafe SSL_CTX_set_session_id_context(pointer, identifier, UInt32(identifier.count)) == 1 else {
            throw .library("SSL_CTX_set_session_id_context")
        }
        if !options.ticketKeys.isEmpty { setTicketKeys(options.ticketKeys) }
    }

    /// A session is resumed without asking for the client's certificate again, so one that was made under other rules
    /// must not be: the rules are part of the identifier.
    private func sessionIdentifier(_ options: ServerOptions) -> [UInt8] {
        var rules = Array(options.sessionIDContext.utf8)
        rules.append(0)
        rules.append(contentsOf: "\(options.clientCertificates)".utf8)
        rules.append(contentsOf: options.clientAuthorities?.pem ?? [])
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        unsafe _ = SHA256(rules, rules.count, &digest)
        return digest
    }
}

/// Picks the first of our protocols that the client offers, or refuses (RFC 7301 section 3.2).
private let selectApplicationProtocol:
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
        UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
    ) -> Int32 = { _, selected, selectedCount, offered, offeredCount, argument in
        guard let argument = unsafe argument else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        let context = unsafe Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue()
        guard let ours = unsafe context.protocols else { return SSL_TLSEXT_ERR_NOACK }
        var choice: UnsafeMutablePointer<UInt8>?
        let outcome = unsafe SSL_select_next_proto(
            &choice, selectedCount, ours.baseAddress, UInt32(ours.count), offered, offeredCount)
        guard outcome == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        unsafe selected?.pointee = UnsafePointer(choice)
        return SSL_TLSEXT_ERR_OK
    }
