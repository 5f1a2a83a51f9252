import Testing

@testable import Telemetry

@Suite struct MetricKindTests {
    @Test func seriesDifferByNameAndValues() {
        #expect(MetricSeries(.reloads, "ok") == MetricSeries(.reloads, "ok"))
        #expect(MetricSeries(.reloads, "ok") != MetricSeries(.reloads, "failed"))
        #expect(MetricSeries(.reloads, "ok") != MetricSeries(.jwksRefreshes, "ok"))
    }

    @Test func kindsAreCalledAsPrometheusCallsThem() {
        #expect([MetricKind.counter, .gauge, .histogram].map(\.rawValue) == ["counter", "gauge", "histogram"])
    }
}
