internal import ArgumentParser
internal import BridgeClient

/// Carries standard input and output through the bridge.
struct ConnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect", abstract: "Carry standard input and output through the bridge, like netcat.")

    @Option(
        help: ArgumentHelp("How long the application must be quiet after the input's end.", valueName: "seconds"))
    var linger: Double = 1

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var tokens: TokenArguments

    func validate() throws {
        guard linger >= 0, linger <= 3_600 else { throw ValidationError("--linger must be 0 to 3600 seconds.") }
    }

    func run() throws {
        let options = BridgeOptions(try connection.endpoint(connection.wssPort))
        let source = try tokens.source(try connection.endpoint(connection.httpsPort))
        let summary: TunnelSummary
        do throws(ClientError) {
            summary = try StandardTunnel(options, tokens: source, linger: .seconds(linger))
                .run(runtime: try ClientRuntime())
        } catch {
            throw Failure(text: Output.problem(error))
        }
        if let problem = summary.problem { throw Failure(text: Output.problem(problem.text, problem.advice)) }
    }
}
