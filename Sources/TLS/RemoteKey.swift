internal import COpenSSL
internal import CRemoteKey

/// A private key that the key holder keeps: where to ask, and for which of its keys.
public struct RemoteKey: Sendable {
    let channel: KeyHolderChannel
    let index: UInt32

    /// The key with number `index`, counted from 0, of the holder at the other end of `channel`.
    public init(channel: KeyHolderChannel, index: Int) {
        self.channel = channel
        // A number that can't be one is answered as an unknown key.
        self.index = UInt32(exactly: index) ?? .max
    }

    /// A key for OpenSSL: its public half is the certificate's, and to sign it asks the holder. Owned by the caller.
    @unsafe
    func key(certificate: OpaquePointer, label: String) throws(TLSError) -> OpaquePointer {
        guard let publicHalf = unsafe X509_get0_pubkey(certificate) else {
            throw .malformedCertificate(label: label, reason: takeErrorQueue())
        }
        var owner = unsafe cremotekey_owner(
            context: Unmanaged.passRetained(Asker(self)).toOpaque(), sign: askHolder, release: releaseAsker)
        guard let key = unsafe cremotekey_make(publicHalf, &owner) else {
            throw .certificateRefused(label: label, reason: "this type of key cannot be kept by a key holder")
        }
        return unsafe key
    }
}

/// A remote key at a stable address, for C.
private final class Asker {
    let key: RemoteKey
    init(_ key: RemoteKey) { self.key = key }
}

private let releaseAsker: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Asker>.fromOpaque(context).release()
}

/// What `CRemoteKey` calls when libssl wants a signature.
private let askHolder:
    @convention(c) (
        UnsafeMutableRawPointer?, UInt16, UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?, Int
    ) -> Int32 = { context, scheme, message, count, signature, capacity in
        guard let context = unsafe context, let scheme = SignatureScheme(rawValue: scheme) else {
            return -Int32(CREMOTEKEY_WRONG_SCHEME.rawValue)
        }
        let key = unsafe Unmanaged<Asker>.fromOpaque(context).takeUnretainedValue().key
        let bytes = unsafe Array(UnsafeBufferPointer(start: message, count: count))
        do throws(KeyHolderChannel.Failure) {
            let made = try key.channel.sign(bytes, scheme: scheme, key: key.index)
            guard made.count <= capacity else { return -Int32(CREMOTEKEY_FAILED.rawValue) }
            unsafe UnsafeMutableRawBufferPointer(start: signature, count: capacity).copyBytes(from: made)
            return Int32(made.count)
        } catch {
            return -Int32(error.reason.rawValue)
        }
    }

extension KeyHolderChannel.Failure {
    /// The same in OpenSSL's error queue.
    fileprivate var reason: cremotekey_reason {
        switch self {
        case .timeout: CREMOTEKEY_TIMEOUT
        case .gone: CREMOTEKEY_GONE
        case .refused(.unknownKey): CREMOTEKEY_UNKNOWN_KEY
        case .refused(.wrongScheme): CREMOTEKEY_WRONG_SCHEME
        case .refused(.notTLS): CREMOTEKEY_NOT_TLS
        case .refused: CREMOTEKEY_FAILED
        }
    }
}

/// The error of OpenSSL's queue that says why something failed: the newest, unless a remote key has its word in it,
/// which says more than what libssl concludes from it. The queue is empty afterwards.
func takeTellingError() -> UInt {
    var telling: UInt = 0
    var isRemote = false
    while case let code = ERR_get_error(), code != 0 {
        // SSL_R_RECORD_LAYER_FAILURE: since 3.2 it stands above the reason itself.
        let isRepetition = shim_ERR_GET_LIB(code) == ERR_LIB_SSL && shim_ERR_GET_REASON(code) == 313 && telling != 0
        guard !isRemote, !isRepetition else { continue }
        telling = code
        isRemote = isRemoteKeyError(code)
    }
    return telling
}

/// Whether an error code of OpenSSL's queue is a remote key's.
func isRemoteKeyError(_ code: UInt) -> Bool { shim_ERR_GET_LIB(code) == cremotekey_error_library() }
