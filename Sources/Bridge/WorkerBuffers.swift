/// The buffers that one worker owns and all its connections share: used within one event, empty between events.
///
/// They are the reason why an idle tunnel owns no buffer. Ciphertext buffers belong to the TLS engine.
@safe
public final class WorkerBuffers {
    /// Decrypted bytes from a client, decoded in place. Also the bound of what waits for one backend.
    public static let plaintextCapacity = 128 * 1024
    /// Room in front of a payload for a frame header of up to 10 bytes. More than that, because copying out of a page to
    /// a place up to 31 bytes further in its page takes some processors twice the time (Benchmarks/trials).
    public static let headroom = 64
    /// What is read from a backend at a time: eight TLS records less the headers of four frames.
    public static let payloadCapacity = 8 * 16_384 - 16

    let plaintext: UnsafeMutableRawBufferPointer
    let payload: UnsafeMutableRawBufferPointer

    /// Allocates them.
    public init() {
        unsafe plaintext = .allocate(byteCount: Self.plaintextCapacity, alignment: 4096)
        unsafe payload = .allocate(byteCount: Self.headroom + Self.payloadCapacity, alignment: 4096)
    }

    deinit {
        unsafe plaintext.deallocate()
        unsafe payload.deallocate()
    }
}
