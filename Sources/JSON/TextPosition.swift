/// A place in a text as people count it.
public struct TextPosition: Equatable, Sendable {
    /// The line, from 1.
    public var line: Int
    /// The column, from 1, in characters (Unicode scalars).
    public var column: Int

    /// A place given by its line and column.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The place of the byte at `offset` in a UTF-8 text.
    init(of offset: Int, in text: Span<UInt8>) {
        var line = 1
        var column = 1
        for index in 0..<min(offset, text.count) {
            switch text[index] {
            case UInt8(ascii: "\n"): (line, column) = (line + 1, 1)
            case 0x80...0xBF: break  // A later byte of a character that is already counted.
            default: column += 1
            }
        }
        self.init(line: line, column: column)
    }
}
