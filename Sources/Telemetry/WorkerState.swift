/// What a worker does, as its gauge ``Gauge/workerState`` says.
public enum WorkerState: Int64, CaseIterable, Sendable {
    /// It isn't ready yet.
    case starting
    /// It takes connections.
    case serving
    /// It finishes what is open.
    case draining

    /// The state as a label.
    public var label: String {
        switch self {
        case .starting: "starting"
        case .serving: "serving"
        case .draining: "draining"
        }
    }
}
