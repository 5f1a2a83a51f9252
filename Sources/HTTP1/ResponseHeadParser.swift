/// Reads response heads from the bytes of a connection (RFC 9112 sections 2, 4 and 5).
///
/// The rules are those of ``RequestHeadParser`` but for the start line, `HTTP-version SP status-code SP [reason]`, and
/// that no empty line may stand before it. Interim responses are heads like others: the caller skips them
/// (``ResponseHead/isInterim``). How the content is framed is decided by ``BodyFraming/response(_:to:)``.
public struct ResponseHeadParser: Sendable {
    /// What ``receive(_:)`` came to.
    public enum Result: Sendable {
        /// All bytes were taken; the head isn't complete.
        case needMore
        /// A head, whose last byte is the last of the first `consumed` bytes given.
        case head(ResponseHead, consumed: Int)
    }

    private let limits: HeadLimits
    private var buffer: HeadBuffer
    private var lines: [HeaderFields.Line] = []
    private var start: (version: HTTPVersion, status: Int, reason: String)?
    private var failure: HTTPError?

    /// A parser that refuses what is beyond `limits`.
    public init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits
        buffer = HeadBuffer(limit: limits.maxHeadBytes, skippableEmptyLines: 0)
    }

    /// Whether no byte of the next head has arrived.
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
                if buffer.isComplete { throw .malformedStatusLine }
                if buffer.isFull { throw .headTooLarge(limit: limits.maxHeadBytes) }
                return
            }
            let (line, end) = try StatusLine.parse(buffer.bytes.span)
            start = line
            buffer.parsed = end
            lines.reserveCapacity(16)
        }
        try buffer.parseFieldLines(into: &lines, startLines: 1, maxFields: limits.maxFields)
        if buffer.isFull { throw .headTooLarge(limit: limits.maxHeadBytes) }
    }

    private mutating func finish() throws(HTTPError) -> ResponseHead {
        guard let (version, status, reason) = start else { throw .malformedStatusLine }
        let fields = HeaderFields(block: buffer.bytes, lines: lines)
        buffer = HeadBuffer(limit: limits.maxHeadBytes, skippableEmptyLines: 0)
        lines = []
        start = nil
        return ResponseHead(status: status, reason: reason, version: version, fields: fields)
    }
}

/// Reads a complete status line (RFC 9112 section 4).
enum StatusLine {
    /// Reads the line that begins `bytes` and ends in the first CR LF. The space behind the status may be missing with
    /// the reason, as some servers have it.
    static func parse(
        _ bytes: Span<UInt8>
    ) throws(HTTPError) -> (line: (version: HTTPVersion, status: Int, reason: String), next: Int) {
        let lineEnd = ByteScan.lineFeed(in: bytes, from: 0, to: bytes.count) - 1
        // "HTTP/1.1 200" has twelve bytes.
        guard lineEnd >= 12 else { throw .malformedStatusLine }
        let version = try HTTPVersion.parse(bytes, 0..<8)
        guard bytes[8] == 0x20, (0x31...0x35).contains(bytes[9]), let status = Grammar.decimal(bytes, 9..<12),
            lineEnd == 12 || bytes[12] == 0x20
        else { throw .malformedStatusLine }
        let reason = min(13, lineEnd)..<lineEnd
        let stop = ByteScan.control(in: bytes, from: reason.lowerBound, to: lineEnd)
        if stop < lineEnd { throw bytes[stop] == 0x0D ? .bareCarriageReturn(line: 1) : .malformedStatusLine }
        return ((version, Int(status), String(decoding: bytes.extracting(reason))), lineEnd + 2)
    }
}
