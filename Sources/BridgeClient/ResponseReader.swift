internal import HTTP1

/// Puts one response together: interim ones are skipped, the content is collected and bounded.
///
/// A response with status 101 ends with its head, since what follows is another protocol (RFC 9110 section 15.2.2).
struct ResponseReader {
    /// What ``receive(_:)`` came to.
    enum Progress {
        /// All bytes were taken, and more belong to the response.
        case needMore
        /// The response is complete with the first `consumed` of the bytes given.
        case complete(HTTPResponse, consumed: Int)
    }

    /// More content is refused: no answer that this client reads is nearly as large.
    static let maxContentBytes: UInt64 = 4 * 1024 * 1024

    private let method: String
    private var parser = ResponseHeadParser()
    private var head: ResponseHead?
    private var decoder = BodyDecoder(.none)
    private var body: [UInt8] = []

    /// A reader of the response to a request with `method`.
    init(method: String) { self.method = method }

    /// Whether no byte of a response has come.
    var isIdle: Bool { head == nil && parser.isIdle }

    /// Takes the next bytes of the connection.
    mutating func receive(_ bytes: Span<UInt8>) throws(HTTPError) -> Progress {
        var position = 0
        while head == nil {
            guard position < bytes.count else { return .needMore }
            switch try parser.receive(bytes.extracting(position..<bytes.count)) {
            case .needMore: return .needMore
            case .head(let head, let consumed):
                position += consumed
                if head.isInterim { continue }
                if head.status == 101 { return .complete(HTTPResponse(head: head, body: []), consumed: position) }
                let framing = try BodyFraming.response(head, to: method)
                decoder = BodyDecoder(framing, limits: BodyLimits(maxContentBytes: Self.maxContentBytes))
                self.head = head
            }
        }
        while !decoder.isFinished, position < bytes.count {
            let step = try decoder.decode(bytes, from: position)
            body += Array(copying: bytes.extracting(step.content))
            position = step.position
        }
        guard decoder.isFinished, let head else { return .needMore }
        return .complete(HTTPResponse(head: head, body: body), consumed: position)
    }

    /// Tells that the connection ended; answers the response where that is what ends it.
    mutating func receiveEnd() throws(HTTPError) -> HTTPResponse? {
        guard let head else { return nil }
        try decoder.receiveEnd()
        return HTTPResponse(head: head, body: body)
    }
}

extension [UInt8] {
    /// The bytes of `span` as an array of their own.
    init(copying span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
