/// What the client expects before it sends content (RFC 9110 section 10.1.1).
public enum ContinueExpectation: Sendable, Equatable {
    /// Nothing: the content comes, or there is none.
    case none
    /// A 100 (Continue) before it sends content. A final status may be sent instead; the client may then send no
    /// content at all, so the connection is closed after it unless the content was read.
    case continueResponse

    /// The expectation of `head`, whose content is framed as `framing`.
    ///
    /// None when the version is 1.0, as the section demands, and when no content is announced.
    ///
    /// - Throws: ``HTTPError/unsupportedExpectation`` (417) for any expectation but `100-continue`.
    public static func of(_ head: RequestHead, framing: BodyFraming) throws(HTTPError) -> ContinueExpectation {
        let members = head.fields.list("Expect")
        guard head.version >= .http11, !members.isEmpty else { return .none }
        for member in members where !Grammar.equalIgnoringCase(member, "100-continue") {
            throw .unsupportedExpectation
        }
        return framing == .none || framing == .length(0) ? .none : .continueResponse
    }

    /// The interim response to send, whole.
    public static let continueBytes: [UInt8] = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}
