/// The buffers that one worker owns and all its connections share: used within one event, empty between events.
///
/// They are the reason why an idle tunnel owns no buffer. Ciphertext buffers belong to the TLS engine.
@safe
public final class WorkerBuffers {
    /// Decrypted bytes from a client, decoded in place. Also the bound of what waits for one backend.
    public static let plaintextCapacity = 128 * 1024
    /// Room in front of a payload for a frame header of up to 10 bytes, keeping the payload aligned.
    public static let headroom = 16
    /// What is read from a backend at a time: four TLS records less the headers of two frames.
    public static let payloadCapacity = 8 * 16_384 - 16

    let plaintext: UnsafeMutableRawBufferPointer
    let payload: UnsafeMutableRawBufferPointer

    /// Allocates them.
    public init() {
        unsafe plaintext = .allocate(byteCount: Self.plaintextCapacity, alignment: 64)
        unsafe payload = .allocate(byteCount: Self.headroom + Self.payloadCapacity, alignment: 64)
    }

    deinit {
        unsafe plaintext.deallocate()
        unsafe payload.deallocate()
    }
}
