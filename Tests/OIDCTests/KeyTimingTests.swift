import Testing

@testable import OIDC

@Suite("KeyTiming: pauses and bounds")
struct KeyTimingTests {
    @Test("the pause between retries doubles up to its limit")
    func retryPause() {
        let timing = KeyTiming()
        let pauses = [0, 1, 2, 3, 4, 5, 6, 1000, .max].map { timing.retryPause(failures: $0) }
        #expect(pauses == [1, 1, 2, 4, 8, 10, 10, 10, 10].map { Duration.seconds($0) })
    }

    @Test("a first pause above the limit is cut to it")
    func oddSettings() {
        var timing = KeyTiming()
        timing.firstRetry = .seconds(60)
        #expect(timing.retryPause(failures: 1) == .seconds(10))
        timing.firstRetry = .zero
        #expect(timing.retryPause(failures: 9) == .zero)
    }

    @Test("freshness is held between the bounds")
    func boundedAge() {
        let timing = KeyTiming()
        let ages = [nil, 0, 59, 60, 300, 600, 601, 1 << 31].map { timing.boundedAge($0, maximum: .seconds(600)) }
        #expect(ages == [600, 60, 60, 60, 300, 600, 600, 600].map { Duration.seconds($0) })
    }
}
