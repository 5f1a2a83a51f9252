// The numbers as Prometheus scrapes them: text format 0.0.4.
//
// Rules: HELP and TYPE once for each family, before its samples; families in the order of MetricName; all counters, those
// at 0 included; times in seconds, written exactly, without floating point.
public import Bytes

/// The text that `/metrics` answers.
public enum PrometheusText {
    /// The answer's `Content-Type`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All numbers of `board`.
    ///
    /// - Parameters:
    ///   - version: what the label of `build_info` says.
    ///   - time: now, for ages.
    public static func render(_ board: MetricsBoard, version: String, at time: UnixTime) -> [UInt8] {
        render(board.read(), version: version, at: time)
    }

    /// The numbers of one reading.
    public static func render(_ reading: MetricsReading, version: String, at time: UnixTime) -> [UInt8] {
        var text = Writer()
        let counters = Dictionary(grouping: Counter.allCases) { $0.series.name }
        let gauges = Dictionary(grouping: Gauge.allCases.filter { $0.series != nil }) { $0.series?.name }
        let total = reading.total
        for name in MetricName.allCases {
            text.begin(name)
            if let histogram = TimeHistogram.allCases.first(where: { $0.name == name }) {
                text.histogram(name, total[histogram])
            }
            for counter in counters[name] ?? [] { text.sample(name, counter.series.values, "\(total[counter])") }
            for gauge in gauges[name] ?? [] { text.sample(name, gauge.series?.values ?? [], "\(total[gauge])") }
            let derived = DerivedMetrics.samples(of: name, in: reading, total: total, version: version, at: time)
            for (values, value) in derived { text.sample(name, values, value) }
        }
        return Array(text.text.utf8)
    }

    /// Nanoseconds as seconds: `1500000000` as `1.5`.
    static func seconds(_ nanoseconds: UInt64) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest == 0 { return "\(whole)" }
        var digits = String(repeating: "0", count: 9 - "\(rest)".count) + "\(rest)"
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}

/// Lines of the text format.
struct Writer {
    private(set) var text = ""

    mutating func begin(_ name: MetricName) {
        text += "# HELP \(name.text) \(Self.escaped(name.help, quotes: false))\n"
        text += "# TYPE \(name.text) \(name.kind.rawValue)\n"
    }

    mutating func sample(_ name: MetricName, _ values: [String], _ value: String) {
        line(name.text, Array(zip(name.labels, values)), value)
    }

    mutating func histogram(_ name: MetricName, _ histogram: HistogramSnapshot) {
        var below: UInt64 = 0
        for (index, bucket) in histogram.buckets.enumerated() {
            below &+= bucket
            let isLast = index == histogram.bounds.count
            let bound = isLast ? "+Inf" : PrometheusText.seconds(UInt64(clamping: histogram.bounds[index]))
            line(name.text + "_bucket", [("le", bound)], "\(below)")
        }
        line(name.text + "_sum", [], PrometheusText.seconds(histogram.sumNanoseconds))
        line(name.text + "_count", [], "\(below)")
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{"
            for (index, (label, labelValue)) in labels.enumerated() {
                text += "\(index == 0 ? "" : ",")\(label)=\"\(Self.escaped(labelValue, quotes: true))\""
            }
            text += "}"
        }
        text += " \(value)\n"
    }

    /// A backslash and a line's end are escaped everywhere, quotes in the values of labels.
    static func escaped(_ text: String, quotes: Bool) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "\\": escaped += "\\\\"
            case "\n", "\r\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.append(character)
            }
        }
    }
}
