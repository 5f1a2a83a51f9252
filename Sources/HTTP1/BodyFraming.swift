/// How the content of a message is delimited on the connection (RFC 9112 section 6).
///
/// Wherever two readers of the same bytes could disagree about the end of a message, the message is refused, also
/// where the RFC lets a recipient choose: request smuggling lives on such choices (RFC 9112 section 11.2).
public enum BodyFraming: Sendable, Equatable {
    /// No content: the message ends with its head.
    case none
    /// Exactly this many bytes.
    case length(UInt64)
    /// Chunks, ended by one of size zero and a trailer section.
    case chunked
    /// Everything until the connection ends; responses only.
    case untilClose

    /// The framing of the request's content (RFC 9112 section 6.3, rules 3 to 7).
    public static func request(_ head: RequestHead) throws(HTTPError) -> BodyFraming {
        try announced(head.fields, head.version) ?? .none
    }

    /// The framing of the response's content, given the method it answers (RFC 9112 section 6.3, rules 1 to 8).
    ///
    /// Content announced by a response that can't have any is refused (a `Content-Length: 0` is let pass, as some
    /// servers add it to a 204), because a sender who announces it may send it.
    public static func response(_ head: ResponseHead, to method: String) throws(HTTPError) -> BodyFraming {
        let announced = try announced(head.fields, head.version)
        // A response to HEAD and a 304 announce the content that they don't have (RFC 9110 sections 9.3.2, 15.4.5).
        if method == "HEAD" || head.status == 304 { return .none }
        let isTunnel = method == "CONNECT" && (200..<300).contains(head.status)
        if head.status < 200 || head.status == 204 || isTunnel {
            guard announced == nil || announced == .length(0) else { throw .contentNotAllowed }
            return .none
        }
        return announced ?? .untilClose
    }

    /// What Content-Length and Transfer-Encoding announce; nil when neither is there.
    private static func announced(_ fields: HeaderFields, _ version: HTTPVersion) throws(HTTPError) -> BodyFraming? {
        let coding = fields.firstIndex(of: "transfer-encoding")
        let length = fields.firstIndex(of: "content-length")
        if let coding {
            // Section 6.1: Transfer-Encoding in HTTP/1.0 is faulty framing; with a length it is likely an attack.
            guard version >= .http11 else { throw .transferEncodingInHTTP10 }
            guard length == nil else { throw .lengthWithTransferEncoding }
            guard fields.firstIndex(of: "transfer-encoding", from: coding + 1) == nil
            else { throw .repeatedTransferEncoding }
            try checkCoding(fields, coding)
            return .chunked
        }
        guard let length else { return nil }
        guard fields.firstIndex(of: "content-length", from: length + 1) == nil else { throw .repeatedContentLength }
        // Section 6.3 rule 5 would let a list of equal numbers pass as one; here it is a doubt like any other.
        guard let value = Grammar.decimal(fields.block.span, fields.lines[length].value)
        else { throw .invalidContentLength }
        guard value <= UInt64(Int64.max) else { throw .contentLengthTooLarge }
        return .length(value)
    }

    /// Accepts `chunked` alone, in any case of letters, and tells the others apart.
    private static func checkCoding(_ fields: HeaderFields, _ index: Int) throws(HTTPError) {
        let bytes = fields.block.span
        let value = fields.lines[index].value
        let chunked = "chunked".utf8.span
        if Grammar.equalIgnoringCase(bytes, value, chunked) { return }
        // Section 6.1: an unknown coding under a final chunked is 501; whatever doesn't end in chunked has no end (400).
        var start = value.upperBound
        while start > value.lowerBound, bytes[start - 1] != UInt8(ascii: ",") { start -= 1 }
        let last = Grammar.trimmed(bytes, start..<value.upperBound)
        guard Grammar.equalIgnoringCase(bytes, last, chunked) else { throw .transferEncodingNotChunked }
        let others = fields.list("transfer-encoding").dropLast()
        guard !others.isEmpty, others.allSatisfy({ Grammar.isToken($0) && !Grammar.equalIgnoringCase($0, "chunked") })
        else { throw .transferEncodingNotChunked }
        throw .unsupportedTransferCoding
    }
}
