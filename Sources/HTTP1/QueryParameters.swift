internal import Bytes

/// The parameters of a query in the form that browsers and OAuth use, `application/x-www-form-urlencoded`: pairs
/// `name=value` between `&`, percent-encoded, `+` for a space (RFC 6749 appendix B, RFC 6750 section 2.3).
public enum QueryParameters {
    /// The values of all parameters in `query` whose name is `name`, decoded, in order; a parameter without `=` has the
    /// empty value.
    ///
    /// - Throws: ``HTTPError/malformedPercentEncoding`` or ``HTTPError/queryNotUTF8`` for a name anywhere in the query
    ///   or for a value of that name.
    public static func values(named name: String, in query: String) throws(HTTPError) -> [String] {
        var values: [String] = []
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let split = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard try decode(pair[..<split]) == name else { continue }
            values.append(split == pair.endIndex ? "" : try decode(pair[split...].dropFirst()))
        }
        return values
    }

    /// All parameters of `query`, decoded, in order.
    ///
    /// - Throws: as ``values(named:in:)``, for any name or value.
    public static func all(in query: String) throws(HTTPError) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let split = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let value = split == pair.endIndex ? "" : try decode(pair[split...].dropFirst())
            pairs.append((try decode(pair[..<split]), value))
        }
        return pairs
    }

    private static func decode(_ text: Substring.UTF8View) throws(HTTPError) -> String {
        let bytes = Array(text)
        let decoded = try PercentEncoding.decode(bytes.span, plusIsSpace: true)
        guard UTF8Validation.isValid(decoded.span) else { throw .queryNotUTF8 }
        return String(decoding: decoded, as: UTF8.self)
    }
}
