import Testing

@testable import BridgeClient

@Suite struct ClientEndpointTests {
    @Test func addressesAreWrittenAsURLsWriteThem() {
        #expect(ClientEndpoint(host: "proxy.example", port: 10_000).description == "proxy.example:10000")
        #expect(ClientEndpoint(host: "::1", port: 1).description == "[::1]:1")
    }

    @Test func segmentsHaveSizesOfTheRangeAndRepeatWithTheSeed() {
        var first = Segmentation(sizes: 3...9, seed: 7)
        var second = Segmentation(sizes: 3...9, seed: 7)
        var other = Segmentation(sizes: 3...9, seed: 8)
        let sizes = (0..<200).map { _ in first.next() }
        #expect(sizes == (0..<200).map { _ in second.next() })
        #expect(sizes != (0..<200).map { _ in other.next() })
        #expect(Set(sizes) == Set(3...9))
    }

    @Test func sensibleSizesComeOfSenselessRanges() {
        var none = Segmentation(sizes: -5...0)
        #expect((0..<20).allSatisfy { _ in none.next() == 1 })
        var whole = Segmentation(sizes: 1 ... .max)
        #expect((0..<20).allSatisfy { _ in whole.next() >= 1 })
    }
}
