/// The page docs/METRICS.md, made from the names themselves; a test compares the two.
public enum MetricsPage {
    /// The page.
    public static var markdown: String {
        """
        # Metrics

        What `/metrics` of the admin listener answers, in Prometheus' text format. All names are in
        `Sources/Telemetry/MetricName.swift`, and this page is made from there (`MetricsPage.markdown`).

        Counters and histograms are those of all processes together, the ones that have ended included: a worker that is
        replaced takes nothing with it. They begin at 0 when the proxy is started or its binary is replaced; a reload leaves
        them alone. Labels never hold an address, a name or anything else that comes from outside, so their number is fixed.

        ## Families

        | name | type | labels | meaning |
        |---|---|---|---|
        \(families)
        ## Values of labels

        Each series is there from the start, at 0.

        | name | label | values |
        |---|---|---|
        \(values)
        The labels `worker` (its number, from 0), `generation` and `pid` are numbers; `version` is that of the program.

        ## Buckets

        Upper bounds in seconds (`le`); there is always `+Inf`.

        | name | bounds |
        |---|---|
        \(buckets)
        ## Questions that they answer

        | question | query |
        |---|---|
        \(questions)
        """
    }

    private static var families: String {
        MetricName.allCases.map { name in
            let labels = name.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(name.text)` | \(name.kind.rawValue) | \(labels) | \(name.help) |\n"
        }.joined()
    }

    /// The values of all labels that have fixed ones.
    private static var values: String {
        let workers = WorkerState.allCases.map { MetricSeries(.workers, $0.label) }
        let series = Counter.allCases.map(\.series) + Gauge.allCases.compactMap(\.series) + workers
        return MetricName.allCases.map { name in
            name.labels.enumerated().map { index, label in
                var values: [String] = []
                for series in series where series.name == name && !values.contains(series.values[index]) {
                    values.append(series.values[index])
                }
                if values.isEmpty { return "" }
                return "| `\(name.text)` | `\(label)` | \(values.map { "`\($0)`" }.joined(separator: " ")) |\n"
            }.joined()
        }.joined()
    }

    private static var buckets: String {
        TimeHistogram.allCases.map { histogram in
            let bounds = histogram.bounds.map { PrometheusText.seconds(UInt64(clamping: $0)) }
            return "| `\(histogram.name.text)` | \(bounds.joined(separator: " ")) |\n"
        }.joined()
    }

    private static var questions: String {
        func rate(_ name: MetricName, _ labels: String = "") -> String { "rate(\(name.text)\(labels)[5m])" }
        func slow(_ name: MetricName) -> String {
            "histogram_quantile(0.99, rate(\(name.text)_bucket[5m]))"
        }
        let questions = [
            ("How many connect, and how many get a tunnel?", rate(.connections) + "`, `" + rate(.tunnelsOpened)),
            ("Who is turned away, and why?", "sum by (status) (\(rate(.upgrades, "{status!=\"101\"}")))"),
            ("Which tokens are refused?", "sum by (verdict) (\(rate(.gateVerdicts, "{verdict!=\"admitted\"}")))"),
            ("Does anybody fail in TLS?", "sum by (event) (\(rate(.tlsEvents, "{event!=\"handshake\"}")))"),
            ("Does the backend answer?", "sum by (result) (\(rate(.dials, "{target=\"backend\"}")))"),
            ("How long does it take to get a tunnel?", slow(.upgradeSeconds)),
            ("Are tunnels cut?", "sum by (end) (\(rate(.tunnelEnds)))"),
            ("Will tokens be judged if the provider stays down?", "\(MetricName.jwksAge.text) > 3600"),
            ("Do workers crash?", "increase(\(MetricName.workerRestarts.text)[1h]) > 0"),
            ("Are log lines lost?", "increase(\(MetricName.droppedLogLines.text)[1h]) > 0"),
        ]
        return questions.map { "| \($0) | `\($1)` |\n" }.joined()
    }
}
