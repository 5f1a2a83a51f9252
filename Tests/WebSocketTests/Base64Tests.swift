import Testing

@testable import WebSocket

@Suite struct Base64Tests {
    @Test("RFC 4648 section 10: the test vectors")
    func vectors() {
        let expected = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]
        for (count, text) in expected.enumerated() {
            #expect(Base64.encode(Array("foobar".utf8.prefix(count))) == text)
        }
        #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//")
    }

    @Test(arguments: [
        "dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA==", "++++//////++++//////+w==",
        // Bits that carry nothing are not zero: hand-made, and harmless.
        "dGhlIHNhbXBsZSBub25jZZ==",
    ])
    func sixteenBytes(_ text: String) {
        #expect(Base64.isSixteenBytes(text.utf8))
    }

    @Test(arguments: [
        "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
        "SGVsbG8sIHdvcmxkIQ==", "dGhlIHNhbXBsZSBub25jZS0=", "dGhlIHNhbXBsZSBub25jZSE0", "dGhl-HNhbXBsZSBub25jZQ==",
        "dGhl_HNhbXBsZSBub25jZQ==", "dGhl HNhbXBsZSBub25jZQ==", "========================",
    ])
    func notSixteenBytes(_ text: String) {
        #expect(!Base64.isSixteenBytes(text.utf8))
    }
}
