/// Reads request heads from the bytes of a connection (RFC 9112 sections 2, 3 and 5).
///
/// Rules:
/// - Each line is judged as soon as it is complete, so that garbage is refused without waiting for more of it.
/// - The request line is `method SP request-target SP HTTP-version` with exactly one space between (section 3).
/// - In HTTP/1.1 there is exactly one Host; in any version it is well formed (section 3.2).
/// - One empty line before the request line is skipped (section 2.2).
/// - After a head the parser is ready for the next one; after an error it repeats that error.
///
/// How the content is framed is decided apart, by ``BodyFraming/request(_:)``.
public struct RequestHeadParser: Sendable {
    /// What ``receive(_:)`` came to.
    public enum Result: Sendable {
        /// All bytes were taken; the head isn't complete.
        case needMore
        /// A head, whose last byte is the last of the first `consumed` bytes given; the rest is content or whatever the
        /// peer sent early.
        case head(RequestHead, consumed: Int)
    }

    private let limits: HeadLimits
    private var buffer: HeadBuffer
    private var lines: [HeaderFields.Line] = []
    /// Method, target and version, once the request line was read.
    private var start: (method: String, target: String, version: HTTPVersion)?
    private var failure: HTTPError?

    /// A parser that refuses what is beyond `limits`.
    public init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits
        buffer = HeadBuffer(limit: limits.maxHeadBytes, skippableEmptyLines: 1)
    }

    /// Whether no byte of the next head has arrived: a connection that ends now, ends cleanly.
    public var isIdle: Bool { buffer.isEmpty && failure == nil }

    /// Takes the next bytes of the connection.
    ///
    /// - Throws: the first misdeed found. The connection can't be used any more.
    public mutating func receive(_ bytes: Span<UInt8>) throws(HTTPError) -> Result {
        if let failure { throw failure }
        do throws(HTTPError) {
            let consumed = try buffer.take(bytes)
            try parseLines()
            guard buffer.isComplete else { return .needMore }
            return .head(try finish(), consumed: consumed)
        } catch {
            failure = error
            buffer = HeadBuffer(limit: 0, skippableEmptyLines: 0)
            lines = []
            throw error
        }
    }

    private mutating func parseLines() throws(HTTPError) {
        if start == nil {
            if buffer.lineStart == 0 {
                // One byte more than the longest line: its CR may have arrived without the LF.
                if buffer.isComplete { throw .malformedRequestLine }
                if buffer.bytes.count > limits.maxRequestLineBytes + 1 { throw overlongRequestLine() }
                if buffer.isFull { throw .headTooLarge(limit: limits.maxHeadBytes) }
                return
            }
            let (line, end) = try RequestLine.parse(buffer.bytes.span, limits: limits)
            start = line
            buffer.parsed = end
            lines.reserveCapacity(16)
        }
        try buffer.parseFieldLines(into: &lines, startLines: 1, maxFields: limits.maxFields)
        if buffer.isFull { throw .headTooLarge(limit: limits.maxHeadBytes) }
    }

    /// What is too long about a request line that outgrew every valid one.
    private func overlongRequestLine() -> HTTPError {
        let method = buffer.bytes.prefix(HeadLimits.maxMethodBytes + 1)
        guard let space = method.firstIndex(of: 0x20) else {
            return method.allSatisfy(Grammar.isTokenCharacter) ? .methodTooLong : .malformedRequestLine
        }
        return space > 0 && method[..<space].allSatisfy(Grammar.isTokenCharacter)
            ? .targetTooLong(limit: limits.maxTargetBytes) : .malformedRequestLine
    }

    private mutating func finish() throws(HTTPError) -> RequestHead {
        guard let (method, target, version) = start else { throw .malformedRequestLine }
        let fields = HeaderFields(block: buffer.bytes, lines: lines)
        try Self.checkHost(fields, version)
        // Ready for the next head; nothing is kept, so an idle connection owns no memory for it.
        buffer = HeadBuffer(limit: limits.maxHeadBytes, skippableEmptyLines: 1)
        lines = []
        start = nil
        return RequestHead(method: method, target: target, version: version, fields: fields)
    }

    /// RFC 9112 section 3.2: no Host in HTTP/1.1, several, or a malformed one: 400.
    private static func checkHost(_ fields: HeaderFields, _ version: HTTPVersion) throws(HTTPError) {
        guard let index = fields.firstIndex(of: "host") else {
            if version >= .http11 { throw .missingHost }
            return
        }
        guard fields.firstIndex(of: "host", from: index + 1) == nil else { throw .repeatedHost }
        guard Authority.isValid(fields.block.span, fields.lines[index].value) else { throw .invalidHost }
    }
}
