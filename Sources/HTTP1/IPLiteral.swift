/// What may stand between the brackets of a host: `IPv6address` or `IPvFuture` (RFC 3986 section 3.2.2).
enum IPLiteral {
    /// Whether `bytes[range]`, brackets left out, is an IP literal.
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        if Grammar.lowercase(bytes[range.lowerBound]) == UInt8(ascii: "v") { return isFuture(bytes, range) }
        return isIPv6(bytes, range)
    }

    /// `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`.
    private static func isFuture(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound + 1
        while index < range.upperBound, Grammar.hexValue(bytes[index]) != nil { index += 1 }
        guard index > range.lowerBound + 1, range.upperBound - index > 1, bytes[index] == UInt8(ascii: ".")
        else { return false }
        for next in index + 1..<range.upperBound {
            guard bytes[next] == UInt8(ascii: ":") || Authority.isRegisteredNameCharacter(bytes[next])
            else { return false }
        }
        return true
    }

    /// Eight groups of one to four hexadecimal digits; the last two may be an IPv4 address; one run of groups that are
    /// zero may be written as `::`.
    static func isIPv6(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let colon = UInt8(ascii: ":")
        var (index, groups, compressed) = (range.lowerBound, 0, false)
        let end = range.upperBound
        if end - index >= 2, bytes[index] == colon {
            guard bytes[index + 1] == colon else { return false }
            compressed = true
            index += 2
        }
        while index < end {
            var next = index
            while next < end, Grammar.hexValue(bytes[next]) != nil { next += 1 }
            if next < end, bytes[next] == UInt8(ascii: ".") {
                guard isIPv4(bytes, index..<end) else { return false }
                groups += 2
                index = end
                break
            }
            guard (1...4).contains(next - index) else { return false }
            groups += 1
            index = next
            if index == end { break }
            guard bytes[index] == colon, index + 1 < end else { return false }
            index += 1
            if bytes[index] == colon {
                if compressed { return false }
                compressed = true
                index += 1
            }
        }
        return compressed ? groups < 8 : groups == 8
    }

    /// Four decimal octets without leading zeros.
    private static func isIPv4(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var (index, octets) = (range.lowerBound, 0)
        while true {
            var end = index
            while end < range.upperBound, Grammar.isDigit(bytes[end]) { end += 1 }
            guard end > index, end - index <= 3, end - index == 1 || bytes[index] != UInt8(ascii: "0"),
                let value = Grammar.decimal(bytes, index..<end), value <= 255
            else { return false }
            octets += 1
            if end == range.upperBound { return octets == 4 }
            guard bytes[end] == UInt8(ascii: "."), octets < 4 else { return false }
            index = end + 1
        }
    }
}
