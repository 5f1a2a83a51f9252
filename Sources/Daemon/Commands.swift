// The operator's commands: each does its work, says what came of it, and answers an exit code. Those with more to them
// have files of their own: CheckCommand, TokenCheckCommand, JWSVerifyCommand, CertsCommand, ExplainCommand.

/// The daemon's commands, for the executable.
public enum Commands {
    /// The version that `--version` tells.
    public static let version = "0.1.0"

    /// `secure-proxy run`: runs until a signal ends it.
    ///
    /// - Parameter workers: worker processes, in place of `proxyWorkerProcesses`.
    public static func run(settingsFile: String, workers: Int? = nil) -> ExitCode {
        Runner.run(settingsFile: settingsFile, workers: workers)
    }
}
