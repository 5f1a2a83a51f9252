/// Fields that concern one connection and must not be forwarded (RFC 9110 section 7.6.1).
public enum HopByHop {
    /// The fields that are dropped whether Connection names them or not: those of section 7.6.1, the framing that is
    /// made anew, `Trailer` and `TE` because trailers are not forwarded, `HTTP2-Settings` (RFC 7540 section 3.2.1),
    /// and the credentials meant for a proxy (section 11.7).
    public static let names = [
        "Connection", "Proxy-Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "HTTP2-Settings", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization",
    ]

    /// The fields that `fields` hold for the whole way: without ``names`` and without those that Connection names.
    public static func endToEnd(_ fields: HeaderFields) -> HeaderFields {
        let named = fields.list("Connection")
        var kept = fields
        kept.keepLines { bytes, name in
            !names.contains { Grammar.equalIgnoringCase(bytes, name, $0.utf8.span) }
                && !named.contains { Grammar.equalIgnoringCase(bytes, name, $0.utf8.span) }
        }
        return kept
    }
}
