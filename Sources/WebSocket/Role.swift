/// Which end of the connection this program is (RFC 6455 section 1.2).
///
/// A client masks every frame it sends and a server none (section 5.1), so the role decides what the decoder accepts
/// and what the encoder writes.
public enum Role: Sendable, Hashable {
    /// This end answered the opening handshake: it receives masked frames and sends unmasked ones.
    case server
    /// This end began the opening handshake: it receives unmasked frames and sends masked ones.
    case client
}
