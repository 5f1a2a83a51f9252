/// How Prometheus takes a family of samples.
public enum MetricKind: String, Sendable {
    /// Only ever grows, until its process is replaced by a new one.
    case counter
    /// Goes up and down.
    case gauge
    /// Counts of values by size, with their sum.
    case histogram
}

/// One series of a family: the family's name and the values of its labels, in the family's order.
public struct MetricSeries: Hashable, Sendable {
    /// The family.
    public let name: MetricName
    /// The values of the labels that ``MetricName/labels`` names.
    public let values: [String]

    init(_ name: MetricName, _ values: String...) {
        self.name = name
        self.values = values
    }
}
