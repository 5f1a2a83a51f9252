import Testing

@testable import HTTP1

/// Each search against a byte loop, for every byte at every place of two words.
struct ByteScanTests {
    @Test func `line feeds, controls and the end of a target are found where a byte loop finds them`() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<19 {
                // A tab before and a DEL behind check that marks of other bytes don't disturb.
                for (before, behind) in [(UInt8(0x61), UInt8(0x61)), (0x61, 0x7F), (0x09, 0x0A), (0xFF, 0x80)] {
                    var bytes = [UInt8](repeating: before, count: place) + [byte]
                    bytes += [UInt8](repeating: behind, count: 19 - place)
                    expectAgreement(bytes)
                }
            }
        }
    }

    @Test func `random bytes`() {
        var random = SeededGenerator(seed: 9112)
        for _ in 0..<2_000 {
            let alphabet: [UInt8] = [0x09, 0x0A, 0x0D, 0x1F, 0x20, 0x21, 0x23, 0x41, 0x7E, 0x7F, 0x80, 0xFF]
            let count = Int.random(in: 0...40, using: &random)
            expectAgreement((0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 })
        }
    }

    private func expectAgreement(_ bytes: [UInt8]) {
        let end = bytes.count
        for start in [0, min(3, end)] {
            let rest = bytes[start...]
            #expect(
                ByteScan.lineFeed(in: bytes.span, from: start, to: end) == rest.firstIndex(of: 0x0A) ?? end, "\(bytes)")
            #expect(
                ByteScan.control(in: bytes.span, from: start, to: end)
                    == rest.firstIndex { ($0 < 0x20 && $0 != 9) || $0 == 0x7F } ?? end, "\(bytes)")
            #expect(
                ByteScan.nonTarget(in: bytes.span, from: start, to: end)
                    == rest.firstIndex { $0 < 0x21 || $0 > 0x7E || $0 == 0x23 } ?? end, "\(bytes)")
        }
    }
}
