internal import JSON

/// The daemon's status as lines for a terminal.
struct StatusText {
    private let status: JSONValue

    /// The text of the object that `/status.json` answers. A member that isn't there shows as 0 or `-`.
    init(_ status: JSONValue) { self.status = status }

    /// The lines, without line ends.
    var lines: [String] {
        [title] + summary.map { "  \(Self.padded($0.0, to: 12))\($0.1)" } + [""] + Self.table(listeners) + [""]
            + Self.table(workers)
    }

    private var title: String {
        let isReady = status["ready"]?.bool == true
        let state = text("state") == "draining" ? "draining" : isReady ? "ready" : "NOT READY"
        return "Secure Proxy \(text("version")): \(state), up \(Self.span(number("uptime"))), "
            + "generation \(number("generation"))"
    }

    private var summary: [(String, String)] {
        func connections(_ state: String) -> String { Self.count(number("connections", state)) }
        func total(_ name: String) -> Int64 { number("totals", name) }
        return [
            (
                "connections",
                "\(connections("active")) active: \(connections("reading")) reading, "
                    + "\(connections("writing")) writing, \(connections("waiting")) waiting"
            ),
            ("tunnels", "\(Self.count(total("tunnels"))) open, \(Self.count(total("tunnelsOpened"))) opened"),
            (
                "payload",
                "\(Self.bytes(total("bytesFromClients"))) from clients, "
                    + "\(Self.bytes(total("bytesToClients"))) to clients"
            ),
            (
                "TLS",
                "\(Self.count(total("handshakes"))) handshakes, \(Self.count(total("handshakeFailures"))) failed"
                    + times("handshake")
            ),
            ("backends", "\(Self.count(number("times", "dial", "count"))) connections made" + times("dial")),
            ("token gate", gate),
            ("keys", keys),
            ("reloads", reloads),
            ("log", "\(Self.count(number("log", "dropped"))) lines dropped"),
        ]
    }

    private func times(_ name: String) -> String {
        guard let half = status["times"]?[name]?["p50"]?.number, let most = status["times"]?[name]?["p99"]?.number
        else { return "" }
        return "; half within \(Self.time(half)), 99 % within \(Self.time(most))"
    }

    private var gate: String {
        let verdicts = (status["gate"]?.object).map { Array($0) } ?? []
        let refused = verdicts.filter { $0.key != "admitted" }.map { ($0.key, $0.value.integer ?? 0) }
            .filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }
        let reasons = refused.map { "\(Commands.printable($0.0)) \(Self.count($0.1))" }.joined(separator: ", ")
        let sum = refused.reduce(Int64(0)) { $0.addingReportingOverflow($1.1).partialValue }
        return "\(Self.count(number("gate", "admitted"))) admitted, \(Self.count(sum)) refused"
            + (reasons.isEmpty ? "" : " (\(reasons))")
    }

    private var keys: String {
        guard status["keys"]?["needed"]?.bool == true else { return "not needed" }
        let age = status["keys"]?["age"]?.integer.map { "fetched \(Self.span($0)) ago" } ?? "never fetched"
        let problem = status["keys"]?["problem"]?.string.map { "; last failure: \(Commands.printable($0))" } ?? ""
        return "\(Self.count(number("keys", "count"))), \(age)\(problem)"
    }

    private var reloads: String {
        let failed = number("reloads", "failed")
        let last = status["reloads"]?["age"]?.integer.map { "; the last \(Self.span($0)) ago" } ?? ""
        return Self.count(number("reloads", "ok")) + (failed > 0 ? ", \(Self.count(failed)) failed" : "") + last
    }

    private var listeners: [[String]] {
        [["LISTENER", "KIND", "LISTENS AT", "LEADS TO"]]
            + (status["listeners"]?.array ?? []).map { listener in
                let address = listener["address"]?.string ?? "-"
                let place = address.contains(":") ? "[\(address)]" : address
                return [
                    listener["name"]?.string ?? "-", listener["kind"]?.string ?? "-",
                    "\(place):\(listener["ports"]?.string ?? "-")", listener["backend"]?.string ?? "-",
                ].map { Commands.printable($0) }
            }
    }

    private var workers: [[String]] {
        [["WORKER", "STATE", "TUNNELS", "MEMORY", "CPU TIME", "UP", "GENERATION", "PROCESS"]]
            + (status["workers"]?.array ?? []).map { worker in
                func number(_ name: String) -> Int64 { worker[name]?.integer ?? 0 }
                return [
                    "\(number("index"))", Commands.printable(worker["state"]?.string ?? "-"),
                    Self.count(number("tunnels")), Self.bytes(number("memory")),
                    Self.time(worker["cpu"]?.number ?? 0), Self.span(number("uptime")), "\(number("generation"))",
                    "\(number("pid"))",
                ]
            }
    }

    // MARK: Parts

    private func text(_ name: String) -> String { Commands.printable(status[name]?.string ?? "-") }

    private func number(_ path: String...) -> Int64 {
        path.reduce(status as JSONValue?) { $0?[$1] }?.integer ?? 0
    }

    /// Rows with their columns below each other, two blanks between.
    static func table(_ rows: [[String]]) -> [String] {
        let widths = rows.reduce(into: [Int]()) { widths, row in
            for (index, cell) in row.enumerated() {
                if index == widths.count { widths.append(0) }
                widths[index] = max(widths[index], cell.count)
            }
        }
        return rows.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : padded(cell, to: widths[index] + 2)
            }.joined()
        }
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// `1234567` as `1,234,567`.
    static func count(_ number: Int64) -> String {
        let digits = String(number.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped += "," }
            grouped.append(digit)
        }
        return (number < 0 ? "-" : "") + grouped
    }

    /// Bytes in the unit that leaves one to three digits before the point.
    static func bytes(_ number: Int64) -> String {
        var (value, unit) = (Double(max(0, number)), 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        while value >= 999.5, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        return "\(unit > 0 && value < 99.5 ? tenths(value) : "\(Int64(value.rounded()))") \(units[unit])"
    }

    /// Whole seconds as their two largest units.
    static func span(_ seconds: Int64) -> String {
        let units: [(String, Int64)] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
        let seconds = max(0, seconds)
        guard let first = units.firstIndex(where: { seconds >= $0.1 }) else { return "0 s" }
        let rest = seconds % units[first].1
        let main = "\(seconds / units[first].1) \(units[first].0)"
        guard first + 1 < units.count, rest / units[first + 1].1 > 0 else { return main }
        return "\(main) \(rest / units[first + 1].1) \(units[first + 1].0)"
    }

    /// Seconds, small ones as milliseconds or microseconds.
    static func time(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds > 0 else { return "0 s" }
        if seconds >= 60 { return span(Int64(min(seconds, 1e15))) }
        if seconds >= 1 { return "\(tenths(seconds)) s" }
        if seconds >= 0.001 { return "\(tenths(seconds * 1_000)) ms" }
        return "\(Int64((seconds * 1_000_000).rounded())) µs"
    }

    /// A number with one digit behind the point, none where that is 0.
    private static func tenths(_ value: Double) -> String {
        let tenths = Int64((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
