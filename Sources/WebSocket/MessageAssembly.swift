/// Puts the pieces of a message together, up to a limit (RFC 6455 section 5.4).
///
/// For callers that want whole messages; the bridge forwards pieces as they come and has no use for it.
public struct MessageAssembly: Sendable {
    /// The most bytes that a message may have.
    public let limit: Int
    private var pieces: [UInt8] = []

    /// An assembly for messages of at most `limit` bytes.
    public init(limit: Int) { self.limit = limit }

    /// Adds a piece; answers the message when the piece is its last.
    ///
    /// - Throws: ``WebSocketError/messageTooLarge(limit:)``; what was collected is given up.
    public mutating func append(_ piece: [UInt8], endsMessage: Bool) throws(WebSocketError) -> [UInt8]? {
        guard piece.count <= limit - pieces.count else {
            pieces = []
            throw .messageTooLarge(limit: limit)
        }
        pieces += piece
        guard endsMessage else { return nil }
        defer { pieces = [] }
        return pieces
    }
}
