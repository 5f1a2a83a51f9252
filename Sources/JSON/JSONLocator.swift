/// Finds the line and column of a value in a JSON text, so that a message about the value can say where it stands.
///
/// How it works: the text is walked along the path, skipping what lies beside it; nothing is built. The text is taken
/// to be one that ``JSON/parse(_:limit:)-([UInt8],_)`` accepts, so the grammar isn't checked again; in any other text
/// the answer is nil or a nearby place, never a trap.
public struct JSONLocator: Sendable {
    /// Which part of a member is looked for.
    public enum Part: Sendable {
        /// The quotation mark that opens the member's name (of an array element: its value).
        case key
        /// The first character of the value.
        case value
    }

    private let text: [UInt8]

    /// A locator for places in `text`.
    public init(_ text: [UInt8]) { self.text = text }

    /// The place of the value that `path` leads to, or of its name; nil when there is no such value.
    public func position(of path: JSONPath, _ part: Part = .value) -> TextPosition? {
        var scanner = Scanner(text: text)
        scanner.skipSpace()
        for (number, step) in path.steps.enumerated() {
            let keyPosition: Int?
            switch step {
            case .key(let key): keyPosition = scanner.enterMember(key)
            case .index(let index): keyPosition = scanner.enterElement(index)
            }
            guard let keyPosition else { return nil }
            if number == path.steps.count - 1, part == .key { return TextPosition(of: keyPosition, in: text.span) }
        }
        guard scanner.offset < text.count else { return nil }
        return TextPosition(of: scanner.offset, in: text.span)
    }
}

/// A place in a JSON text and the ways to move it forward.
private struct Scanner {
    let text: [UInt8]
    var offset = 0

    private var current: UInt8? { offset < text.count ? text[offset] : nil }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { offset += 1 }
    }

    /// From the start of an object to the value of its member `key`; answers where the member's name starts.
    mutating func enterMember(_ key: String) -> Int? {
        guard enter(UInt8(ascii: "{")) else { return nil }
        while current == UInt8(ascii: "\"") {
            let start = offset
            skipString()
            let name = text[start..<offset]
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return nil }
            if Self.matches(name, key) { return start }
            guard skipToNext() else { return nil }
        }
        return nil
    }

    /// From the start of an array to its element `index`; answers where the element starts.
    mutating func enterElement(_ index: Int) -> Int? {
        guard enter(UInt8(ascii: "[")) else { return nil }
        var remaining = index
        while let byte = current, byte != UInt8(ascii: "]") {
            if remaining == 0 { return offset }
            remaining -= 1
            guard skipToNext() else { return nil }
        }
        return nil
    }

    private mutating func enter(_ bracket: UInt8) -> Bool { take(bracket) }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        offset += 1
        skipSpace()
        return true
    }

    /// Skips the value here and the comma behind it; false when no comma follows.
    private mutating func skipToNext() -> Bool {
        skipValue()
        skipSpace()
        return take(UInt8(ascii: ","))
    }

    private mutating func skipValue() {
        var depth = 0
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""): skipString()
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                offset += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if depth == 0 { return }
                depth -= 1
                offset += 1
            case UInt8(ascii: ","):
                if depth == 0 { return }
                offset += 1
            default: offset += 1
            }
        }
    }

    /// Moves behind the closing quotation mark of the string here.
    private mutating func skipString() {
        offset += 1
        while let byte = current, byte != UInt8(ascii: "\"") { offset += byte == UInt8(ascii: "\\") ? 2 : 1 }
        offset = min(offset + 1, text.count)
    }

    /// Whether the quoted `name` is `key`; escapes are Jansson's affair.
    private static func matches(_ name: ArraySlice<UInt8>, _ key: String) -> Bool {
        guard name.contains(UInt8(ascii: "\\")) else { return name.dropFirst().dropLast().elementsEqual(key.utf8) }
        guard let value = try? JSON.parse(Array(name)) else { return false }
        return value == .string(key)
    }
}
