/// Base64url without padding, as JOSE uses it (RFC 7515 section 2, RFC 4648 section 5).
public enum Base64URL {
    /// Decodes `text`, or answers nil when it isn't the one canonical encoding of some bytes.
    ///
    /// Refused: characters outside the alphabet (padding, white space and the `+/` of plain Base64 included), a
    /// length that no encoding has, and unused bits that are not zero (RFC 4648 section 3.5), so that one value has
    /// one spelling.
    public static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        let remainder = text.count & 3
        if remainder == 1 { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 4 * 3 + 2)
        var index = 0
        let wholeEnd = text.count - remainder
        while index < wholeEnd {
            let a = value(text[index])
            let b = value(text[index + 1])
            let c = value(text[index + 2])
            let d = value(text[index + 3])
            if (a | b | c | d) & invalid != 0 { return nil }
            output.append(a << 2 | b >> 4)
            output.append(b << 4 | c >> 2)
            output.append(c << 6 | d)
            index += 4
        }
        switch remainder {
        case 2:
            let a = value(text[index])
            let b = value(text[index + 1])
            if (a | b) & invalid != 0 || b & 0x0F != 0 { return nil }
            output.append(a << 2 | b >> 4)
        case 3:
            let a = value(text[index])
            let b = value(text[index + 1])
            let c = value(text[index + 2])
            if (a | b | c) & invalid != 0 || c & 0x03 != 0 { return nil }
            output.append(a << 2 | b >> 4)
            output.append(b << 4 | c >> 2)
        default:
            break
        }
        return output
    }

    /// Decodes `text`, or answers nil when it isn't the one canonical encoding of some bytes.
    public static func decode(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        return decode(bytes.span)
    }

    /// Encodes `bytes` without padding.
    public static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count * 4 + 2) / 3)
        var accumulator: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            accumulator = (accumulator << 8 | UInt32(byte)) & 0xFFFF
            bits += 8
            while bits >= 6 {
                bits -= 6
                output.append(alphabet[Int(accumulator >> bits & 0x3F)])
            }
        }
        if bits > 0 { output.append(alphabet[Int(accumulator << (6 - bits) & 0x3F)]) }
        return String(decoding: output, as: UTF8.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The bit that marks a character outside the alphabet.
    private static let invalid: UInt8 = 0x80

    /// The six bits that `character` stands for, or ``invalid``.
    private static func value(_ character: UInt8) -> UInt8 {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: invalid
        }
    }
}
