import Testing

@testable import TLS

/// Failures are plain values that find their words when asked.
@Suite struct TLSFailureTests {
    @Test(arguments: TLSFailure.Kind.allCases)
    func everyKindHasWordsAndACounter(kind: TLSFailure.Kind) {
        let failure = TLSFailure(kind)
        #expect(failure.description.count > 10)
        #expect(TLSStatistics.Counter.allCases.contains(failure.counter))
        #expect(!failure.reason.isEmpty)
    }

    @Test func theSystemsWordsAreUsed() {
        #expect(TLSFailure(.transport, systemError: 104).description.hasSuffix("Connection reset by peer"))
    }

    @Test func itIsSmall() {
        // It travels in every read's result.
        #expect(MemoryLayout<TLSFailure>.size <= 24)
        #expect(MemoryLayout<ReadResult>.size <= 32)
    }
}
