/// Writes heads (RFC 9112 sections 2.1, 3, 4 and 5).
///
/// No part can leave its place: field values were cleaned when they were appended, and here spaces, control characters
/// and everything above ASCII are percent-encoded in a target and become spaces in a reason phrase.
public enum HeadSerializer {
    /// The bytes of `head`, the empty line included.
    public static func serialize(_ head: RequestHead) -> [UInt8] {
        var output: [UInt8] = []
        append(head, to: &output)
        return output
    }

    /// The bytes of `head`, the empty line included.
    public static func serialize(_ head: ResponseHead) -> [UInt8] {
        var output: [UInt8] = []
        append(head, to: &output)
        return output
    }

    /// Appends the bytes of `head`, the empty line included.
    ///
    /// - Precondition: the method is a token.
    public static func append(_ head: RequestHead, to output: inout [UInt8]) {
        precondition(Grammar.isToken(head.method), "a method must be a token")
        output.reserveCapacity(output.count + head.fields.block.count + head.target.utf8.count + 64)
        output.append(contentsOf: head.method.utf8)
        output.append(0x20)
        for byte in head.target.utf8 {
            if byte &- 0x21 < 0x5E {
                output.append(byte)
            } else {
                PercentEncoding.append(byte, to: &output)
            }
        }
        output.append(0x20)
        output.append(contentsOf: head.version.text.utf8)
        appendLineEnd(to: &output)
        append(head.fields, to: &output)
    }

    /// Appends the bytes of `head`, the empty line included.
    ///
    /// - Precondition: the status is from 100 to 599.
    public static func append(_ head: ResponseHead, to output: inout [UInt8]) {
        precondition((100...599).contains(head.status), "a status is from 100 to 599")
        output.reserveCapacity(output.count + head.fields.block.count + 64)
        output.append(contentsOf: head.version.text.utf8)
        output.append(0x20)
        appendDecimal(UInt64(head.status), to: &output)
        output.append(0x20)
        for byte in head.reason.utf8 { output.append(Grammar.isFieldValueCharacter(byte) ? byte : 0x20) }
        appendLineEnd(to: &output)
        append(head.fields, to: &output)
    }

    private static func append(_ fields: HeaderFields, to output: inout [UInt8]) {
        for line in fields.lines {
            output.append(contentsOf: fields.block[line.name])
            output.append(UInt8(ascii: ":"))
            output.append(0x20)
            output.append(contentsOf: fields.block[line.value])
            appendLineEnd(to: &output)
        }
        appendLineEnd(to: &output)
    }

    private static func appendLineEnd(to output: inout [UInt8]) {
        output.append(0x0D)
        output.append(0x0A)
    }

    static func appendDecimal(_ value: UInt64, to output: inout [UInt8]) {
        output.append(contentsOf: String(value).utf8)
    }
}
