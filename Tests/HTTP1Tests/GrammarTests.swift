import Testing

@testable import HTTP1

struct GrammarTests {
    @Test func `token characters are those of RFC 9110 section 5.6.2`() {
        let expected = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(Grammar.isTokenCharacter(byte) == expected.contains(byte), "\(byte)")
        }
    }

    @Test func `a token is not empty`() {
        #expect(Grammar.isToken("GET"))
        #expect(!Grammar.isToken(""))
        #expect(!Grammar.isToken("a b"))
        #expect(!Grammar.isToken("é"))
    }

    @Test func `field value characters are text, space and tab`() {
        for byte in UInt8.min...UInt8.max {
            let expected = byte == 9 || (byte >= 32 && byte != 127)
            #expect(Grammar.isFieldValueCharacter(byte) == expected, "\(byte)")
        }
    }

    @Test func `a field value has no space at its ends`() {
        #expect(Grammar.isFieldValue(""))
        #expect(Grammar.isFieldValue("a b"))
        #expect(!Grammar.isFieldValue(" a"))
        #expect(!Grammar.isFieldValue("a\t"))
        #expect(!Grammar.isFieldValue("a\r\nb: c"))
    }

    @Test func `hexadecimal digits`() {
        for byte in UInt8.min...UInt8.max {
            let character = Character(UnicodeScalar(byte))
            let expected = character.isASCII ? character.hexDigitValue.map(UInt8.init) : nil
            #expect(Grammar.hexValue(byte) == expected, "\(byte)")
        }
    }

    @Test func `only letters change their case`() {
        for byte in UInt8.min...UInt8.max {
            let expected = (65...90).contains(byte) ? byte + 32 : byte
            #expect(Grammar.lowercase(byte) == expected)
        }
        #expect(Grammar.equalIgnoringCase("Keep-Alive", "kEEP-aLIVE"))
        #expect(!Grammar.equalIgnoringCase("^", "~"))
        #expect(!Grammar.equalIgnoringCase("close", "clos"))
    }

    @Test(arguments: [
        ("0", 0), ("007", 7), ("18446744073709551614", UInt64.max - 1), ("18446744073709551615", .max),
        ("18446744073709551616", .max), ("99999999999999999999999999", .max), ("184467440737095516160", .max),
    ])
    func `decimal numbers saturate`(text: String, expected: UInt64) {
        let bytes = Array(text.utf8)
        #expect(Grammar.decimal(bytes.span, 0..<bytes.count) == expected)
    }

    @Test(arguments: ["", "+1", "-1", "1 ", "0x1", "1,1", "1.0", "١"])
    func `everything else is no decimal number`(text: String) {
        let bytes = Array(text.utf8)
        #expect(Grammar.decimal(bytes.span, 0..<bytes.count) == nil)
    }
}
