import Bytes
import Testing

@testable import Telemetry

/// That every family is filled one way or another is looked at here; the values are in PrometheusTextTests.
@Suite struct DerivedMetricsTests {
    @Test func eachFamilyHasOneSource() {
        let board = Memory(slots: 2).board(slots: 2)
        board.slot(1).set(.workerProcessID, 1)
        board.slot(1).set(.jwksFetchedAt, 1)
        let reading = board.read()
        for name in MetricName.allCases {
            let sources = [
                Counter.allCases.contains { $0.series.name == name },
                Gauge.allCases.contains { $0.series?.name == name },
                TimeHistogram.allCases.contains { $0.name == name },
                !DerivedMetrics.samples(
                    of: name, in: reading, total: reading.total, version: "", at: UnixTime(seconds: 5)
                ).isEmpty,
            ]
            #expect(sources.count { $0 } == 1, "\(name)")
        }
    }

    /// What a worker says is not to be trusted.
    @Test(arguments: [(Int64.min, "\(Int64.max)"), (.min + 6, "9223372036854775807"), (-1, "6"), (1, "4"), (.max, "0")])
    func agesOverflowNowhere(_ fetched: Int64, _ age: String) {
        let board = Memory(slots: 1).board(slots: 1)
        board.slot(0).set(.jwksFetchedAt, fetched)
        let reading = board.read()
        let samples = DerivedMetrics.samples(
            of: .jwksAge, in: reading, total: reading.total, version: "", at: UnixTime(seconds: 5))
        #expect(samples.map(\.value) == [age])
    }

    @Test func labelsFitTheFamily() {
        let board = Memory(slots: 1).board(slots: 1)
        board.slot(0).set(.workerProcessID, 1)
        let reading = board.read()
        for name in MetricName.allCases {
            let samples = DerivedMetrics.samples(
                of: name, in: reading, total: reading.total, version: "1", at: UnixTime(seconds: 5))
            for sample in samples { #expect(sample.labels.count == name.labels.count, "\(name)") }
        }
    }
}
