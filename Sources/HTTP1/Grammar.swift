/// The character classes of HTTP (RFC 9110 section 5.6, RFC 5234 appendix B.1), and comparison without regard to case.
///
/// Everything works on single bytes and constants, so the optimiser can place it inside the parsers' loops.
public enum Grammar {
    /// Whether `byte` may stand in a token: `tchar` of RFC 9110 section 5.6.2.
    @inlinable
    public static func isTokenCharacter(_ byte: UInt8) -> Bool {
        // Two 64-bit sets cover ASCII: ! # $ % & ' * + - . 0-9 below 64; A-Z ^ _ ` a-z | ~ from 64.
        if byte < 64 { return 0x03FF_6CFA_0000_0000 as UInt64 >> UInt64(byte) & 1 == 1 }
        if byte < 128 { return 0x57FF_FFFF_C7FF_FFFE as UInt64 >> UInt64(byte - 64) & 1 == 1 }
        return false
    }

    /// Whether `text` is a token: at least one `tchar` and nothing else (RFC 9110 section 5.6.2).
    public static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isTokenCharacter)
    }

    /// Whether `byte` may stand in a field value: visible, `obs-text`, space or tab (RFC 9110 section 5.5).
    @inlinable
    public static func isFieldValueCharacter(_ byte: UInt8) -> Bool {
        (byte >= 0x20 && byte != 0x7F) || byte == 0x09
    }

    /// Whether `text` could be sent as a field value without being changed: no control characters inside, no space
    /// at either end.
    public static func isFieldValue(_ text: String) -> Bool {
        guard text.utf8.allSatisfy(isFieldValueCharacter) else { return false }
        guard let first = text.utf8.first, let last = text.utf8.last else { return true }
        return !isWhitespace(first) && !isWhitespace(last)
    }

    /// Whether `byte` is optional white space: space or horizontal tab (RFC 9110 section 5.6.3).
    @inlinable
    public static func isWhitespace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Whether `byte` is a decimal digit.
    @inlinable
    public static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Whether `byte` is an ASCII letter.
    @inlinable
    public static func isAlpha(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// The value of a hexadecimal digit, or nil when `byte` isn't one.
    @inlinable
    public static func hexValue(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// `byte` with A to Z made small; every other byte stays.
    @inlinable
    public static func lowercase(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// Whether two texts are the same but for the case of ASCII letters: how field names, connection options and
    /// codings compare.
    public static func equalIgnoringCase(_ left: String, _ right: String) -> Bool {
        let (a, b) = (left.utf8.span, right.utf8.span)
        return equalIgnoringCase(a, 0..<a.count, b)
    }

    /// Whether `bytes[range]` and `other` are the same but for the case of ASCII letters.
    @inline(__always)
    static func equalIgnoringCase(_ bytes: Span<UInt8>, _ range: Range<Int>, _ other: Span<UInt8>) -> Bool {
        if range.count != other.count { return false }
        var index = 0
        while index < other.count {
            if lowercase(bytes[range.lowerBound + index]) != lowercase(other[index]) { return false }
            index += 1
        }
        return true
    }

    /// `range` without the optional white space at both ends.
    @inline(__always)
    static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, isWhitespace(bytes[low]) { low += 1 }
        while high > low, isWhitespace(bytes[high - 1]) { high -= 1 }
        return low..<high
    }

    /// The number written in `bytes[range]` as one or more decimal digits and nothing else; nil for anything else.
    ///
    /// A number that doesn't fit answers `UInt64.max`, so that the caller's limit refuses it.
    static func decimal(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        if range.isEmpty { return nil }
        var value: UInt64 = 0
        for index in range {
            guard isDigit(bytes[index]) else { return nil }
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(UInt64(bytes[index] &- 0x30))
            value = tooLarge || overflow || value == .max ? .max : sum
        }
        return value
    }
}
