internal import HTTP1

/// The host part of a URL that is going to be dialled: a name, an IPv4 address or an IPv6 address in brackets
/// (RFC 3986 section 3.2.2), told apart without asking the system.
///
/// Stricter than ``HTTP1/Authority``, which judges what others send: names that only *look* like addresses (`127.1`,
/// `0x7f.1`, `1.2.3.4.5`) are refused, since some resolvers read them as addresses and others as names, and a check
/// that reads them differently from the dialler is a hole.
enum HostGrammar {
    /// Splits `host[:port]` or `[v6][:port]`; the port stays text.
    static func split(_ authority: Substring) throws(HTTPURLError) -> (host: String, isIPv6: Bool, port: Substring?) {
        guard !authority.isEmpty else { throw .noHost }
        if authority.utf8.first == UInt8(ascii: "[") {
            guard let close = authority.utf8.firstIndex(of: UInt8(ascii: "]")) else { throw .badHost }
            let literal = authority[authority.utf8.index(after: authority.startIndex)..<close]
            // Zone identifiers and addresses of a future version aren't hex digits, dots and colons.
            guard literal.utf8.allSatisfy({ Grammar.hexValue($0) != nil || ":.".utf8.contains($0) }),
                Authority("[\(literal)]") != nil
            else { throw .badHost }
            let rest = authority[authority.utf8.index(after: close)...]
            if rest.isEmpty { return (literal.lowercased(), true, nil) }
            guard rest.utf8.first == UInt8(ascii: ":") else { throw .badHost }
            return (literal.lowercased(), true, rest.dropFirst())
        }
        let colon = authority.utf8.firstIndex(of: UInt8(ascii: ":"))
        let name = authority[..<(colon ?? authority.endIndex)]
        guard !name.isEmpty else { throw .noHost }
        guard isIPv4(name) || isName(name) else { throw .badHost }
        return (name.lowercased(), false, colon.map { authority[authority.utf8.index(after: $0)...] })
    }

    /// A name of letters, digits, hyphens and underscores in labels of 1 to 63 (RFC 1123 section 2.1; underscores
    /// because container networks use them), one trailing dot allowed, the last label not a number.
    static func isName(_ text: Substring) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        var labels = text.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        guard let last = labels.last, !looksNumeric(last) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.utf8.first != UInt8(ascii: "-")
                && label.utf8.last != UInt8(ascii: "-")
                && label.utf8.allSatisfy { Grammar.isAlpha($0) || Grammar.isDigit($0) || "-_".utf8.contains($0) }
        }
    }

    /// Four decimal numbers from 0 to 255 without leading zeros.
    static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(Grammar.isDigit) && UInt8(part) != nil
                    && (part.utf8.count == 1 || part.utf8.first != UInt8(ascii: "0"))
            }
    }

    private static func looksNumeric(_ label: Substring) -> Bool {
        if label.utf8.allSatisfy(Grammar.isDigit) { return true }
        let lower = label.lowercased()
        return lower.hasPrefix("0x") && lower.utf8.dropFirst(2).allSatisfy { Grammar.hexValue($0) != nil }
    }
}
