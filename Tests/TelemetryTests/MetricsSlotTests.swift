import Testing

@testable import Telemetry

@Suite struct MetricsSlotTests {
    @Test func beginsAtZero() {
        let slot = MetricsSlot()
        #expect(Counter.allCases.allSatisfy { slot[$0] == 0 })
        #expect(Gauge.allCases.allSatisfy { slot[$0] == 0 })
        #expect(slot.snapshot() == MetricsSnapshot())
    }

    @Test func eachCounterHasACellOfItsOwn() {
        let slot = MetricsSlot()
        for counter in Counter.allCases { slot.add(counter, UInt64(counter.rawValue) + 1) }
        let snapshot = slot.snapshot()
        for counter in Counter.allCases {
            #expect(slot[counter] == UInt64(counter.rawValue) + 1)
            #expect(snapshot[counter] == UInt64(counter.rawValue) + 1)
        }
        #expect(Gauge.allCases.allSatisfy { slot[$0] == 0 })
        #expect(TimeHistogram.allCases.allSatisfy { snapshot[$0].count == 0 })
    }

    @Test func eachGaugeHasACellOfItsOwn() {
        let slot = MetricsSlot()
        for gauge in Gauge.allCases { slot.set(gauge, Int64(gauge.rawValue) - 3) }
        for gauge in Gauge.allCases { slot.add(gauge, -2) }
        let snapshot = slot.snapshot()
        for gauge in Gauge.allCases {
            #expect(slot[gauge] == Int64(gauge.rawValue) - 5)
            #expect(snapshot[gauge] == Int64(gauge.rawValue) - 5)
        }
        #expect(Counter.allCases.allSatisfy { slot[$0] == 0 })
        #expect(TimeHistogram.allCases.allSatisfy { snapshot[$0].count == 0 })
    }

    @Test func timesFallIntoTheirBuckets() {
        let slot = MetricsSlot()
        slot.observe(.dial, .nanoseconds(-7))
        slot.observe(.dial, .nanoseconds(500_000))
        slot.observe(.dial, .nanoseconds(500_001))
        slot.observe(.dial, .seconds(30))
        slot.observe(.dial, .seconds(31))
        let histogram = slot.snapshot()[.dial]
        #expect(histogram.buckets == [2, 1] + Array(repeating: 0, count: 12) + [1, 1])
        #expect(histogram.count == 5)
        #expect(histogram.sumNanoseconds == 61_001_000_001)
    }

    @Test func histogramsDoNotTouchOneAnother() {
        let slot = MetricsSlot()
        for histogram in TimeHistogram.allCases {
            for _ in 0...histogram.rawValue { slot.observe(histogram, .seconds(Int64(1) << 40)) }
        }
        let snapshot = slot.snapshot()
        for histogram in TimeHistogram.allCases {
            #expect(snapshot[histogram].buckets.last == UInt64(histogram.rawValue) + 1)
            #expect(snapshot[histogram].count == UInt64(histogram.rawValue) + 1)
        }
    }

    @Test func goesOnWithWhatIsInTheMemory() {
        let memory = Memory(slots: 1)
        let first = unsafe MetricsSlot(memory: memory.base, owner: memory)
        first.add(.bytesToClient, 40)
        let second = unsafe MetricsSlot(memory: memory.base, owner: memory)
        second.add(.bytesToClient, 2)
        #expect(first[.bytesToClient] == 42)
    }

    @Test func absorbsAllButGauges() {
        let (left, right) = (MetricsSlot(), MetricsSlot())
        left.add(.pingsSent, 1)
        left.set(.tunnels, 5)
        right.add(.pingsSent, 2)
        right.set(.tunnels, 7)
        right.observe(.tunnel, .seconds(2))
        left.absorb(right)
        #expect(left[.pingsSent] == 3)
        #expect(left[.tunnels] == 5)
        #expect(left.snapshot()[.tunnel].count == 1)
        #expect(left.snapshot()[.tunnel].sumNanoseconds == 2_000_000_000)
        #expect(right[.pingsSent] == 2)
        right.clear()
        #expect(right.snapshot() == MetricsSnapshot())
    }
}
