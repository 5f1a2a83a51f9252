internal import COpenSSL

/// A hash function of the SHA-2 family, with OpenSSL's implementation of it.
enum HashFunction: Sendable {
    case sha256
    case sha384
    case sha512

    /// The length of a hash in bytes.
    var length: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The implementation, looked up once in the process: EVP_sha256() and its like make OpenSSL 3 repeat the lookup at
    /// each use, which costs about as much as hashing a token.
    var implementation: OpaquePointer? {
        switch self {
        case .sha256: unsafe Self.fetchedSHA256.pointer
        case .sha384: unsafe Self.fetchedSHA384.pointer
        case .sha512: unsafe Self.fetchedSHA512.pointer
        }
    }

    private static let fetchedSHA256 = Fetched("SHA2-256")
    private static let fetchedSHA384 = Fetched("SHA2-384")
    private static let fetchedSHA512 = Fetched("SHA2-512")

    /// Owner of one EVP_MD. It is never written after the fetch and never freed, hence safe to share.
    @safe private final class Fetched: @unchecked Sendable {
        /// The EVP_MD; nil when the provider has no such hash, and then nothing verifies.
        let pointer: OpaquePointer?

        init(_ name: String) { unsafe pointer = EVP_MD_fetch(nil, name, nil) }
    }
}
