import Testing
import WebSocket

@Suite struct MaskingTests {
    /// Every length around the 8- and 64-byte steps, from aligned and unaligned places, moved down by any distance.
    @Test func matchesTheByteLoop() {
        var random = SeededGenerator(seed: 1)
        for count in Array(0...200) + [255, 256, 257, 1000, 4095, 16_384] {
            for distance in [0, 1, 4, 6, 7, 8, 63, 64, 65] {
                let source = distance + Int.random(in: 0...9, using: &random)
                let keyBytes = random.bytes(4)
                let original = random.bytes(source + count + 5)
                var buffer = original
                var span = buffer.mutableSpan
                var raw = unsafe span.mutableBytes
                let key = MaskingKey(keyBytes[0], keyBytes[1], keyBytes[2], keyBytes[3])
                let target = source - distance
                let following = Masking.apply(key, to: &raw, from: source, count: count, movingTo: target)

                let payload = Array(original[source..<source + count])
                #expect(Array(buffer[target..<target + count]) == WireFrame.masked(payload, keyBytes))
                #expect(buffer[..<target] == original[..<target])
                #expect(buffer[(source + count)...] == original[(source + count)...])
                let turned = (0..<4).map { keyBytes[($0 + count) % 4] }
                #expect(following == MaskingKey(turned[0], turned[1], turned[2], turned[3]))
            }
        }
    }

    @Test("RFC 6455 5.3: a payload masked in pieces is the payload masked at once")
    func phaseIsCarriedOverCuts() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<300 {
            let payload = random.bytes(Int.random(in: 1...300, using: &random))
            let keyBytes = random.bytes(4)
            var key = MaskingKey(keyBytes[0], keyBytes[1], keyBytes[2], keyBytes[3])
            var buffer = payload
            var start = 0
            while start < payload.count {
                let count = Int.random(in: 1...payload.count - start, using: &random)
                var span = buffer.mutableSpan
                var raw = unsafe span.mutableBytes
                key = Masking.apply(key, to: &raw, from: start, count: count, movingTo: start)
                start += count
            }
            #expect(buffer == WireFrame.masked(payload, keyBytes))
        }
    }

    @Test func keyHoldsItsFirstByteLowest() {
        #expect(MaskingKey(0x11, 0x22, 0x33, 0x44) == MaskingKey(word: 0x4433_2211))
    }
}
