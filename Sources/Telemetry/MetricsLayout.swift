/// Where what is counted lies in a slot, in cells of eight bytes: a header, the counters, the gauges, the histograms.
///
/// All processes that share the memory run the same program (a new one makes a new memory), so nothing in it tells which
/// layout it has.
enum MetricsLayout {
    /// A cache line, used in slot 0 only, for the board: its sequence number, then how many slots were ever in use.
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
    /// From one slot of a board to the next: whole pages, whatever a page's size is, so that a process can have its own
    /// slot mapped for writing and nothing else. What lies between two slots is never touched, and takes no memory.
    static let stride = (byteCount + 65_535) / 65_536 * 65_536
}
