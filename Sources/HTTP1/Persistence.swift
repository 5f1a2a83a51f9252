/// Whether a connection lives on after a message (RFC 9112 section 9.3). The `close` option always wins.
extension RequestHead {
    /// Whether the client lets the connection carry another request.
    public var isPersistent: Bool { Persistence.allows(fields, version) }
}

extension ResponseHead {
    /// Whether the server lets the connection carry another response after one whose content is framed as `framing`.
    public func isPersistent(framing: BodyFraming) -> Bool {
        framing != .untilClose && Persistence.allows(fields, version)
    }
}

enum Persistence {
    /// The decision from the Connection field and the version.
    static func allows(_ fields: HeaderFields, _ version: HTTPVersion) -> Bool {
        if fields.contains(token: "close", inListField: "Connection") { return false }
        return version >= .http11 || fields.contains(token: "keep-alive", inListField: "Connection")
    }
}
