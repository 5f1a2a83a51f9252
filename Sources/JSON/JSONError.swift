/// Why a text was refused as JSON, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong; each misdeed has its own case.
    public enum Reason: Equatable, Sendable {
        /// The text has more bytes than allowed.
        case tooLarge(limit: Int)
        /// Arrays and objects are nested deeper than allowed.
        case tooDeep(limit: Int)
        /// The text is not JSON; the parser's own words.
        case syntax(String)
        /// The text stops in the middle of a value, or there is none.
        case endsEarly
        /// Something follows the value.
        case trailingText
        /// A name occurs twice in one object.
        case duplicateKey(String)
        /// The text is not well-formed UTF-8.
        case notUTF8
        /// A string or a name contains the character U+0000.
        case nulCharacter
        /// A number is too large for a 64-bit integer or a double.
        case numberOutOfRange
        /// The system has no memory left.
        case outOfMemory
    }

    /// What is wrong.
    public let reason: Reason
    /// The line of the misdeed, from 1.
    public let line: Int
    /// The column of the misdeed, from 1, in characters.
    public let column: Int

    /// An error at a place.
    public init(_ reason: Reason, line: Int, column: Int) {
        self.reason = reason
        self.line = line
        self.column = column
    }

    /// An error at the byte `offset` of `text`.
    init(_ reason: Reason, at offset: Int, in text: Span<UInt8>) {
        let place = TextPosition(of: offset, in: text)
        self.init(reason, line: place.line, column: place.column)
    }

    /// The misdeed in words, without its place.
    public var explanation: String {
        switch reason {
        case .tooLarge(let limit): "the text has more than \(limit) bytes"
        case .tooDeep(let limit): "arrays and objects are nested deeper than \(limit) levels"
        case .syntax(let words): words
        case .endsEarly: "the text ends in the middle of a value"
        case .trailingText: "something follows the end of the value"
        case .duplicateKey(let key): "the name \"\(key)\" occurs twice in one object"
        case .notUTF8: "the text is not UTF-8"
        case .nulCharacter: "the character U+0000 is not allowed in strings and names"
        case .numberOutOfRange: "the number is out of range"
        case .outOfMemory: "no memory left to parse the text"
        }
    }

    /// The place and the misdeed in words: "line 3, column 7: …".
    public var description: String { "line \(line), column \(column): \(explanation)" }
}
