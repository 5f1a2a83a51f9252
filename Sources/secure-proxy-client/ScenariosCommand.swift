internal import ArgumentParser
internal import BridgeClient

/// Runs the scenarios.
struct ScenariosCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenarios", abstract: "Run the four scenarios against a proxy (the default).",
        discussion: """
            1 configuration  the OAuth configuration comes through the front door
            2 token          an access token comes through the front door
            3 echo           with a valid token, data goes to an echo application and back
            4 rejection      with an invalid token, the bridge answers 403
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var client: ClientArguments

    @Option(help: ArgumentHelp("Run these only, by number or name, such as 1,3.", valueName: "scenarios"))
    var only: String?

    @Option(help: ArgumentHelp("Send this instead of the usual messages; may be repeated.", valueName: "text"))
    var message: [String] = []

    @Option(help: ArgumentHelp("The status expected for an invalid token: 403 or 401.", valueName: "status"))
    var expectReject = 403

    @Option(help: ArgumentHelp("Try again for so long while the proxy does not answer yet.", valueName: "seconds"))
    var wait: Double = 0

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        guard [401, 403].contains(expectReject) else { throw ValidationError("--expect-reject must be 403 or 401.") }
        guard wait >= 0, wait <= 86_400 else { throw ValidationError("--wait must be 0 to 86400 seconds.") }
        if let only, Scenario.list(only) == nil {
            let names = Scenario.allCases.map { "\($0.rawValue) or \($0.name)" }.joined(separator: ", ")
            throw ValidationError("--only: expected a list of these: \(names).")
        }
    }

    func run() throws {
        var options = ScenarioOptions()
        options.address = connection.address
        options.wssPort = connection.wssPort
        options.httpsPort = connection.httpsPort
        options.serverName = connection.serverName
        options.trust = try connection.trust()
        options.timeout = .seconds(connection.timeout)
        options.wait = .seconds(wait)
        options.rejection = expectReject
        options.grant = try client.grant()
        if !message.isEmpty { options.messages = message }

        let results: [ScenarioResult]
        do throws(ClientError) {
            results = try run(only.flatMap(Scenario.list) ?? Scenario.allCases, options)
        } catch {
            throw Failure(text: Output.problem(error))
        }
        if json { Output.print(ScenarioReport.json(results, options)) }
        if !results.allSatisfy(\.passed) { throw ExitCode(1) }
    }

    private func run(_ scenarios: [Scenario], _ options: ScenarioOptions) throws(ClientError) -> [ScenarioResult] {
        let report = ScenarioReport(colours: TerminalColours(for: 1))
        let runner = try ScenarioRunner(options)
        var results: [ScenarioResult] = []
        if !json { Output.print(report.opening(options)) }
        for scenario in scenarios {
            if !json { Output.print(report.heading(scenario)) }
            var hasTold = false
            let result = runner.run(scenario) { error in
                guard !hasTold else { return }
                hasTold = true
                Output.error("  waiting: \(error)\n")
            }
            results.append(result)
            if !json { Output.print(report.text(result)) }
        }
        if !json { Output.print(report.closing(results)) }
        return results
    }
}
