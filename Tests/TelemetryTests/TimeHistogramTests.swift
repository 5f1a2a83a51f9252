import Testing

@testable import Telemetry

@Suite struct TimeHistogramTests {
    @Test(arguments: TimeHistogram.allCases)
    func boundsRiseAndFillTheBucketsButTheLast(_ histogram: TimeHistogram) {
        let bounds = histogram.bounds
        #expect(bounds.count == TimeHistogram.bucketCount - 1)
        #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        #expect(bounds.allSatisfy { $0 > 0 })
    }
}
