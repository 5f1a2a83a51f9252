import Testing

@testable import OIDC

@Suite("Text: made printable, compared exactly")
struct TextTests {
    @Test(
        "what moves a cursor or turns the writing is written out",
        arguments: [
            ("plain é 漢", "plain é 漢"), ("a\nb", "a\\u{a}b"), ("\u{1B}[31m", "\\u{1b}[31m"),
            ("\u{202E}x", "\\u{202e}x"),
            ("\u{2028}", "\\u{2028}"), ("\u{0}", "\\u{0}"), ("\u{9B}", "\\u{9b}"),
        ])
    func printable(text: String, safe: String) {
        #expect(Printable.text(text) == safe)
    }

    @Test("long text is cut")
    func cut() {
        #expect(Printable.text("abcdef", limit: 3) == "abc…")
        #expect(Printable.text("abc", limit: 3) == "abc")
        #expect(Printable.list(["a", "b", "c"], limit: 2) == "\"a\", \"b\", … (3 in all)")
        #expect(Printable.list(["a"]) == "\"a\"")
    }

    @Test("canonically equivalent texts are not the same")
    func exact() {
        #expect("K" == "\u{212A}", "this is how Swift compares")
        #expect(!"K".isExactly("\u{212A}"))
        #expect("é".isExactly("é"))
    }
}
