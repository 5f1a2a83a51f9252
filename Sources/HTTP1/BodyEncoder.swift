/// Frames outgoing content (RFC 9112 sections 6 and 7.1), and makes sure that no more and no less leaves than the
/// head announced: a peer would take the difference for another message.
public struct BodyEncoder: Sendable {
    private let framing: BodyFraming
    private var remaining: UInt64

    /// An encoder for content announced as `framing`.
    public init(_ framing: BodyFraming) {
        self.framing = framing
        if case .length(let length) = framing { remaining = length } else { remaining = 0 }
    }

    /// Appends `content`, framed, to `output`. Empty content appends nothing: an empty chunk would end the body.
    ///
    /// - Throws: ``HTTPError/contentLongerThanAnnounced``, with nothing appended.
    public mutating func encode(_ content: Span<UInt8>, into output: inout [UInt8]) throws(HTTPError) {
        if content.isEmpty { return }
        switch framing {
        case .none:
            throw .contentLongerThanAnnounced
        case .length:
            guard UInt64(content.count) <= remaining else { throw .contentLongerThanAnnounced }
            remaining -= UInt64(content.count)
            Self.append(content, to: &output)
        case .chunked:
            Self.appendChunkHeader(size: content.count, to: &output)
            Self.append(content, to: &output)
            output.append(0x0D)
            output.append(0x0A)
        case .untilClose:
            Self.append(content, to: &output)
        }
    }

    /// Appends what ends the body, if anything.
    ///
    /// - Throws: ``HTTPError/contentShorterThanAnnounced``: the connection must be closed, so that the peer notices.
    public mutating func finish(into output: inout [UInt8]) throws(HTTPError) {
        guard remaining == 0 else { throw .contentShorterThanAnnounced }
        if framing == .chunked { output.append(contentsOf: Self.lastChunk) }
    }

    /// The last chunk with an empty trailer section.
    public static let lastChunk: [UInt8] = Array("0\r\n\r\n".utf8)

    /// Appends a chunk's size line. The data and CR LF must follow.
    ///
    /// - Precondition: `size` is above zero: zero would end the body.
    public static func appendChunkHeader(size: Int, to output: inout [UInt8]) {
        precondition(size > 0, "an empty chunk ends the body")
        output.append(contentsOf: String(size, radix: 16).utf8)
        output.append(0x0D)
        output.append(0x0A)
    }

    private static func append(_ content: Span<UInt8>, to output: inout [UInt8]) {
        unsafe content.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
    }
}
