internal import COpenSSL

extension TLSContext {
    /// How a client does TLS.
    public struct ClientOptions: Sendable {
        /// Whom to believe when they vouch for a server.
        public enum Trust: Sendable {
            /// The authorities that the system trusts.
            case system
            /// These, and no others.
            case authorities(TrustedAuthorities)
            /// Anybody: no certificate and no name is checked. For tests.
            case insecure
        }

        /// Whom to believe.
        public var trust = Trust.system
        /// A certificate to show when the server asks.
        public var certificate: KeyMaterial?
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
        /// ALPN, best first; empty: the extension is not sent.
        public var applicationProtocols = ["http/1.1"]
        /// Bytes that one `recv` may bring.
        public var readBufferBytes = TLSDefaults.readBufferBytes

        /// A client that believes `trust`.
        public init(trust: Trust = .system) { self.trust = trust }
    }

    /// A context for the connecting side.
    public static func client(_ options: ClientOptions) throws(TLSError) -> TLSContext {
        let context = try TLSContext()
        try context.applyCommon(
            CommonOptions(
                minimumVersion: options.minimumVersion, maximumVersion: options.maximumVersion,
                ciphers: options.ciphers, cipherSuites: options.cipherSuites, groups: options.groups,
                readBufferBytes: options.readBufferBytes))
        if let material = options.certificate { try context.use(material) }
        switch options.trust {
        case .insecure: unsafe SSL_CTX_set_verify(context.pointer, SSL_VERIFY_NONE, nil)
        case .system:
            guard unsafe SSL_CTX_set_default_verify_paths(context.pointer) == 1 else {
                throw .library("SSL_CTX_set_default_verify_paths")
            }
            unsafe SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        case .authorities(let authorities):
            try context.trust(authorities, namesForClients: false)
            unsafe SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        }
        if !options.applicationProtocols.isEmpty {
            let kept = try unsafe context.keepProtocols(options.applicationProtocols)
            // This function answers 0 for success.
            guard unsafe SSL_CTX_set_alpn_protos(context.pointer, kept.baseAddress, UInt32(kept.count)) == 0 else {
                throw .library("SSL_CTX_set_alpn_protos")
            }
        }
        // Sessions are handed out by `TLSConnection.session`, never kept here.
        unsafe shim_SSL_CTX_set_session_cache_mode(context.pointer, Int(SSL_SESS_CACHE_OFF))
        return context
    }
}
