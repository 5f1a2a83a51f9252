/// Cookies of a request (RFC 6265 sections 4.2 and 5.4).
public enum Cookies {
    /// The values of all cookies named `name` in the Cookie fields of `fields`, in order.
    ///
    /// Names compare with regard to case. White space around name and value is left out, and so is one pair of double
    /// quotes around the value (section 4.1.1). A piece without `=` is no cookie.
    public static func values(named name: String, in fields: HeaderFields) -> [String] {
        let wanted = name.utf8.span
        var values: [String] = []
        for field in fields.allBytes("Cookie") {
            let bytes = field.span
            var start = 0
            while start < bytes.count {
                var (end, equals) = (start, -1)
                while end < bytes.count, bytes[end] != UInt8(ascii: ";") {
                    if equals < 0, bytes[end] == UInt8(ascii: "=") { equals = end }
                    end += 1
                }
                if equals >= 0, isSame(bytes, Grammar.trimmed(bytes, start..<equals), wanted) {
                    let value = unquoted(bytes, Grammar.trimmed(bytes, equals + 1..<end))
                    values.append(String(decoding: bytes.extracting(value)))
                }
                start = end + 1
            }
        }
        return values
    }

    private static func isSame(_ bytes: Span<UInt8>, _ range: Range<Int>, _ other: Span<UInt8>) -> Bool {
        guard range.count == other.count else { return false }
        for offset in 0..<other.count where bytes[range.lowerBound + offset] != other[offset] { return false }
        return true
    }

    private static func unquoted(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        let quote = UInt8(ascii: "\"")
        guard range.count >= 2, bytes[range.lowerBound] == quote, bytes[range.upperBound - 1] == quote
        else { return range }
        return range.lowerBound + 1..<range.upperBound - 1
    }
}
