import Testing

@testable import Daemon

@Suite struct LogTextTests {
    @Test(arguments: [
        ("plain äöü 日本", "plain äöü 日本"), ("a\tb\u{7F}", #"a\x09b\x7F"#), ("\r\n", #"\x0D\x0A"#), ("", ""),
        ("\u{1B}[31m", #"\x1B[31m"#), ("a\u{2028}b", #"a\xE2\x80\xA8b"#), ("\u{202E}", #"\xE2\x80\xAE"#),
        ("\u{9B}31m", #"\xC2\x9B31m"#), ("say \"no\" \\", "say \"no\" \\"),
    ])
    func makesOneLineOfAnything(text: String, expected: String) {
        #expect(LogText.oneLine(text) == expected)
    }

    @Test func aMessageHoldsNoTokenAndIsBounded() {
        #expect(LogText.message("got eyJhbGci.eyJz.c2ln\nhere") == #"got [redacted]\x0Ahere"#)
        let long = LogText.message(String(repeating: "ü", count: 10_000))
        #expect(long.utf8.count <= LogText.maximumMessage)
        #expect(long.hasSuffix("ü…"))
    }

    @Test func cutsBetweenCharacters() {
        #expect(LogText.cut("abcdef", at: 6) == "abcdef")
        #expect(LogText.cut("abcdefg", at: 6) == "abc…")
        #expect(LogText.cut("aüüü", at: 6) == "aü…")
        #expect(LogText.cut("ü", at: 1) == "…")
    }

    @Test(arguments: [
        ("plain", false, "plain"), ("a b", false, "a b"), ("a b", true, #"a\x20b"#),
        (#"a"b\c"#, false, #"a\x22b\x5Cc"#),
        ("ü\u{7F}\n", false, #"\xC3\xBC\x7F\x0A"#), ("", true, ""),
    ])
    func escapesAsNginx(value: String, escapesSpaces: Bool, expected: String) {
        var line: [UInt8] = []
        LogText.append(value, to: &line, escapesSpaces: escapesSpaces)
        #expect(String(decoding: line, as: UTF8.self) == expected)
    }

    @Test func aValueIsBoundedAsItIsWritten() {
        var line = Array("x=".utf8)
        LogText.append(String(repeating: "\n", count: 10_000), to: &line, escapesSpaces: false)
        #expect(line.count <= 2 + LogText.maximumValue + 6)
        #expect(String(decoding: line, as: UTF8.self).hasSuffix(#"\x0A..."#))
    }
}
