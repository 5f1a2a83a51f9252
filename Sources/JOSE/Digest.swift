internal import COpenSSL

/// A SHA-256 hash as a value: small, comparable and fit to be a dictionary's key.
public struct Digest: Hashable, Sendable {
    // Four words instead of an array, so that a key in a table needs no memory of its own.
    private var word0: UInt64
    private var word1: UInt64
    private var word2: UInt64
    private var word3: UInt64

    /// The SHA-256 of `bytes` (FIPS 180-4).
    public static func sha256(_ bytes: Span<UInt8>) -> Digest {
        var output: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let done = unsafe withUnsafeMutableBytes(of: &output) { output in
            unsafe bytes.withUnsafeBytes { input in
                unsafe EVP_Digest(
                    input.baseAddress, input.count, output.baseAddress, nil, HashFunction.sha256.implementation, nil)
            }
        }
        // It fails only without memory or without SHA-256. A constant answer would make all tokens look alike to a
        // cache, so stopping is the only safe way on.
        precondition(done == 1, "OpenSSL can't compute a SHA-256")
        return Digest(word0: output.0, word1: output.1, word2: output.2, word3: output.3)
    }

    /// The SHA-256 of `bytes` (FIPS 180-4).
    public static func sha256(_ bytes: [UInt8]) -> Digest { sha256(bytes.span) }

    /// The 32 bytes of the hash.
    public var bytes: [UInt8] {
        unsafe [word0, word1, word2, word3].withUnsafeBytes { unsafe Array($0) }
    }
}
