/// Percent-encoding (RFC 3986 section 2.1).
public enum PercentEncoding {
    /// The bytes that `text` stands for.
    ///
    /// - Parameter plusIsSpace: whether `+` means a space, as in `application/x-www-form-urlencoded`.
    /// - Throws: ``HTTPError/malformedPercentEncoding`` for a `%` without two hexadecimal digits behind it.
    public static func decode(_ text: Span<UInt8>, plusIsSpace: Bool = false) throws(HTTPError) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "%") {
                guard text.count - index > 2, let high = Grammar.hexValue(text[index + 1]),
                    let low = Grammar.hexValue(text[index + 2])
                else { throw .malformedPercentEncoding }
                output.append(high << 4 | low)
                index += 3
            } else {
                output.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
                index += 1
            }
        }
        return output
    }

    /// `text` with everything but `unreserved` (RFC 3986 section 2.3) percent-encoded: fit for a path segment or for
    /// the name or value of a query parameter.
    public static func encode(_ text: String) -> String {
        var output: [UInt8] = []
        for byte in text.utf8 {
            let isUnreserved =
                Grammar.isAlpha(byte) || Grammar.isDigit(byte) || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "~")
            if isUnreserved {
                output.append(byte)
            } else {
                append(byte, to: &output)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends `byte` percent-encoded, in capitals (RFC 3986 section 2.1).
    static func append(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "%"))
        for digit in [byte >> 4, byte & 0x0F] {
            output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
        }
    }
}
