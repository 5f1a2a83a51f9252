import HTTP1
import Testing

/// How bytes are cut before they reach a parser: every test of a parser runs over all of them.
enum Cut: CaseIterable, Sendable {
    case whole
    case byteByByte
    case threes

    /// `bytes` in pieces.
    func pieces(of bytes: [UInt8]) -> [[UInt8]] {
        let size =
            switch self {
            case .whole: max(bytes.count, 1)
            case .byteByByte: 1
            case .threes: 3
            }
        return stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }
}

/// Feeds `text` to a request parser; answers the first head and how many bytes it took, or nil when more is needed.
func receiveRequest(
    _ text: String, cut: Cut = .whole, limits: HeadLimits = HeadLimits()
) throws(HTTPError) -> (head: RequestHead, consumed: Int)? {
    try receiveRequest(Array(text.utf8), cut: cut, limits: limits)
}

/// The same for bytes that are no text.
func receiveRequest(
    _ bytes: [UInt8], cut: Cut = .whole, limits: HeadLimits = HeadLimits()
) throws(HTTPError) -> (head: RequestHead, consumed: Int)? {
    var parser = RequestHeadParser(limits: limits)
    var before = 0
    for piece in cut.pieces(of: bytes) {
        if case .head(let head, let consumed) = try parser.receive(piece.span) { return (head, before + consumed) }
        before += piece.count
    }
    return nil
}

/// Feeds `text` to a response parser; as ``receiveRequest(_:cut:limits:)``.
func receiveResponse(
    _ text: String, cut: Cut = .whole, limits: HeadLimits = HeadLimits()
) throws(HTTPError) -> (head: ResponseHead, consumed: Int)? {
    var parser = ResponseHeadParser(limits: limits)
    var before = 0
    for piece in cut.pieces(of: Array(text.utf8)) {
        if case .head(let head, let consumed) = try parser.receive(piece.span) { return (head, before + consumed) }
        before += piece.count
    }
    return nil
}

/// The head of `text`, which must be complete, the same however it is cut, and end where `text` does.
func request(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> RequestHead {
    let whole = try #require(try receiveRequest(text), sourceLocation: sourceLocation)
    for cut in Cut.allCases {
        let other = try #require(try receiveRequest(text, cut: cut), sourceLocation: sourceLocation)
        #expect(other.head == whole.head, sourceLocation: sourceLocation)
        #expect(other.consumed == text.utf8.count, sourceLocation: sourceLocation)
    }
    return whole.head
}

/// The head of the response `text`; as ``request(_:sourceLocation:)``.
func response(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> ResponseHead {
    let whole = try #require(try receiveResponse(text), sourceLocation: sourceLocation)
    for cut in Cut.allCases {
        let other = try #require(try receiveResponse(text, cut: cut), sourceLocation: sourceLocation)
        #expect(other.head == whole.head, sourceLocation: sourceLocation)
        #expect(other.consumed == text.utf8.count, sourceLocation: sourceLocation)
    }
    return whole.head
}

/// Expects `text` to be refused as `misdeed`, however it is cut.
func expectRequest(
    _ text: String, refusedAs misdeed: HTTPError, limits: HeadLimits = HeadLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
) {
    for cut in Cut.allCases {
        #expect(throws: misdeed, "\(cut): \(text.debugDescription)", sourceLocation: sourceLocation) {
            _ = try receiveRequest(text, cut: cut, limits: limits)
        }
    }
}

/// Expects the response `text` to be refused as `misdeed`, however it is cut.
func expectResponse(
    _ text: String, refusedAs misdeed: HTTPError, limits: HeadLimits = HeadLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
) {
    for cut in Cut.allCases {
        #expect(throws: misdeed, "\(cut): \(text.debugDescription)", sourceLocation: sourceLocation) {
            _ = try receiveResponse(text, cut: cut, limits: limits)
        }
    }
}

/// A request of HTTP/1.1 with Host and these further lines.
func withLines(_ lines: String..., method: String = "GET", target: String = "/") -> String {
    (["\(method) \(target) HTTP/1.1", "Host: example.com"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
}

/// What a body decoder made of some bytes.
struct Decoded: Equatable {
    var content: [UInt8] = []
    var isFinished = false
    /// The bytes used up; what is behind them is another message.
    var consumed = 0
    var trailers: HeaderFields = [:]
}

/// Decodes `bytes` as content framed as `framing`.
func decode(
    _ bytes: [UInt8], _ framing: BodyFraming, cut: Cut = .whole, limits: BodyLimits = BodyLimits()
) throws(HTTPError) -> Decoded {
    var decoder = BodyDecoder(framing, limits: limits)
    var decoded = Decoded()
    for piece in cut.pieces(of: bytes) {
        var position = 0
        while position < piece.count, !decoder.isFinished {
            let step = try decoder.decode(piece.span, from: position)
            decoded.content += piece[step.content]
            position = step.position
        }
        decoded.consumed += position
    }
    decoded.isFinished = decoder.isFinished
    decoded.trailers = decoder.trailers
    return decoded
}

/// A generator with a seed, so that a failure can be repeated (SplitMix64, Steele, Lea and Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
