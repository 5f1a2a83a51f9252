/// Finds the content in the bytes that follow a head (RFC 9112 sections 6 and 7.1).
///
/// Nothing is copied: each step answers which of the given bytes are content. The caller asks again from the step's
/// position until the bytes are used up or the body is finished:
/// ```
/// var position = 0
/// repeat {
///     let step = try decoder.decode(bytes, from: position)
///     use(bytes[step.content])
///     position = step.position
/// } while position < bytes.count && !decoder.isFinished
/// ```
///
/// Rules for chunks (section 7.1), stricter than the grammar where readers are known to disagree:
/// - A size is one to sixteen hexadecimal digits, ended by CR LF or `;`, with no white space anywhere.
/// - Extensions are read over; they hold no control characters, and their total is limited.
/// - Every line ends in CR LF, and CR LF follows the data of every chunk.
/// - The trailer section follows the rules of a head's fields. It is kept apart from them (RFC 9110 section 6.5.1).
public struct BodyDecoder: Sendable {
    /// The outcome of one step over a span.
    public struct Step: Sendable, Equatable {
        /// Which bytes of the span are content; may be empty.
        public let content: Range<Int>
        /// Where the next step begins: bytes before it are used up.
        public let position: Int
    }

    /// What the next byte is expected to belong to.
    private enum Expecting: Sendable, Equatable {
        case content(remaining: UInt64)
        case contentUntilClose
        case chunkSize(digits: Int, value: UInt64)
        case chunkExtension(value: UInt64)
        case chunkLineFeed(value: UInt64)
        case chunkData(remaining: UInt64)
        case chunkEnd
        case chunkEndLineFeed
        case trailer
        case nothing
    }

    private var expecting: Expecting
    private let limits: BodyLimits
    private var extensionBytes = 0
    private var trailerBuffer: HeadBuffer?
    private var failure: HTTPError?

    /// The content bytes found so far.
    public private(set) var contentBytes: UInt64 = 0

    /// The trailer fields of a chunked body, once it is finished.
    public private(set) var trailers: HeaderFields = [:]

    /// A decoder for content framed as `framing`.
    public init(_ framing: BodyFraming, limits: BodyLimits = BodyLimits()) {
        self.limits = limits
        expecting =
            switch framing {
            case .none, .length(0): .nothing
            case .length(let length): .content(remaining: length)
            case .chunked: .chunkSize(digits: 0, value: 0)
            case .untilClose: .contentUntilClose
            }
        if case .length(let length) = framing, length > limits.maxContentBytes {
            failure = .contentTooLarge(limit: limits.maxContentBytes)
        }
    }

    /// Whether the body's last byte was seen; what follows it is another message.
    public var isFinished: Bool { expecting == .nothing }

    /// Whether the body ends only with the connection.
    public var endsWithConnection: Bool { expecting == .contentUntilClose }

    /// Reads `bytes` from `position` on: to the end of the next piece of content, of the body, or of `bytes`.
    ///
    /// - Throws: the first misdeed found, again at each further call.
    public mutating func decode(_ bytes: Span<UInt8>, from position: Int = 0) throws(HTTPError) -> Step {
        if let failure { throw failure }
        do throws(HTTPError) {
            return try step(bytes, from: position)
        } catch {
            failure = error
            throw error
        }
    }

    /// Tells that the connection ended.
    ///
    /// - Throws: ``HTTPError/contentCutShort`` unless the body was finished or ends this way (RFC 9112 section 8).
    public mutating func receiveEnd() throws(HTTPError) {
        if let failure { throw failure }
        guard isFinished || endsWithConnection else {
            failure = .contentCutShort
            throw .contentCutShort
        }
        expecting = .nothing
    }

    private mutating func step(_ bytes: Span<UInt8>, from start: Int) throws(HTTPError) -> Step {
        var position = start
        while position < bytes.count {
            switch expecting {
            case .nothing:
                return Step(content: position..<position, position: position)
            case .content(let remaining):
                let end = try take(remaining, of: bytes.count, from: position)
                let left = remaining - UInt64(end - position)
                expecting = left == 0 ? .nothing : .content(remaining: left)
                return Step(content: position..<end, position: end)
            case .contentUntilClose:
                let end = try take(.max, of: bytes.count, from: position)
                return Step(content: position..<end, position: end)
            case .chunkData(let remaining):
                let end = try take(remaining, of: bytes.count, from: position)
                let left = remaining - UInt64(end - position)
                expecting = left == 0 ? .chunkEnd : .chunkData(remaining: left)
                return Step(content: position..<end, position: end)
            case .trailer:
                position = try trailer(bytes, from: position)
            default:
                try frame(bytes[position])
                position += 1
            }
        }
        return Step(content: position..<position, position: position)
    }

    /// Counts the content from `position` on, at most `remaining` bytes, and answers where it ends.
    private mutating func take(_ remaining: UInt64, of end: Int, from position: Int) throws(HTTPError) -> Int {
        let count = min(remaining, UInt64(end - position))
        let (total, overflow) = contentBytes.addingReportingOverflow(count)
        guard !overflow, total <= limits.maxContentBytes else {
            throw .contentTooLarge(limit: limits.maxContentBytes)
        }
        contentBytes = total
        return position + Int(count)
    }

    /// Takes one byte of what stands between the data of chunks.
    private mutating func frame(_ byte: UInt8) throws(HTTPError) {
        switch expecting {
        case .chunkSize(let digits, let value):
            if let digit = Grammar.hexValue(byte) {
                // Sixteen digits hold every size; more could only be leading zeros or an overflow.
                guard digits < 16, value <= UInt64(Int64.max) >> 4 else { throw .chunkSizeTooLarge }
                expecting = .chunkSize(digits: digits + 1, value: value << 4 | UInt64(digit))
            } else if digits > 0, byte == 0x0D {
                expecting = .chunkLineFeed(value: value)
            } else if digits > 0, byte == UInt8(ascii: ";") {
                expecting = .chunkExtension(value: value)
            } else {
                throw digits > 0 && byte == 0x0A ? .badChunkLineEnd : .invalidChunkSize
            }
        case .chunkExtension(let value):
            if byte == 0x0D {
                expecting = .chunkLineFeed(value: value)
                return
            }
            if byte == 0x0A { throw .badChunkLineEnd }
            guard Grammar.isFieldValueCharacter(byte) else { throw .invalidChunkExtension }
            extensionBytes += 1
            guard extensionBytes <= limits.maxExtensionBytes else {
                throw .chunkExtensionsTooLong(limit: limits.maxExtensionBytes)
            }
        case .chunkLineFeed(let value):
            guard byte == 0x0A else { throw .badChunkLineEnd }
            if value > limits.maxContentBytes { throw .contentTooLarge(limit: limits.maxContentBytes) }
            expecting = value == 0 ? .trailer : .chunkData(remaining: value)
        case .chunkEnd:
            guard byte == 0x0D else { throw .missingChunkEnd }
            expecting = .chunkEndLineFeed
        case .chunkEndLineFeed:
            guard byte == 0x0A else { throw .missingChunkEnd }
            expecting = .chunkSize(digits: 0, value: 0)
        case .content, .contentUntilClose, .chunkData, .trailer, .nothing:
            break
        }
    }

    /// Reads trailer fields (RFC 9112 section 7.1.2) and answers the position behind what was taken.
    private mutating func trailer(_ bytes: Span<UInt8>, from position: Int) throws(HTTPError) -> Int {
        var buffer = trailerBuffer ?? HeadBuffer(limit: limits.maxTrailerBytes, skippableEmptyLines: 0)
        // The buffer is moved out while it is worked on, so that it isn't copied.
        trailerBuffer = nil
        let taken = try buffer.take(bytes.extracting(position..<bytes.count))
        if buffer.isFull { throw .trailerTooLarge(limit: limits.maxTrailerBytes) }
        if buffer.isComplete {
            var lines: [HeaderFields.Line] = []
            try buffer.parseFieldLines(into: &lines, startLines: 0, maxFields: limits.maxTrailerFields)
            trailers = HeaderFields(block: buffer.bytes, lines: lines)
            expecting = .nothing
        } else {
            trailerBuffer = buffer
        }
        return position + taken
    }
}
