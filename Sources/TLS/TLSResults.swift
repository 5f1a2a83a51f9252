/// How far a handshake has come.
public enum HandshakeProgress: Sendable {
    /// Done. Output may be left over (``TLSConnection/pendingOutput``): a server's session tickets, a client's last
    /// flight. It may leave with the first data. Input may be buffered already (``TLSConnection/hasBufferedInput``).
    case complete
    /// Nothing more to do until the peer sends something; everything of ours has left.
    case wantRead
    /// The peer does not take our output: flush when the socket becomes writable, then call again.
    case wantWrite
    /// Failed; the alert, if one is due, was sent as far as the socket took it.
    case failed(TLSFailure)
}

/// What a read brought.
public enum ReadResult: Sendable {
    /// That many bytes of plaintext are in the buffer (at least one).
    case bytes(Int)
    /// Nothing now; wait for the socket to become readable.
    case wouldBlock
    /// The peer said it has finished (close_notify): a complete stream.
    case closed
    /// The peer's FIN came without close_notify: the stream may have been cut short (RFC 8446 section 6.1).
    case endOfStream
    /// The connection is unusable.
    case failed(TLSFailure)
}

/// What became of bytes to be written.
public enum WriteResult: Sendable {
    /// Encrypted and gathered; they leave with the next flush.
    case done
    /// The connection is unusable.
    case failed(TLSFailure)
}

/// What became of gathered output.
public enum FlushResult: Sendable {
    /// All of it was taken by the socket.
    case done
    /// The socket is full; that many bytes are kept until it becomes writable.
    case blocked(pending: Int)
    /// The socket failed with this errno.
    case failed(Int32)
}

/// A version of TLS.
public enum TLSVersion: Int32, Comparable, Sendable, CaseIterable {
    /// RFC 5246.
    case tls12 = 0x0303
    /// RFC 8446.
    case tls13 = 0x0304

    /// Older versions come first.
    public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }

    /// The usual name, for example `TLSv1.3`.
    public var name: String { self == .tls13 ? "TLSv1.3" : "TLSv1.2" }
}
