internal import COpenSSL

/// The two application traffic secrets of a handshake that is under way, as OpenSSL reports them: in the lines of a key
/// log, each when its keys come into use. It is the only way to them that OpenSSL has.
final class HandshakeSecrets {
    private var client: TrafficSecret?
    private var server: TrafficSecret?

    /// A line is a label, the client's random, and the secret, the last two in hexadecimal, with blanks between.
    func note(_ line: UnsafeBufferPointer<UInt8>) {
        guard let blank = unsafe line.firstIndex(of: UInt8(ascii: " ")),
            let last = unsafe line.lastIndex(of: UInt8(ascii: " ")), last > blank
        else { return }
        let label = unsafe line[..<blank]
        let digits = unsafe UnsafeBufferPointer(rebasing: line[(last + 1)...])
        if unsafe label.elementsEqual("CLIENT_TRAFFIC_SECRET_0".utf8) {
            unsafe client = TrafficSecret.parse(digits)
        } else if unsafe label.elementsEqual("SERVER_TRAFFIC_SECRET_0".utf8) {
            unsafe server = TrafficSecret.parse(digits)
        }
    }

    /// The record layer with these secrets, which are used up; nil when one is missing.
    func makeLayer(_ suite: RecordSuite, recordsSealed: UInt64, _ crypto: borrowing RecordCrypto) -> RecordLayer? {
        guard let client = client.take(), let server = server.take() else { return nil }
        return RecordLayer(suite: suite, client: client, server: server, recordsSealed: recordsSealed, crypto)
    }
}

extension TLSContext {
    /// Has OpenSSL tell the secrets to the connections.
    func reportSecrets() { unsafe SSL_CTX_set_keylog_callback(pointer, reportSecretLine) }
}

/// OpenSSL's key log. The line belongs to OpenSSL, which wipes it.
private let reportSecretLine: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Void = { ssl, line in
    guard let line = unsafe line, let bio = unsafe SSL_get_rbio(ssl),
        let state = unsafe BIO_get_data(bio)?.assumingMemoryBound(to: EngineState.self),
        let served = unsafe state.pointee.served
    else { return }
    let bytes = unsafe UnsafeRawPointer(line).assumingMemoryBound(to: UInt8.self)
    let connection = unsafe Unmanaged<TLSConnection>.fromOpaque(served).takeUnretainedValue()
    unsafe connection.note(secretLine: UnsafeBufferPointer(start: bytes, count: strlen(line)))
}
