/// Reads one complete field line: `field-name ":" OWS field-value OWS CRLF` (RFC 9112 section 5).
///
/// Refused, each as a misdeed of its own: folding, white space before the colon, an empty or malformed name, a missing
/// colon, CR inside the value, any other control character in it (RFC 9110 section 5.5).
enum FieldLineParser {
    /// Reads the line that begins at `start`; it ends in CR LF before `end` (``HeadBuffer`` saw to that).
    ///
    /// - Parameter number: the line's number in the head, for messages.
    /// - Returns: the line's offsets and where the next line begins.
    @inline(__always)
    static func parse(
        _ bytes: Span<UInt8>, from start: Int, to end: Int, number: Int
    ) throws(HTTPError) -> (line: HeaderFields.Line, next: Int) {
        var colon = start
        while colon < end, Grammar.isTokenCharacter(bytes[colon]) { colon += 1 }
        guard colon < end, bytes[colon] == UInt8(ascii: ":"), colon > start else {
            throw misdeed(bytes, from: start, at: colon, to: end, number: number)
        }
        var valueStart = colon + 1
        while valueStart < end, Grammar.isWhitespace(bytes[valueStart]) { valueStart += 1 }
        let stop = ByteScan.control(in: bytes, from: valueStart, to: end)
        guard end - stop >= 2, bytes[stop] == 0x0D, bytes[stop + 1] == 0x0A else {
            throw stop < end && bytes[stop] == 0x0D
                ? .bareCarriageReturn(line: number) : .controlInFieldValue(line: number)
        }
        var valueEnd = stop
        while valueEnd > valueStart, Grammar.isWhitespace(bytes[valueEnd - 1]) { valueEnd -= 1 }
        let line = HeaderFields.Line(
            nameStart: UInt32(truncatingIfNeeded: start), nameEnd: UInt32(truncatingIfNeeded: colon),
            valueStart: UInt32(truncatingIfNeeded: valueStart), valueEnd: UInt32(truncatingIfNeeded: valueEnd))
        return (line, stop + 2)
    }

    /// What is wrong with the name that begins at `start` and breaks off at `stop`.
    @inline(never)
    private static func misdeed(
        _ bytes: Span<UInt8>, from start: Int, at stop: Int, to end: Int, number: Int
    ) -> HTTPError {
        guard stop < end else { return .missingColon(line: number) }
        let byte = bytes[stop]
        if stop == start {
            if Grammar.isWhitespace(byte) { return .foldedField(line: number) }
            if byte == UInt8(ascii: ":") { return .emptyFieldName(line: number) }
        }
        if byte == 0x0D {
            return stop + 1 < end && bytes[stop + 1] == 0x0A
                ? .missingColon(line: number) : .bareCarriageReturn(line: number)
        }
        guard Grammar.isWhitespace(byte) else { return .invalidFieldName(line: number) }
        var next = stop
        while next < end, Grammar.isWhitespace(bytes[next]) { next += 1 }
        let isColon = next < end && bytes[next] == UInt8(ascii: ":")
        return isColon ? .whitespaceBeforeColon(line: number) : .invalidFieldName(line: number)
    }
}

extension HeadBuffer {
    /// Reads the field lines that are complete and were not read yet into `lines`.
    ///
    /// - Parameters:
    ///   - startLines: how many lines of the head stand before the fields, for the line numbers in messages.
    ///   - maxFields: the number of field lines that are accepted.
    mutating func parseFieldLines(
        into lines: inout [HeaderFields.Line], startLines: Int, maxFields: Int
    ) throws(HTTPError) {
        while parsed < lineStart {
            guard lines.count < maxFields else { throw .tooManyFields(limit: maxFields) }
            let (line, next) = try FieldLineParser.parse(
                bytes.span, from: parsed, to: lineStart, number: lines.count + startLines + 1)
            lines.append(line)
            parsed = next
        }
    }
}
