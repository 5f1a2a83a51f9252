import JOSE
import Testing

@Suite struct DigestTests {
    /// FIPS 180-4's examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256(text: String, expected: String) {
        let digest = Digest.sha256(Array(text.utf8))
        let digits = Array("0123456789abcdef")
        #expect(String(digest.bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }) == expected)
    }

    @Test func isAKeyForTables() {
        let one = Digest.sha256([1])
        #expect(one == Digest.sha256([1, 2].span.extracting(0..<1)))
        #expect(one != Digest.sha256([2]))
        #expect([one: "found"][Digest.sha256([1])] == "found")
        #expect(MemoryLayout<Digest>.size == 32)
    }
}
