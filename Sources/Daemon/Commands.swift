// The operator's commands: each does its work, says what came of it, and answers an exit code. Those with more to them
// have files of their own: CheckCommand, TokenCheckCommand, JWSVerifyCommand, CertsCommand, ExplainCommand.

internal import Settings

/// The daemon's commands, for the executable.
public enum Commands {
    /// The version that `--version` tells.
    public static let version = "0.1.0"

    /// `secure-proxy run`: runs until a signal ends it.
    ///
    /// - Parameter workers: worker processes, in place of `proxyWorkerProcesses`.
    public static func run(settingsFile: String, workers: Int? = nil) -> ExitCode {
        let settings: Settings
        let text: [UInt8]
        switch SettingsFile.loadText(settingsFile) {
        case .success(let loaded): (text, settings) = loaded
        case .failure(let problem):
            Console.error(problem.description)
            return .usage
        }
        if settings.processCount(workers) == 0 { return Runner.run(settings) }
        do throws(PlanError) {
            return Master.run(
                settingsFile: settingsFile, workers: workers,
                plan: try GenerationPlan(text: text, settings: settings, workers: workers))
        } catch {
            Console.error(error.description)
            return error.exitCode
        }
    }
}
