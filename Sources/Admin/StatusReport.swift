internal import Bytes
internal import JSON
internal import System
internal import Telemetry

/// The proxy's state at one moment, as `/status` and `/readyz` tell it.
///
/// Names of this JSON are promised to scripts: docs/STATUS.md lists them. Nothing in it is secret or about a client.
struct StatusReport {
    /// Asked once, because the answer may be out of reach in a jail.
    static let processors = Int64(ThisProcess.processorCount)

    private let facts: AdminFacts
    private let total: MetricsSnapshot
    private let workers: [WorkerFacts]
    private let backendProblem: String?
    private let nanoseconds: Int64

    init(_ source: any AdminSource) {
        facts = source.facts
        let reading = source.board.read()
        total = reading.total
        nanoseconds = source.unixNanoseconds
        workers = reading.workers.map { WorkerFacts($0.1) }
            .sorted { ($1.generation, $0.index) < ($0.generation, $1.index) }
        backendProblem = source.backendProblem()
    }

    // MARK: Ready or not

    private var isDraining: Bool { facts.isDraining || total[.masterState] == WorkerState.draining.rawValue }

    private var serving: [WorkerFacts] { workers.filter { $0.state == .serving } }

    /// Why new connections should go elsewhere, one reason a line; none: they are welcome.
    var reasonsNotReady: [String] {
        if isDraining { return ["draining: no new connections are taken, tunnels are left to end"] }
        var reasons: [String] = []
        if serving.isEmpty { reasons.append("no worker is serving yet") }
        if facts.needsKeys, serving.contains(where: { $0.keysFetchedAt == 0 }) {
            let failure = facts.keysProblem.map { "; the last try failed: \($0)" } ?? ""
            reasons.append("the provider's keys were never fetched, so no token can be judged\(failure)")
        }
        if let backendProblem { reasons.append(backendProblem) }
        // One reason a line, whatever a message from elsewhere holds.
        return reasons.map { String($0.map { $0.isNewline ? " " : $0 }) }
    }

    // MARK: The whole

    /// The object that `/status` answers.
    var json: JSONValue {
        let reasons = reasonsNotReady
        return [
            "product": "secure-proxy",
            "version": .string(facts.version),
            "state": isDraining ? "draining" : "serving",
            "ready": .bool(reasons.isEmpty),
            "notReady": .array(reasons.map { .string($0) }),
            "generation": .integer(Int64(clamping: facts.generation)),
            "time": .real(Double(nanoseconds / 1_000_000) / 1_000),
            "started": .integer(facts.startedAt.seconds),
            "uptime": .integer(age(of: facts.startedAt.seconds)),
            "processors": .integer(Self.processors),
            "connections": [
                "active": .integer(total[.connectionsActive]), "reading": .integer(total[.connectionsReading]),
                "writing": .integer(total[.connectionsWriting]), "waiting": .integer(total[.connectionsWaiting]),
            ],
            "totals": totals,
            "gate": values(.gateVerdicts),
            "failures": failures,
            "tunnelEnds": values(.tunnelEnds),
            "closeCodes": [
                "sent": values(.closeCodes, under: "sent"), "received": values(.closeCodes, under: "received"),
            ],
            "times": .object(times),
            "keys": keys,
            "reloads": reloads,
            "workerRestarts": count(.workerRestarts),
            "log": ["dropped": count(.droppedLogLines)],
            "listeners": .array(facts.listeners.map(Self.json)),
            "workers": .array(workers.map(json)),
        ]
    }

    private var totals: JSONValue {
        let handshakeFailures: [Counter] = [
            .tlsConnectionError, .tlsFailVerifyNoCertificate, .tlsFailVerifyError, .tlsFailVerifySubjectAlternativeName,
        ]
        return [
            "tunnels": .integer(total[.tunnels]),
            "tunnelsOpened": count(.tunnelsOpened),
            "sessions": .integer(total[.sessions]),
            "connections": integer(total.sum(.connections)),
            "requests": integer(total.sum(.upgrades) &+ total.sum(.gatewayRequests)),
            "bytesFromClients": count(.bytesToBackend),
            "bytesToClients": count(.bytesToClient),
            "handshakes": count(.tlsHandshake),
            "handshakeFailures": integer(handshakeFailures.reduce(0) { $0 &+ total[$1] }),
            "refusals": integer(total.sum(.gateVerdicts) &- total[.gateAdmitted] &+ total.sum(.connectionsRefused)),
        ]
    }

    private var failures: JSONValue {
        func tls(_ name: MetricName) -> JSONValue {
            values(name, where: { $0 == "connection_error" || $0.hasPrefix("fail_") })
        }
        func dials(_ target: String) -> JSONValue { values(.dials, under: target, where: { $0 != "connected" }) }
        return [
            "tls": tls(.tlsEvents), "upstream_tls": tls(.upstreamTLSEvents), "backend": dials("backend"),
            "upstream": dials("upstream"), "provider": dials("provider"), "timeout": values(.connectionTimeouts),
            "tunnel": values(.tunnelTimeouts), "limit": values(.connectionsRefused),
        ]
    }

    private var times: JSONObject {
        var object = JSONObject()
        let shown: [(String, TimeHistogram)] = [
            ("handshake", .tlsHandshake), ("dial", .dial), ("upgrade", .upgrade), ("tunnel", .tunnel),
        ]
        for (name, histogram) in shown { object[name] = Percentiles(total[histogram]).json }
        return object
    }

    private var keys: JSONValue {
        let fetched = serving.map(\.keysFetchedAt).min() ?? 0
        return [
            "needed": .bool(facts.needsKeys),
            "count": .integer(serving.map(\.keys).min() ?? 0),
            "fetched": moment(fetched),
            "age": fetched > 0 ? .integer(age(of: fetched)) : .null,
            "refreshes": count(.jwksRefreshesOK),
            "failures": count(.jwksRefreshesFailed),
            "problem": facts.keysProblem.map { .string($0) } ?? .null,
        ]
    }

    private var reloads: JSONValue {
        let last = total[.lastReloadAt]
        return [
            "ok": count(.reloadsOK), "failed": count(.reloadsFailed), "last": moment(last),
            "age": last > 0 ? .integer(age(of: last)) : .null,
        ]
    }

    private static func json(_ listener: AdminListener) -> JSONValue {
        [
            "name": .string(listener.name), "kind": .string(listener.kind), "address": .string(listener.address),
            "ports": .string(listener.ports), "backend": listener.backend.map { .string($0) } ?? .null,
        ]
    }

    private func json(_ worker: WorkerFacts) -> JSONValue {
        [
            "index": .integer(worker.index), "pid": .integer(worker.processID),
            "generation": .integer(worker.generation),
            "state": .string(worker.state.label), "tunnels": .integer(worker.tunnels),
            "connections": .integer(worker.connections), "memory": .integer(worker.residentBytes),
            "cpu": .real(Double(worker.cpuNanoseconds / 1_000_000) / 1_000),
            "started": moment(worker.startedAt), "uptime": .integer(age(of: worker.startedAt)),
        ]
    }

    // MARK: Parts

    private func integer(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }

    private func count(_ counter: Counter) -> JSONValue { integer(total[counter]) }

    private func moment(_ seconds: Int64) -> JSONValue { seconds > 0 ? .integer(seconds) : .null }

    /// Whole seconds since `seconds`; never negative, whatever the clock did.
    private func age(of seconds: Int64) -> Int64 {
        let (age, overflow) = (nanoseconds / 1_000_000_000).subtractingReportingOverflow(seconds)
        return overflow ? (seconds < 0 ? .max : 0) : max(0, age)
    }

    /// The series of a family by their last label, those whose first label is `first` where that is given.
    private func values(
        _ name: MetricName, under first: String? = nil, where isWanted: (String) -> Bool = { _ in true }
    ) -> JSONValue {
        var object = JSONObject()
        for counter in Counter.allCases {
            let series = counter.series
            guard series.name == name, let label = series.values.last, isWanted(label) else { continue }
            if let first, series.values.first != first { continue }
            object[label] = count(counter)
        }
        return .object(object)
    }
}

/// What one worker's gauges say.
struct WorkerFacts {
    let index, processID, generation, tunnels, connections, residentBytes, cpuNanoseconds, startedAt: Int64
    let keys, keysFetchedAt: Int64
    let state: WorkerState

    init(_ snapshot: MetricsSnapshot) {
        index = snapshot[.workerIndex]
        processID = snapshot[.workerProcessID]
        generation = snapshot[.workerGeneration]
        tunnels = snapshot[.tunnels]
        connections = snapshot[.connectionsActive]
        residentBytes = snapshot[.residentBytes]
        cpuNanoseconds = snapshot[.cpuNanoseconds]
        startedAt = snapshot[.workerStartTime]
        keys = snapshot[.jwksKeys]
        keysFetchedAt = snapshot[.jwksFetchedAt]
        state = WorkerState(rawValue: snapshot[.workerState]) ?? .starting
    }
}
