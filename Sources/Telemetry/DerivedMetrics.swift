internal import Bytes

/// Samples that aren't cells of the metrics memory but follow from them: facts of processes, ages, the version.
enum DerivedMetrics {
    /// The samples of a family; none for families of counters, gauges and histograms.
    static func samples(
        of name: MetricName, in reading: MetricsReading, total: MetricsSnapshot, version: String, at time: UnixTime
    ) -> [(labels: [String], value: String)] {
        switch name {
        case .jwksKeys: return [([], "\(fewestKeys(reading, total))")]
        case .jwksAge:
            let fetched = total[.jwksFetchedAt]
            let (age, overflow) = time.seconds.subtractingReportingOverflow(fetched)
            return fetched == 0 ? [] : [([], "\(overflow ? (fetched < 0 ? .max : 0) : max(0, age))")]
        case .workers:
            return WorkerState.allCases.map { state in
                ([state.label], "\(reading.workers.count { $0.1[.workerState] == state.rawValue })")
            }
        case .workerUp: return workers(reading, [.workerProcessID]) { _ in "1" }
        case .workerTunnels: return workers(reading) { "\($0[.tunnels])" }
        case .workerResidentBytes: return workers(reading) { "\($0[.residentBytes])" }
        case .workerCPUSeconds:
            return workers(reading) { PrometheusText.seconds(UInt64(clamping: $0[.cpuNanoseconds])) }
        case .workerStartTime: return workers(reading) { "\($0[.workerStartTime])" }
        case .draining:
            return [([], total[.masterState] == WorkerState.draining.rawValue ? "1" : "0")]
        case .buildInfo: return [([version], "1")]
        default: return []
        }
    }

    /// A worker that has no keys lets nobody in, so it is the one that counts.
    private static func fewestKeys(_ reading: MetricsReading, _ total: MetricsSnapshot) -> Int64 {
        let serving = reading.workers.filter { $0.1[.workerState] == WorkerState.serving.rawValue }
        return serving.map { $0.1[.jwksKeys] }.min() ?? total[.jwksKeys]
    }

    private static func workers(
        _ reading: MetricsReading, _ more: [Gauge] = [], _ value: (MetricsSnapshot) -> String
    ) -> [(labels: [String], value: String)] {
        reading.workers.map { worker in
            (([.workerIndex, .workerGeneration] + more).map { "\(worker.1[$0])" }, value(worker.1))
        }
    }
}
