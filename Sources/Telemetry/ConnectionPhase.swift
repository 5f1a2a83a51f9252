// nginx's four numbers, kept right by an object for each connection.
//
// Rules: an open connection is in one phase; active = reading + writing + waiting. Whoever drops the object, by closing the
// connection, by an error or by forgetting it, has counted the connection out.

/// What a client connection does, in the words of nginx's status page.
public final class ConnectionPhase {
    /// What a connection does.
    public enum Phase: Sendable {
        /// It is in its TLS handshake, or its request's head is coming.
        case reading
        /// It is a tunnel, or an answer is on its way, the wait for keys, backend and upstream included.
        case writing
        /// It is kept alive between two requests.
        case waiting

        fileprivate var gauge: Gauge {
            switch self {
            case .reading: .connectionsReading
            case .writing: .connectionsWriting
            case .waiting: .connectionsWaiting
            }
        }
    }

    private let metrics: MetricsSlot
    private var phase: Phase

    /// A connection that was just accepted.
    public init(_ metrics: MetricsSlot) {
        self.metrics = metrics
        phase = .reading
        metrics.add(.connectionsActive, 1)
        metrics.add(phase.gauge, 1)
    }

    deinit {
        metrics.add(.connectionsActive, -1)
        metrics.add(phase.gauge, -1)
    }

    /// The connection does something else from now on.
    public func enter(_ next: Phase) {
        if next == phase { return }
        metrics.add(phase.gauge, -1)
        metrics.add(next.gauge, 1)
        phase = next
    }
}
