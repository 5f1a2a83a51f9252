// The buckets of the histograms; their names are in MetricName.swift.

extension TimeHistogram {
    /// How many buckets a histogram has, the last one without an upper bound.
    static let bucketCount = 16

    /// The upper bounds of all buckets but the last, in nanoseconds; a value equal to a bound is within it.
    public var bounds: [Int64] { self == .tunnel ? Self.longBounds : Self.shortBounds }

    /// From half a millisecond to half a minute.
    private static let shortBounds: [Int64] = [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000,
        500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000, 30_000_000_000,
    ]

    /// From a tenth of a second to a day.
    private static let longBounds: [Int64] = [
        100_000_000, 500_000_000, 1_000_000_000, 5_000_000_000, 15_000_000_000, 60_000_000_000, 180_000_000_000,
        600_000_000_000, 1_800_000_000_000, 3_600_000_000_000, 7_200_000_000_000, 14_400_000_000_000,
        28_800_000_000_000, 57_600_000_000_000, 86_400_000_000_000,
    ]
}
