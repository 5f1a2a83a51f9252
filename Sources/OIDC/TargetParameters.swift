internal import HTTP1

/// The parameters of a request target's query, as they stand: `name=value` between `&` or `;`.
///
/// Unlike ``HTTP1/QueryParameters`` it tells where each value stands, goes on after broken ones, and takes the semicolon
/// for a separator too: some servers split there, and a token must not hide from us where others find it.
struct TargetParameters: Sequence {
    /// One parameter, still percent-encoded.
    struct Parameter {
        let name: Substring.UTF8View
        let value: Substring.UTF8View
        /// The value's place in the target.
        let valueRange: Range<String.Index>

        /// Whether the decoded name is `wanted`; a name that can't be decoded is compared as it stands.
        func isNamed(_ wanted: String) -> Bool {
            (decodedName ?? Array(name)).elementsEqual(wanted.utf8)
        }

        /// The bytes that the name stands for, or nil when its percent signs are broken.
        var decodedName: [UInt8]? { Self.decode(name) }

        /// The bytes that the value stands for, or nil when its percent signs are broken.
        var decodedValue: [UInt8]? { Self.decode(value) }

        private static func decode(_ text: Substring.UTF8View) -> [UInt8]? {
            let bytes = Array(text)
            return try? PercentEncoding.decode(bytes.span, plusIsSpace: true)
        }
    }

    let target: String

    func makeIterator() -> AnyIterator<Parameter> {
        let bytes = target.utf8
        // What follows the first question mark; further ones belong to the values.
        guard let mark = bytes.firstIndex(of: UInt8(ascii: "?")) else { return AnyIterator { nil } }
        var position = bytes.index(after: mark)
        var ended = false
        return AnyIterator {
            guard !ended else { return nil }
            let rest = bytes[position...]
            let end = rest.firstIndex { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: ";") } ?? rest.endIndex
            let pair = bytes[position..<end]
            if end == bytes.endIndex { ended = true } else { position = bytes.index(after: end) }
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            let valueStart = equals.map { bytes.index(after: $0) } ?? end
            return Parameter(
                name: bytes[pair.startIndex..<(equals ?? end)], value: bytes[valueStart..<end],
                valueRange: valueStart..<end)
        }
    }
}
