internal import COpenSSL

/// The TLS library as a whole.
public enum TLSLibrary {
    /// Reads OpenSSL's configuration file and makes its random generator ready, which opens files: for a process that
    /// is about to lose sight of them.
    public static func prepare() {
        OPENSSL_init_ssl(UInt64(OPENSSL_INIT_LOAD_CONFIG), nil)
        var byte: UInt8 = 0
        unsafe RAND_bytes(&byte, 1)
    }
}
