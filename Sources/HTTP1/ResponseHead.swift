/// The head of a response: status line and fields (RFC 9112 sections 4 and 5).
public struct ResponseHead: Sendable, Equatable {
    /// The status code, 100 to 599.
    public var status: Int
    /// The reason phrase; may be empty, means nothing.
    public var reason: String
    /// The version as sent.
    public var version: HTTPVersion
    /// The field lines.
    public var fields: HeaderFields

    /// A head of these parts; the reason phrase is the registered one unless given.
    public init(status: Int, reason: String? = nil, version: HTTPVersion = .http11, fields: HeaderFields = [:]) {
        self.status = status
        self.reason = reason ?? ReasonPhrase.text(for: status)
        self.version = version
        self.fields = fields
    }

    /// Whether this is an interim response, which another one follows (RFC 9110 section 15.2). 101 is final: another
    /// protocol follows it.
    public var isInterim: Bool { (100..<200).contains(status) && status != 101 }
}
