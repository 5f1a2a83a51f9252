import Testing

@testable import WebSocket

@Suite struct SHA1Tests {
    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    @Test("FIPS 180-4: the published examples")
    func examples() {
        #expect(Self.hex(SHA1.digest([])) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(Self.hex(SHA1.digest(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        let twoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(Self.hex(SHA1.digest(Array(twoBlocks.utf8))) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(
            Self.hex(SHA1.digest([UInt8](repeating: 0x61, count: 10_000)))
                == "a080cbda64850abb7b7f67ee875ba068074ff6fe")
    }

    /// Lengths at which the padding just fits a block and just does not, chained: each digest feeds the next message.
    @Test func paddingAtEachLength() {
        var chain: [UInt8] = []
        for length in 0...130 { chain = SHA1.digest(chain + [UInt8](repeating: UInt8(length), count: length)) }
        #expect(Self.hex(chain) == "c5e065db29e9cbeda2033c81574b1ac810a9b3ec")
    }
}
