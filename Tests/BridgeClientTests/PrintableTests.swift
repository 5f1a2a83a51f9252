import Testing

@testable import BridgeClient

@Suite struct PrintableTests {
    @Test func controlCharactersCannotReachATerminal() {
        #expect(Printable.line("a\u{1B}[31mred\u{7}\u{9B}x\u{202E}y") == "a.[31mred..x.y")
        #expect(Printable.line("two\nlines\n") == "two lines")
    }

    @Test func longTextsAreCut() {
        let line = Printable.line(String(repeating: "x", count: 1_000))
        #expect(line.count == Printable.maxLength + 1)
        #expect(line.hasSuffix("…"))
    }

    @Test func bytesThatAreNotTextAreReplaced() {
        #expect(Printable.line([0x41, 0xFF, 0x42]) == "A\u{FFFD}B")
    }

    @Test func durationsAreForPeople() {
        #expect(Printable.duration(.microseconds(850)) == "850 µs")
        #expect(Printable.duration(.milliseconds(12)) == "12 ms")
        #expect(Printable.duration(.milliseconds(3_450)) == "3.4 s")
        #expect(Printable.duration(.seconds(20)) == "20 s")
    }

    @Test func aTokenIsRecognisedButCannotBeUsed() {
        let token = "eyJhbGciOi." + String(repeating: "p", count: 100) + ".signature"
        let shown = Printable.token(token)
        #expect(shown.hasPrefix("eyJhbGci…"))
        #expect(shown.hasSuffix("(121 bytes)"))
        #expect(!shown.contains("ppp"))
        #expect(Printable.token("secret") == "secr…")
    }
}
