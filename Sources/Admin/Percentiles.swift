internal import JSON
internal import Telemetry

/// Percentiles read from a histogram: within a bucket values are taken to be spread evenly, as Prometheus does.
struct Percentiles {
    private let histogram: HistogramSnapshot

    /// Percentiles of `histogram`.
    init(_ histogram: HistogramSnapshot) { self.histogram = histogram }

    /// The value in seconds below which `share` (0 to 1) of all values are; without values it
    /// means nothing. In the last bucket it is
    /// that bucket's lower bound: more isn't known.
    func value(at share: Double) -> Double {
        let rank = share * Double(histogram.count)
        let bounds = histogram.bounds.map { Double($0) / 1e9 }
        var below = 0.0
        var low = 0.0
        for (index, count) in histogram.buckets.enumerated() {
            guard index < bounds.count else { return low }
            let here = Double(count)
            if here > 0, below + here >= rank { return low + (bounds[index] - low) * max(0, rank - below) / here }
            below += here
            low = bounds[index]
        }
        return low
    }

    /// `{"count": …, "p50": …, "p90": …, "p99": …}`, times in seconds rounded to microseconds; null without values.
    var json: JSONValue {
        let isEmpty = histogram.count == 0
        func rounded(_ share: Double) -> JSONValue { isEmpty ? .null : .real((value(at: share) * 1e6).rounded() / 1e6) }
        return [
            "count": .integer(Int64(clamping: histogram.count)), "p50": rounded(0.5), "p90": rounded(0.9),
            "p99": rounded(0.99),
        ]
    }
}
