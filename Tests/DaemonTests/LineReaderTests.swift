import Testing

@testable import Daemon

@Suite struct LineReaderTests {
    /// The lines of `text`, fed in pieces of `size` bytes.
    private func lines(_ text: String, limit: Int = 5, pieces size: Int) -> [LineReader.Line] {
        var reader = LineReader(limit: limit)
        var lines: [LineReader.Line] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.receive(Array(bytes[start..<min(start + size, bytes.count)])) { lines.append($0) }
        }
        reader.finish { lines.append($0) }
        return lines
    }

    private func line(_ text: String) -> LineReader.Line { .text(Array(text.utf8)) }

    @Test(arguments: [1, 2, 3, 100])
    func takesLinesApart(pieces: Int) {
        #expect(lines("", pieces: pieces) == [])
        #expect(lines("a\nbc\n", pieces: pieces) == [line("a"), line("bc")])
        #expect(lines("a\n\nbc", pieces: pieces) == [line("a"), line(""), line("bc")])
        #expect(lines("12345\n", pieces: pieces) == [line("12345")])
    }

    @Test(arguments: [1, 2, 3, 100])
    func dropsLinesThatAreTooLong(pieces: Int) {
        #expect(lines("123456\nab\n", pieces: pieces) == [.tooLong, line("ab")])
        #expect(lines("a\n1234567890123\nb\n123456", pieces: pieces) == [line("a"), .tooLong, line("b"), .tooLong])
    }
}
