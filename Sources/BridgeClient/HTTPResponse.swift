public import HTTP1

/// A complete answer of an HTTP server.
public struct HTTPResponse: Sendable, Equatable {
    /// The status line and the fields.
    public var head: ResponseHead
    /// The content, framing removed; empty where there is none.
    public var body: [UInt8]

    /// An answer.
    public init(head: ResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    /// The status code.
    public var status: Int { head.status }

    /// The first value of the field `name`, names compared without regard to case.
    public func field(_ name: String) -> String? { head.fields.first(name) }

    /// The content as text; what is not UTF-8 is replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
