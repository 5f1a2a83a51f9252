// The operator's commands: each does its work, says what came of it, and answers an exit code.

/// The daemon's commands, for the executable.
public enum Commands {
    /// `secure-proxy run`: runs until a signal ends it.
    public static func run(settingsFile: String) -> ExitCode { Runner.run(settingsFile: settingsFile) }
}
