internal import CKeySchedule
internal import COpenSSL

/// The two application traffic secrets of a handshake that is under way, as our key schedule derives them: each when its
/// keys come into use. Empty where OpenSSL derives them itself, for example because its configuration asks for FIPS.
@safe
final class HandshakeSecrets {
    private let secrets: UnsafeMutablePointer<ckeyschedule_secrets>

    init() {
        unsafe secrets = .allocate(capacity: 1)
        unsafe secrets.initialize(to: ckeyschedule_secrets())
    }

    deinit {
        unsafe OPENSSL_cleanse(secrets, MemoryLayout<ckeyschedule_secrets>.size)
        unsafe secrets.deallocate()
    }

    /// Has what `body` derives kept here. Nothing else may happen in it: the derivations of this thread are watched.
    func capturing<Result>(_ body: () -> Result) -> Result {
        unsafe ckeyschedule_capture(secrets)
        defer { ckeyschedule_capture(nil) }
        return body()
    }

    /// The record layer with these secrets; nil when one is missing.
    func makeLayer(_ suite: RecordSuite, recordsSealed: UInt64, _ crypto: borrowing RecordCrypto) -> RecordLayer? {
        let (clientCount, serverCount) = unsafe (secrets.pointee.client_count, secrets.pointee.server_count)
        guard clientCount == suite.hashLength, serverCount == suite.hashLength else { return nil }
        let client = unsafe withUnsafeBytes(of: &secrets.pointee.client) { bytes in
            unsafe TrafficSecret(copying: UnsafeRawBufferPointer(rebasing: bytes[..<clientCount]))
        }
        let server = unsafe withUnsafeBytes(of: &secrets.pointee.server) { bytes in
            unsafe TrafficSecret(copying: UnsafeRawBufferPointer(rebasing: bytes[..<serverCount]))
        }
        return RecordLayer(suite: suite, client: client, server: server, recordsSealed: recordsSealed, crypto)
    }
}
