/// The head of a request: request line and fields (RFC 9112 sections 3 and 5).
///
/// One that came from ``RequestHeadParser`` has a method that is a token, a target of a form that the method may have,
/// and, in HTTP/1.1, exactly one well-formed Host.
public struct RequestHead: Sendable, Equatable {
    /// The method; case matters (RFC 9110 section 9.1).
    public var method: String
    /// The request target as sent.
    public var target: String
    /// The version as sent.
    public var version: HTTPVersion
    /// The field lines.
    public var fields: HeaderFields

    /// A head of these parts. Nothing is checked; ``HeadSerializer`` makes sure that no part leaves its place.
    public init(method: String, target: String, version: HTTPVersion = .http11, fields: HeaderFields = [:]) {
        self.method = method
        self.target = target
        self.version = version
        self.fields = fields
    }

    /// The form of the target (RFC 9112 section 3.2), judged by its first characters.
    public var form: TargetForm {
        if method == "CONNECT" { return .authority }
        if target == "*" { return .asterisk }
        return target.utf8.first == UInt8(ascii: "/") ? .origin : .absolute
    }

    /// The path, still percent-encoded; `/` for an absolute target without one, `*` for the asterisk form, empty for
    /// CONNECT.
    public var path: String {
        if method == "CONNECT" { return "" }
        let bytes = target.utf8.span
        let path = RequestTarget.parts(bytes).path
        return path.isEmpty ? "/" : String(decoding: bytes.extracting(path))
    }

    /// The query without its `?`, still percent-encoded; nil when the target has none.
    public var query: String? {
        let bytes = target.utf8.span
        return RequestTarget.parts(bytes).query.map { String(decoding: bytes.extracting($0)) }
    }

    /// Path and query: the target as an origin server expects it (RFC 9112 section 3.2.1).
    public var originTarget: String {
        if form != .absolute { return target }
        return query.map { "\(path)?\($0)" } ?? path
    }

    /// The host (and port) that the request is for: the target's authority where it has one, else Host
    /// (RFC 9112 section 3.3). Nil in HTTP/1.0 without Host.
    public var host: String? {
        if method == "CONNECT" { return target }
        let bytes = target.utf8.span
        if let authority = RequestTarget.parts(bytes).authority {
            return String(decoding: bytes.extracting(authority))
        }
        return fields.first("Host")
    }

    /// ``host`` taken apart.
    public var authority: Authority? { host.flatMap { Authority($0) } }
}
