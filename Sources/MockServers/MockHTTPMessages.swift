public import HTTP1

/// A request as a mock server received it, whole.
public struct MockRequest: Sendable {
    /// Request line and fields.
    public let head: RequestHead
    /// The content, without chunked framing.
    public let body: [UInt8]
    /// Whether it came over TLS.
    public let isSecure: Bool

    /// A request made by hand, for what has no socket.
    public init(head: RequestHead, body: [UInt8] = [], isSecure: Bool = false) {
        self.head = head
        self.body = body
        self.isSecure = isSecure
    }

    /// The parameters of an `application/x-www-form-urlencoded` text; of several with one name the first counts, and a
    /// malformed text has none.
    static func parameters(_ text: String?) -> [String: String] {
        guard let text, let pairs = try? QueryParameters.all(in: text) else { return [:] }
        return Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// The query's parameters.
    var query: [String: String] { Self.parameters(head.query) }

    /// The parameters of a form in the content.
    var form: [String: String] { Self.parameters(String(decoding: body, as: UTF8.self)) }
}

/// What a mock server answers, and how badly it delivers that.
public struct MockAnswer: Sendable {
    /// How an answer gets to the client.
    public enum Delivery: Sendable, Equatable {
        /// At once, with Content-Length.
        case whole
        /// In chunks of so many bytes.
        case chunked(bytes: Int)
        /// Without a length, ended by closing.
        case untilClose
        /// So many bytes a tick, with Content-Length.
        case slowly(bytes: Int, every: Duration)
        /// With Content-Length, but closed after so many bytes of the body.
        case cutShort(after: Int)
        /// The connection is closed instead.
        case close
        /// The connection is aborted (RST) instead.
        case reset
        /// Nothing ever comes.
        case silence
        /// The body's bytes alone, as they are, without a head; then closed.
        case raw
    }

    /// The status code.
    public var status: Int
    /// Fields besides those that frame the message.
    public var fields: HeaderFields
    /// The content.
    public var body: [UInt8]
    /// How long the answer is held back.
    public var delay: Duration = .zero
    /// How it is delivered.
    public var delivery = Delivery.whole

    /// An answer of these parts.
    public init(status: Int = 200, fields: HeaderFields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// A text.
    public static func text(_ text: String, status: Int = 200, type: String = "text/plain;charset=UTF-8") -> MockAnswer
    {
        MockAnswer(status: status, fields: ["content-type": type], body: Array(text.utf8))
    }
}
