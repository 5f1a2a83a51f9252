/// What a ``TCPApplication`` does with each connection: one value made of a few independent choices, and names for the
/// combinations that tests ask for most.
public struct TCPBehaviour: Sendable {
    /// How fast it reads.
    public enum Reading: Sendable {
        /// Whatever is there, at once.
        case atOnce
        /// At most so many bytes a tick.
        case slowly(bytes: Int, every: Duration)
        /// Not at all: the peer's bytes stay in the kernel's buffers. ``TCPApplication/setReading(_:)`` may end that.
        case never
    }

    /// What becomes of the bytes it reads.
    public enum Reply: Sendable {
        /// They are sent back. While the peer takes none, nothing more is read.
        case echo
        /// They are counted and forgotten.
        case discard
    }

    /// When and how it ends the connection.
    public enum Ending: Sendable, Equatable {
        /// In order, once the peer has finished and everything is sent.
        case withPeer
        /// Finishes its own side once its greeting and pattern are sent, and goes on reading until the peer finishes.
        case halfCloseAfterSending
        /// Closes once its greeting and pattern are sent. Bytes it hasn't read by then make the kernel send a reset.
        case closeAfterSending
        /// Finishes its own side after so many bytes are read, and goes on reading until the peer finishes.
        case halfClose(afterReceiving: UInt64)
        /// Aborts (RST) after so many bytes are read; 0: at once.
        case reset(afterReceiving: UInt64)
        /// Never, whatever the peer does short of a reset.
        case never
    }

    /// Whether connections are accepted at all. If not, the listening socket's queue is kept full, so that attempts to
    /// connect hang as they do at an overloaded machine.
    public var accepts = true
    /// Sent first, before anything is read.
    public var greeting: [UInt8] = []
    /// Bytes of ``BytePattern`` sent behind the greeting.
    public var pattern: UInt64 = 0
    /// How fast it reads.
    public var reading = Reading.atOnce
    /// What becomes of the bytes it reads.
    public var reply = Reply.echo
    /// When and how it ends the connection.
    public var ending = Ending.withPeer
    /// Whether the report of each connection has the SHA-256 of what came.
    public var digests = false
    /// How many of the bytes that came first the report keeps.
    public var keptBytes = 0
    /// The kernel's receive buffer of each connection in bytes, 0: as the kernel likes. Small ones make backpressure
    /// show soon.
    public var receiveBufferBytes: Int32 = 0
    /// The kernel's send buffer of each connection in bytes, 0: as the kernel likes.
    public var sendBufferBytes: Int32 = 0

    /// An echo application; change what shall be different.
    public init() {}

    /// Sends back what comes; after the peer's FIN the rest and then its own.
    public static let echo = TCPBehaviour()

    /// Takes everything, counts and digests it, and finishes when the peer does.
    public static let sink = with {
        $0.reply = .discard
        $0.digests = true
        $0.keptBytes = 64 * 1024
    }

    /// Sends `bytes` of the pattern, then finishes its side; what comes is discarded.
    public static func source(bytes: UInt64) -> TCPBehaviour {
        with {
            $0.pattern = bytes
            $0.reply = .discard
            $0.ending = .halfCloseAfterSending
        }
    }

    /// Speaks first, then echoes.
    public static func greeting(_ text: [UInt8]) -> TCPBehaviour { with { $0.greeting = text } }

    /// A sink that takes so many bytes a tick and lets the rest wait in small kernel buffers.
    public static func slowReader(bytes: Int, every tick: Duration) -> TCPBehaviour {
        var behaviour = sink
        behaviour.reading = .slowly(bytes: bytes, every: tick)
        behaviour.receiveBufferBytes = smallBufferBytes
        return behaviour
    }

    /// Accepts and then leaves everything in the kernel's buffers, the peer's FIN included.
    public static let neverReads = with {
        $0.reading = .never
        $0.reply = .discard
        $0.receiveBufferBytes = smallBufferBytes
    }

    /// Aborts (RST) each connection after so many bytes.
    public static func resets(afterReceiving bytes: UInt64 = 0) -> TCPBehaviour {
        with { $0.ending = .reset(afterReceiving: bytes) }
    }

    /// Attempts to connect hang.
    public static let neverAccepts = with { $0.accepts = false }

    /// Larger than a segment on the loopback interface (64 KiB): below that, the kernel's cure for silly windows
    /// (RFC 9293 section 3.8.6.2) lets little through.
    private static let smallBufferBytes: Int32 = 128 * 1024

    private static func with(_ change: (inout TCPBehaviour) -> Void) -> TCPBehaviour {
        var behaviour = TCPBehaviour()
        change(&behaviour)
        return behaviour
    }
}
