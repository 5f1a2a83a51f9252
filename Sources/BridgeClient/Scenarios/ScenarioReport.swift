internal import Bytes
internal import JSON

/// Scenarios' results for people: plain lines, coloured where asked for.
public struct ScenarioReport {
    private let colours: TerminalColours

    /// A report; colours are for terminals.
    public init(colours: TerminalColours) { self.colours = colours }

    /// The first line.
    public func opening(_ options: ScenarioOptions) -> String {
        "Secure Proxy at \(colours.bold(options.address)), "
            + "wss port \(options.wssPort), https port \(options.httpsPort)\n\n"
    }

    /// The line that tells what is tried now.
    public func heading(_ scenario: Scenario) -> String {
        colours.bold("\(scenario.rawValue) \(scenario.name)") + ": \(scenario.title)\n"
    }

    /// What came of it.
    public func text(_ result: ScenarioResult) -> String {
        let verdict = result.passed ? colours.green("PASSED") : colours.red("FAILED")
        var lines = [
            "  at        \(result.url)",
            "  expected  \(result.expected)",
            "  seen      \(result.passed ? result.seen : colours.red(result.seen))",
        ]
        if let advice = result.advice { lines.append("  advice    \(colours.yellow(advice))") }
        lines.append("  \(verdict)    \(Printable.duration(result.duration))")
        return lines.joined(separator: "\n") + "\n\n"
    }

    /// The last line.
    public func closing(_ results: [ScenarioResult]) -> String {
        let failed = results.filter { !$0.passed }.map { "\($0.scenario.rawValue)" }
        let count = results.count == 1 ? "1 scenario" : "\(results.count) scenarios"
        if failed.isEmpty { return colours.green("\(count): all as expected") + "\n" }
        return colours.red("\(count): failed \(failed.joined(separator: ", "))") + "\n"
    }

    /// Everything as one JSON object on one line, for machines.
    public static func json(_ results: [ScenarioResult], _ options: ScenarioOptions) -> String {
        let scenarios = results.map { result -> JSONValue in
            var object = JSONObject()
            object["number"] = .integer(Int64(result.scenario.rawValue))
            object["name"] = .string(result.scenario.name)
            object["title"] = .string(result.scenario.title)
            object["url"] = .string(result.url)
            object["passed"] = .bool(result.passed)
            object["expected"] = .string(result.expected)
            object["seen"] = .string(result.seen)
            object["advice"] = result.advice.map { .string($0) } ?? .null
            object["milliseconds"] = .integer(result.duration.saturatedNanoseconds / 1_000_000)
            return .object(object)
        }
        var object = JSONObject()
        object["address"] = .string(options.address)
        object["wssPort"] = .integer(Int64(options.wssPort))
        object["httpsPort"] = .integer(Int64(options.httpsPort))
        object["passed"] = .bool(results.allSatisfy(\.passed))
        object["scenarios"] = .array(scenarios)
        return String(decoding: JSON.serialize(.object(object)), as: UTF8.self) + "\n"
    }
}
