/// A copy of one slot's numbers, or the sum of several.
public struct MetricsSnapshot: Equatable, Sendable {
    /// All cells of a slot but its header.
    private var cells: [UInt64]

    /// Nothing counted.
    public init() {
        cells = Array(repeating: 0, count: MetricsLayout.cells - MetricsLayout.headerCells)
    }

    init(cells: [UInt64]) { self.cells = cells }

    /// The value of a counter.
    public subscript(counter: Counter) -> UInt64 {
        cells[MetricsLayout.counters - MetricsLayout.headerCells + counter.rawValue]
    }

    /// The value of a gauge.
    public subscript(gauge: Gauge) -> Int64 {
        get { Int64(bitPattern: cells[Self.place(gauge)]) }
        set { cells[Self.place(gauge)] = UInt64(bitPattern: newValue) }
    }

    /// The values of a histogram.
    public subscript(histogram: TimeHistogram) -> HistogramSnapshot {
        let start =
            MetricsLayout.histograms - MetricsLayout.headerCells + histogram.rawValue * MetricsLayout.histogramCells
        let end = start + TimeHistogram.bucketCount
        return HistogramSnapshot(
            bounds: histogram.bounds, buckets: Array(cells[start..<end]), sumNanoseconds: cells[end])
    }

    /// The sum of all series of a family of counters.
    public func sum(_ name: MetricName) -> UInt64 {
        Counter.allCases.reduce(0) { $1.series.name == name ? $0 &+ self[$1] : $0 }
    }

    /// Adds counters and histograms, and gauges as ``Gauge/combination`` has it.
    public static func += (total: inout MetricsSnapshot, other: MetricsSnapshot) {
        let gauges = Gauge.allCases.map { $0.combination.combine(total[$0], other[$0]) }
        for index in total.cells.indices { total.cells[index] &+= other.cells[index] }
        for (gauge, value) in zip(Gauge.allCases, gauges) { total[gauge] = value }
    }

    private static func place(_ gauge: Gauge) -> Int {
        MetricsLayout.gauges - MetricsLayout.headerCells + gauge.rawValue
    }
}

/// The values of one histogram.
public struct HistogramSnapshot: Equatable, Sendable {
    /// The upper bounds of all buckets but the last, in nanoseconds.
    public let bounds: [Int64]
    /// How many values each bucket has, those of smaller buckets not included; the last has no upper bound.
    public let buckets: [UInt64]
    /// The sum of all values, in nanoseconds.
    public let sumNanoseconds: UInt64

    /// How many values there are.
    public var count: UInt64 { buckets.reduce(0, &+) }
}

/// What becomes of a gauge when slots are added up.
enum GaugeCombination {
    /// The sum.
    case sum
    /// The smallest that isn't zero: zero is "not known".
    case smallest
    /// It says something of one process only and is 0 in a sum.
    case none

    func combine(_ left: Int64, _ right: Int64) -> Int64 {
        switch self {
        case .sum: left &+ right
        case .smallest: left == 0 ? right : right == 0 ? left : min(left, right)
        case .none: 0
        }
    }
}

extension Gauge {
    /// What becomes of the gauge when slots are added up.
    var combination: GaugeCombination {
        switch self {
        case .tunnels, .sessions, .connectionsActive, .connectionsReading, .connectionsWriting, .connectionsWaiting,
            .residentBytes, .cpuNanoseconds, .masterProcessID, .masterState, .generation, .lastReloadAt:
            .sum
        case .jwksKeys, .jwksFetchedAt: .smallest
        case .workerProcessID, .workerGeneration, .workerIndex, .workerState, .workerStartTime, .heartbeat:
            .none
        }
    }
}
