import Testing

@testable import Telemetry

@Suite struct MetricNameTests {
    static let allSeries = Counter.allCases.map(\.series) + Gauge.allCases.compactMap(\.series)

    @Test func eachSeriesIsThereOnce() {
        #expect(Set(Self.allSeries).count == Self.allSeries.count)
    }

    @Test func eachSeriesHasAValueForEachLabelOfItsFamily() {
        for series in Self.allSeries { #expect(series.values.count == series.name.labels.count, "\(series)") }
    }

    @Test func countersBelongToFamiliesOfCounters() {
        for counter in Counter.allCases { #expect(counter.series.name.kind == .counter, "\(counter)") }
        for gauge in Gauge.allCases { #expect(gauge.series == nil || gauge.series?.name.kind == .gauge, "\(gauge)") }
        for histogram in TimeHistogram.allCases { #expect(histogram.name.kind == .histogram, "\(histogram)") }
    }

    /// Prometheus' own rules: counters end in `_total`, nothing else does, and units are written out.
    @Test func namesFollowPrometheusCustom() {
        for name in MetricName.allCases {
            #expect(name.text.hasPrefix("secure_proxy_"))
            #expect(name.text.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" }, "\(name)")
            #expect(name.rawValue.hasSuffix("_total") == (name.kind == .counter), "\(name)")
            if name.kind == .histogram { #expect(name.rawValue.hasSuffix("_seconds"), "\(name)") }
            for suffix in ["_bucket", "_sum", "_count"] { #expect(!name.rawValue.hasSuffix(suffix), "\(name)") }
        }
    }

    /// OpenMetrics and what is built on it drop `_total`; two families must not become one by that.
    @Test func namesStayApartWithoutTotal() {
        let names = MetricName.allCases.map { $0.rawValue.replacing("_total", with: "") }
        #expect(Set(names).count == names.count)
    }

    @Test func helpIsOneLineThatEndsAsASentence() {
        for name in MetricName.allCases {
            #expect(name.help.hasSuffix("."), "\(name)")
            #expect(!name.help.contains { $0.isNewline || $0 == "|" || $0 == "\\" }, "\(name)")
        }
    }

    @Test func labelsAndTheirValuesArePlainWords() {
        for series in Self.allSeries {
            for value in series.values {
                #expect(!value.isEmpty && value.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" }, "\(series)")
            }
        }
        for name in MetricName.allCases {
            #expect(name.labels.allSatisfy { $0.allSatisfy { $0.isLowercase } && $0 != "le" }, "\(name)")
        }
    }

    /// The raw values are places in the memory.
    @Test func rawValuesAreWithoutGaps() {
        #expect(Counter.allCases.map(\.rawValue) == Array(0..<Counter.allCases.count))
        #expect(Gauge.allCases.map(\.rawValue) == Array(0..<Gauge.allCases.count))
        #expect(TimeHistogram.allCases.map(\.rawValue) == Array(0..<TimeHistogram.allCases.count))
    }
}
