/// Reads a complete request line (RFC 9112 section 3).
enum RequestLine {
    /// Reads the line that begins `bytes` and ends in the first CR LF.
    ///
    /// - Returns: its parts and where the next line begins.
    static func parse(
        _ bytes: Span<UInt8>, limits: HeadLimits
    ) throws(HTTPError) -> (line: (method: String, target: String, version: HTTPVersion), next: Int) {
        let space: UInt8 = 0x20
        let lineEnd = ByteScan.lineFeed(in: bytes, from: 0, to: bytes.count) - 1
        guard lineEnd >= 0 else { throw .malformedRequestLine }

        var methodEnd = 0
        while methodEnd < lineEnd, Grammar.isTokenCharacter(bytes[methodEnd]) { methodEnd += 1 }
        guard methodEnd > 0, bytes[methodEnd] == space else { throw .malformedRequestLine }
        guard methodEnd <= HeadLimits.maxMethodBytes else { throw .methodTooLong }
        let method = String(decoding: bytes.extracting(0..<methodEnd))

        let targetStart = methodEnd + 1
        let targetEnd = ByteScan.nonTarget(in: bytes, from: targetStart, to: lineEnd)
        guard targetEnd - targetStart <= limits.maxTargetBytes else {
            throw .targetTooLong(limit: limits.maxTargetBytes)
        }
        guard targetEnd < lineEnd else { throw .malformedRequestLine }
        if bytes[targetEnd] == 0x0D { throw .bareCarriageReturn(line: 1) }
        guard bytes[targetEnd] == space else { throw .invalidTargetCharacter }
        guard targetEnd > targetStart else { throw .malformedRequestLine }
        // A third space means that there is one too many, most likely inside the target.
        for index in targetEnd + 1..<lineEnd where bytes[index] == space || bytes[index] == 0x0D {
            throw bytes[index] == space ? .malformedRequestLine : .bareCarriageReturn(line: 1)
        }
        let version = try HTTPVersion.parse(bytes, targetEnd + 1..<lineEnd)
        _ = try RequestTarget.check(bytes, targetStart..<targetEnd, method: method)
        let target = String(decoding: bytes.extracting(targetStart..<targetEnd))
        return ((method, target, version), lineEnd + 2)
    }
}
