import JSON
import Telemetry
import Testing

@testable import Admin

struct PercentilesTests {
    private func percentiles(_ times: [Duration]) -> Percentiles {
        let slot = MetricsSlot()
        for time in times { slot.observe(.dial, time) }
        return Percentiles(slot.snapshot()[.dial])
    }

    @Test func nothingIsKnownWithoutValues() {
        #expect(percentiles([]).json == ["count": 0, "p50": nil, "p90": nil, "p99": nil])
    }

    @Test func valuesAreSpreadEvenlyInTheirBucket() {
        // All in the bucket from 1 to 2.5 ms.
        let all = percentiles(Array(repeating: .milliseconds(2), count: 100))
        #expect(abs(all.value(at: 0.5) - 0.001_75) < 1e-9)
        #expect(abs(all.value(at: 1) - 0.002_5) < 1e-9)
        #expect(abs(all.value(at: 0) - 0.001) < 1e-9)
    }

    @Test func theRareOnesShowAtTheEnd() {
        let mixed = percentiles(
            Array(repeating: .microseconds(300), count: 95) + Array(repeating: .milliseconds(700), count: 5))
        #expect(mixed.value(at: 0.5) < 0.000_5)
        #expect(mixed.value(at: 0.9) < 0.000_5)
        #expect((0.5...1).contains(mixed.value(at: 0.99)))
    }

    @Test func beyondTheLastBoundNothingMoreIsKnown() {
        #expect(percentiles([.seconds(400)]).value(at: 0.5) == 30)
    }
}
