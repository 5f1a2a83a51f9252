/// The four forms of a request target (RFC 9112 section 3.2).
public enum TargetForm: Sendable, Equatable {
    /// A path with an optional query: what nearly every request has.
    case origin
    /// A whole `http` or `https` URI, as sent to a proxy.
    case absolute
    /// `host:port`: CONNECT only.
    case authority
    /// `*`: OPTIONS only.
    case asterisk
}

/// Rules and parts of request targets (RFC 9112 section 3.2).
enum RequestTarget {
    /// Checks `bytes[range]`, all of whose bytes ``ByteScan`` let pass, as the target of a request with `method`, and
    /// answers its form.
    ///
    /// Visible ASCII that RFC 3986 leaves out but browsers send (`|`, `{`, `^`, …) is accepted; `#` isn't, because a
    /// fragment is never sent and those that cut at it would see another path.
    static func check(_ bytes: Span<UInt8>, _ range: Range<Int>, method: String) throws(HTTPError) -> TargetForm {
        guard !range.isEmpty else { throw .malformedRequestLine }
        if method == "CONNECT" {
            guard let authority = Authority(bytes, range), authority.port != nil else { throw .invalidTargetAuthority }
            return .authority
        }
        if bytes[range.lowerBound] == UInt8(ascii: "/") { return .origin }
        if range.count == 1, bytes[range.lowerBound] == UInt8(ascii: "*"), method == "OPTIONS" { return .asterisk }
        guard let start = authorityStart(bytes, range) else { throw .invalidTargetForm }
        guard Authority.isValid(bytes, start..<authorityEnd(bytes, start..<range.upperBound))
        else { throw .invalidTargetAuthority }
        return .absolute
    }

    /// Where the authority of an absolute target begins: behind `http://` or `https://`; nil for other targets.
    static func authorityStart(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard range.count > 7, Grammar.lowercase(bytes[range.lowerBound]) == UInt8(ascii: "h") else { return nil }
        for scheme in ["http://", "https://"] as [StaticString] {
            let length = scheme.utf8CodeUnitCount
            guard range.count >= length else { continue }
            let prefix = range.lowerBound..<range.lowerBound + length
            if Grammar.equalIgnoringCase(bytes, prefix, scheme.description.utf8.span) { return prefix.upperBound }
        }
        return nil
    }

    /// Where the authority that begins `bytes[range]` ends: at `/`, `?` or the end (RFC 3986 section 3.2).
    static func authorityEnd(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var index = range.lowerBound
        while index < range.upperBound, bytes[index] != UInt8(ascii: "/"), bytes[index] != UInt8(ascii: "?") {
            index += 1
        }
        return index
    }

    /// The ranges of authority, path and query (without its `?`) in a target of any form.
    static func parts(_ bytes: Span<UInt8>) -> (authority: Range<Int>?, path: Range<Int>, query: Range<Int>?) {
        let whole = 0..<bytes.count
        var authority: Range<Int>?
        var pathStart = 0
        if let start = authorityStart(bytes, whole) {
            pathStart = authorityEnd(bytes, start..<bytes.count)
            authority = start..<pathStart
        }
        var index = pathStart
        while index < bytes.count, bytes[index] != UInt8(ascii: "?") { index += 1 }
        return (authority, pathStart..<index, index < bytes.count ? index + 1..<bytes.count : nil)
    }
}
