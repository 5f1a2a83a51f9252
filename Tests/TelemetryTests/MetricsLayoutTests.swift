import Testing

@testable import Telemetry

@Suite struct MetricsLayoutTests {
    @Test func partsFollowOneAnother() {
        #expect(MetricsLayout.counters == 8)
        #expect(MetricsLayout.gauges - MetricsLayout.counters == Counter.allCases.count)
        #expect(MetricsLayout.histograms - MetricsLayout.gauges == Gauge.allCases.count)
        #expect(MetricsLayout.cells - MetricsLayout.histograms == TimeHistogram.allCases.count * 17)
    }

    @Test func aSlotIsWholePairsOfCacheLinesAndLittle() {
        #expect(MetricsLayout.byteCount % 128 == 0)
        #expect(MetricsLayout.byteCount >= MetricsLayout.cells * 8)
        #expect(MetricsLayout.byteCount <= 4096)
    }
}
