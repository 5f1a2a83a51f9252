/// The field lines of a message, in the order in which they arrived or were appended (RFC 9110 section 5).
///
/// All bytes live in one block and a line is four offsets into it, so that a parsed head costs two allocations however
/// many fields it has. Names compare without regard to case and keep their spelling. Values are bytes: what arrived is
/// what is forwarded, `obs-text` included; the `String` accessors repair what isn't UTF-8.
///
/// Nothing that is appended can break out of its line: see ``append(_:_:)``.
public struct HeaderFields: Sendable {
    /// One line: offsets into `block`.
    struct Line: Sendable {
        var nameStart: UInt32
        var nameEnd: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32

        init(nameStart: UInt32, nameEnd: UInt32, valueStart: UInt32, valueEnd: UInt32) {
            self.nameStart = nameStart
            self.nameEnd = nameEnd
            self.valueStart = valueStart
            self.valueEnd = valueEnd
        }

        /// A line whose value follows its name directly.
        init(_ nameStart: Int, _ valueStart: Int, _ end: Int) {
            self.init(
                nameStart: UInt32(clamping: nameStart), nameEnd: UInt32(clamping: valueStart),
                valueStart: UInt32(clamping: valueStart), valueEnd: UInt32(clamping: end))
        }

        var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    /// The bytes that the lines point into, and others: a parsed head keeps its start line and separators here, and
    /// removed lines stay until the block goes.
    private(set) var block: [UInt8]
    private(set) var lines: [Line]

    /// No fields.
    public init() {
        block = []
        lines = []
    }

    /// The fields `pairs`, in this order; see ``append(_:_:)``.
    public init(_ pairs: [(name: String, value: String)]) {
        self.init()
        for (name, value) in pairs { append(name, value) }
    }

    /// The fields that `lines` find in `block`.
    init(block: [UInt8], lines: [Line]) {
        self.block = block
        self.lines = lines
    }

    /// The number of field lines.
    public var count: Int { lines.count }

    /// Whether there is no field line.
    public var isEmpty: Bool { lines.isEmpty }

    /// The field line at `index`.
    ///
    /// - Precondition: `0 <= index < count`.
    public subscript(index: Int) -> Field { Field(block: block, line: lines[index]) }

    // MARK: Looking up

    /// The index of the first line named `name` at `start` or after it.
    public func firstIndex(of name: String, from start: Int = 0) -> Int? {
        let wanted = name.utf8.span
        let bytes = block.span
        var index = start
        while index < lines.count {
            if Grammar.equalIgnoringCase(bytes, lines[index].name, wanted) { return index }
            index += 1
        }
        return nil
    }

    /// Whether there is a line named `name`.
    public func contains(_ name: String) -> Bool { firstIndex(of: name) != nil }

    /// The number of lines named `name`.
    public func count(_ name: String) -> Int {
        var (total, index) = (0, firstIndex(of: name))
        while let found = index {
            total += 1
            index = firstIndex(of: name, from: found + 1)
        }
        return total
    }

    /// The value of the first line named `name`.
    public func first(_ name: String) -> String? { firstBytes(name).map { String(decoding: $0, as: UTF8.self) } }

    /// The value of the first line named `name` as bytes, without copying them.
    public func firstBytes(_ name: String) -> ArraySlice<UInt8>? {
        firstIndex(of: name).map { block[lines[$0].value] }
    }

    /// The values of all lines named `name`, in order.
    public func all(_ name: String) -> [String] { allBytes(name).map { String(decoding: $0, as: UTF8.self) } }

    /// The values of all lines named `name` as bytes, in order.
    public func allBytes(_ name: String) -> [ArraySlice<UInt8>] {
        var values: [ArraySlice<UInt8>] = []
        var index = firstIndex(of: name)
        while let found = index {
            values.append(block[lines[found].value])
            index = firstIndex(of: name, from: found + 1)
        }
        return values
    }

    // MARK: Changing

    /// Appends a line. White space and control characters at the ends of `value` are left out, and each control
    /// character inside it becomes a space (RFC 9110 section 5.5), so no value can end its line or begin another.
    ///
    /// - Precondition: `name` is a token (``Grammar/isToken(_:)``): names are the program's own, or checked when the
    ///   settings were read.
    public mutating func append(_ name: String, _ value: String) { append(name, value.utf8.span) }

    /// Appends a line whose value is given as bytes; see ``append(_:_:)``.
    public mutating func append(_ name: String, _ value: Span<UInt8>) {
        precondition(Grammar.isToken(name), "a field name must be a token")
        let nameStart = block.count
        block.append(contentsOf: name.utf8)
        let valueStart = block.count
        for index in Self.withoutBlankEnds(value) {
            block.append(Grammar.isFieldValueCharacter(value[index]) ? value[index] : 0x20)
        }
        lines.append(Line(nameStart, valueStart, block.count))
    }

    /// Appends a line as it stands in another message, byte for byte.
    public mutating func append(_ field: Field) {
        let nameStart = block.count
        block.append(contentsOf: field.nameBytes)
        let valueStart = block.count
        block.append(contentsOf: field.valueBytes)
        lines.append(Line(nameStart, valueStart, block.count))
    }

    /// Replaces all lines named `name` by one at the end.
    public mutating func replace(_ name: String, _ value: String) {
        remove(name)
        append(name, value)
    }

    /// Removes all lines named `name`.
    public mutating func remove(_ name: String) {
        guard contains(name) else { return }
        keepLines { bytes, range in !Grammar.equalIgnoringCase(bytes, range, name.utf8.span) }
    }

    /// Removes all lines whose name begins with `prefix`, case aside.
    public mutating func remove(withPrefix prefix: String) {
        keepLines { bytes, range in
            let wanted = prefix.utf8.span
            let start = range.lowerBound..<Swift.min(range.lowerBound + wanted.count, range.upperBound)
            return !Grammar.equalIgnoringCase(bytes, start, wanted)
        }
    }

    /// Removes the lines whose name `keep` doesn't want; their bytes stay in the block.
    mutating func keepLines(_ keep: (Span<UInt8>, Range<Int>) -> Bool) {
        let block = block
        let bytes = block.span
        lines.removeAll { !keep(bytes, $0.name) }
    }

    /// Makes room for `count` more lines and `bytes` more bytes of names and values.
    public mutating func reserve(lines count: Int, bytes: Int) {
        lines.reserveCapacity(lines.count + count)
        block.reserveCapacity(block.count + bytes)
    }

    /// Puts a line in front of all others; see ``append(_:_:)``.
    mutating func prepend(_ name: String, _ value: String) {
        append(name, value)
        if let line = lines.popLast() { lines.insert(line, at: 0) }
    }

    /// The range of `value` without white space and control characters at both ends.
    private static func withoutBlankEnds(_ value: Span<UInt8>) -> Range<Int> {
        var (low, high) = (0, value.count)
        while low < high, isBlank(value[low]) { low += 1 }
        while high > low, isBlank(value[high - 1]) { high -= 1 }
        return low..<high
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        Grammar.isWhitespace(byte) || !Grammar.isFieldValueCharacter(byte)
    }
}
