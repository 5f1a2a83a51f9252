/// The heads that a gateway sends in place of those it received (RFC 9110 section 7.6).
///
/// Rules for both directions:
/// - Fields of one connection end with it: ``HopByHop``.
/// - The framing that was understood is written anew, once; the sender's own framing fields are never passed on, so
///   the next reader can't understand them differently (RFC 9112 section 11.2).
/// - The version is this proxy's own (RFC 9110 section 6.2).
/// - Trailers are dropped, and with them `TE` and `Trailer`, so nobody waits for them (RFC 9110 section 6.5.1).
public enum Forwarding {
    /// How a request is passed on.
    public struct RequestOptions: Sendable, Equatable {
        /// The upstream's Host; nil keeps the client's.
        public var host: String?
        /// The target for the upstream; nil keeps the client's path and query.
        public var target: String?
        /// What the upstream learns about the client.
        public var forwarded: ForwardedPolicy
        /// The name for Via (RFC 9110 section 7.6.3), a host or a pseudonym; nil leaves Via alone.
        public var via: String?
        /// Whether the connection to the upstream is for this request only.
        public var closesConnection: Bool

        /// Options; the defaults change nothing that needn't be changed.
        public init(
            host: String? = nil, target: String? = nil, forwarded: ForwardedPolicy = .passThrough, via: String? = nil,
            closesConnection: Bool = false
        ) {
            self.host = host
            self.target = target
            self.forwarded = forwarded
            self.via = via
            self.closesConnection = closesConnection
        }
    }

    /// The request for the upstream in place of `head`, whose content was found to be framed as `framing`.
    ///
    /// `Expect` is left out: this proxy answers it itself (``ContinueExpectation``). `Upgrade` is left out, so a 101 from the
    /// upstream is an error of the upstream.
    public static func requestHead(
        from head: RequestHead, framing: BodyFraming, options: RequestOptions = RequestOptions()
    ) -> RequestHead {
        var fields = HopByHop.endToEnd(head.fields)
        fields.remove("Content-Length")
        fields.remove("Expect")
        fields.remove("Host")
        options.forwarded.apply(to: &fields)
        if let via = options.via { fields.append("Via", "\(received(head.version)) \(via)") }
        append(framing, to: &fields)
        if options.closesConnection { fields.append("Connection", "close") }

        // RFC 9110 section 7.2: Host should be the first field; an empty one says that there is no authority.
        fields.prepend("Host", options.host ?? head.host ?? "")
        return RequestHead(method: head.method, target: options.target ?? head.originTarget, fields: fields)
    }

    /// How the content of a response is framed for the client, given the upstream's framing.
    ///
    /// A client of HTTP/1.0 knows no chunks (RFC 9112 section 6.1), so it gets the end of the connection as the end;
    /// a client of 1.1 gets chunks in place of it, so that its connection lives on and a cut response is noticed.
    public static func responseFraming(_ framing: BodyFraming, for version: HTTPVersion) -> BodyFraming {
        switch framing {
        case .none, .length: framing
        case .chunked, .untilClose: version >= .http11 ? .chunked : .untilClose
        }
    }

    /// How a response is passed on.
    public struct ResponseOptions: Sendable, Equatable {
        /// The name for Via (RFC 9110 section 7.6.3); nil leaves Via alone.
        public var via: String?
        /// Whether the client's connection is kept for another request.
        public var keepsConnection: Bool

        /// Options; by default the connection is kept if the request and the framing allow it.
        public init(via: String? = nil, keepsConnection: Bool = true) {
            self.via = via
            self.keepsConnection = keepsConnection
        }
    }

    /// The response for the client in place of `head`, which answers `request` and whose content was found to be framed
    /// as `framing` by the upstream.
    ///
    /// - Returns: the head; how the content is framed in it; whether the client's connection lives on.
    public static func responseHead(
        from head: ResponseHead, to request: RequestHead, framing: BodyFraming,
        options: ResponseOptions = ResponseOptions()
    ) -> (head: ResponseHead, framing: BodyFraming, isPersistent: Bool) {
        let outgoing = responseFraming(framing, for: request.version)
        let isPersistent = options.keepsConnection && request.isPersistent && outgoing != .untilClose
        var fields = HopByHop.endToEnd(head.fields)
        // A response to HEAD and a 304 tell the length of the content that they don't have (RFC 9110 section 8.6).
        let tellsLength = request.method == "HEAD" || head.status == 304
        if !(tellsLength && framing == .none) {
            fields.remove("Content-Length")
            append(outgoing, to: &fields)
        }
        if let via = options.via { fields.append("Via", "\(received(head.version)) \(via)") }
        if !head.isInterim, let option = connectionOption(isPersistent: isPersistent, for: request.version) {
            fields.append("Connection", option)
        }
        return (ResponseHead(status: head.status, reason: head.reason, fields: fields), outgoing, isPersistent)
    }

    /// The connection option that a response must carry, if any: `close` where the connection ends, `keep-alive` where
    /// a client of HTTP/1.0 asked for more (RFC 9112 section 9.3).
    public static func connectionOption(isPersistent: Bool, for version: HTTPVersion) -> String? {
        if !isPersistent { return "close" }
        return version == .http10 ? "keep-alive" : nil
    }

    /// Appends the fields that announce `framing`.
    private static func append(_ framing: BodyFraming, to fields: inout HeaderFields) {
        switch framing {
        case .none, .untilClose: break
        case .length(let length): fields.append("Content-Length", String(length))
        case .chunked: fields.append("Transfer-Encoding", "chunked")
        }
    }

    /// `received-protocol` of Via: the version without the protocol's name.
    private static func received(_ version: HTTPVersion) -> String { version == .http11 ? "1.1" : "1.0" }
}
