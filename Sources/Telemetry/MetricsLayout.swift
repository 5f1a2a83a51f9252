/// Where what is counted lies in a slot, in cells of eight bytes: a header, the counters, the gauges, the histograms.
///
/// All processes that share the memory run the same program (a new one makes a new memory), so nothing in it tells which
/// layout it has.
enum MetricsLayout {
    /// A cache line; slot 0 of a board keeps the board's sequence number in its first cell.
    static let headerCells = 8
    /// Where the counters begin.
    static let counters = headerCells
    /// Where the gauges begin.
    static let gauges = counters + Counter.allCases.count
    /// Where the histograms begin.
    static let histograms = gauges + Gauge.allCases.count
    /// The cells of one histogram: its buckets and the sum of its values in nanoseconds.
    static let histogramCells = TimeHistogram.bucketCount + 1
    /// The cells in use.
    static let cells = histograms + TimeHistogram.allCases.count * histogramCells
    /// The size of a slot: whole pairs of cache lines, so that two writers never share one (processors fetch pairs).
    static let byteCount = (cells * 8 + 127) / 128 * 128
}
