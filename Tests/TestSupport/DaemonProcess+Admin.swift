public import BridgeClient
public import JSON

// The admin listener: health, metrics, status.
extension DaemonProcess {
    /// GETs `target` of the admin listener.
    public func admin(_ target: String, within timeout: Duration = .seconds(10)) throws -> HTTPResponse {
        var endpoint = ClientEndpoint(host: "127.0.0.1", port: ports.admin)
        endpoint.security = .plain
        return try HTTPSClient(endpoint).get(target, within: timeout)
    }

    /// The status as JSON.
    public func status() throws -> JSONValue {
        let answer = try admin("/status.json")
        guard answer.status == 200 else { throw HarnessError("/status.json is answered \(answer.status)") }
        return try JSON.parse(answer.body)
    }

    /// The generation of workers that serves: 1 at the start.
    public var generation: Int64 {
        get throws {
            guard let number = try status()["generation"]?.integer else {
                throw HarnessError("/status.json names no generation")
            }
            return number
        }
    }

    /// The metrics as they are now.
    public func metrics() throws -> MetricsText {
        let answer = try admin("/metrics")
        guard answer.status == 200 else { throw HarnessError("/metrics is answered \(answer.status)") }
        return MetricsText(answer.text)
    }
}

/// Prometheus text, as far as tests look at it.
public struct MetricsText: Sendable {
    /// All of it.
    public let text: String

    /// What `/metrics` answered.
    public init(_ text: String) { self.text = text }

    /// The sum of the metric called `name` over all label sets that have every one of `labels`, each as `key="value"`;
    /// nil where there is none.
    public func sum(_ name: String, _ labels: String...) -> Double? {
        var sum: Double?
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let rest = line.dropFirst(name.count)
            guard rest.first == "{" || rest.first == " ", labels.allSatisfy({ rest.contains($0) }),
                let value = rest.split(separator: " ").last.flatMap({ Double($0) })
            else { continue }
            sum = (sum ?? 0) + value
        }
        return sum
    }
}
