public import HTTP1

/// A complete answer of this proxy itself: small, plain text, and the last one on its connection.
public struct HTTPAnswer {
    /// The status code.
    public var status: Int
    /// Fields beyond those that every answer has.
    public var fields: HeaderFields
    /// The body: one line of text.
    public var body: String

    /// An answer with `status` whose body is `body`.
    public init(_ status: Int, _ body: String, fields: HeaderFields = [:]) {
        self.status = status
        self.body = body
        self.fields = fields
    }

    /// How many bytes ``body`` takes when it is sent: it ends its line.
    public var bodyBytes: Int { body.utf8.count + 1 }

    /// The answer as bytes.
    ///
    /// - Parameter withBody: false in answer to HEAD, which wants the same head without the body.
    public func serialized(withBody: Bool = true) -> [UInt8] {
        var fields = self.fields
        let content = Array((body + "\n").utf8)
        fields.append("Content-Type", "text/plain; charset=utf-8")
        fields.append("Content-Length", String(content.count))
        fields.append("Cache-Control", "no-store")
        fields.append("X-Content-Type-Options", "nosniff")
        fields.append("Connection", "close")
        let head = HeadSerializer.serialize(ResponseHead(status: status, fields: fields))
        return withBody ? head + content : head
    }
}
