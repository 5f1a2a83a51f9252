import ArgumentParser
import Daemon

/// The daemon and its operator's commands: arguments in, one call, exit code out.
@main
struct SecureProxy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secure-proxy",
        abstract: "Puts a TCP application on the web: WSS to raw TCP, gated by JSON Web Tokens.",
        discussion: """
            Without a subcommand it runs with ./proxy.json. "secure-proxy explain" tells what the daemon answers and why, \
            and what its signals, files and exit codes are.
            """,
        version: Commands.version,
        subcommands: [
            Run.self, Check.self, Reload.self, Reopen.self, Stop.self, Status.self, Token.self, JWS.self, Certs.self,
            Explain.self, PlayRole.self,
        ],
        defaultSubcommand: Run.self)

    /// Starts the program. Bad usage ends it with 2, as bad settings do.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch  where exitCode(for: error) == .validationFailure {
            Console.error(fullMessage(for: error))
            exit(withError: ArgumentParser.ExitCode(Daemon.ExitCode.usage.rawValue))
        } catch {
            exit(withError: error)
        }
    }
}

/// Where the settings are.
struct SettingsOption: ParsableArguments {
    @Option(name: [.customLong("config"), .customShort("c")], help: "The settings file.")
    var config = "proxy.json"
}

extension Daemon.ExitCode {
    /// Ends the program with this code.
    func exit() throws { throw ArgumentParser.ExitCode(rawValue) }
}

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the proxy until a signal ends it.",
        discussion: """
            TERM and INT stop it at once, QUIT lets tunnels end by themselves, HUP reloads, USR1 reopens the logs, USR2 \
            replaces the binary ("secure-proxy explain signals"). Ends with 0 when all tunnels have ended, 1 when some had to be cut or it failed, 2 for bad settings.
            """)

    @OptionGroup var settings: SettingsOption

    @Option(
        help: "Worker processes, in place of proxyWorkerProcesses; 0 runs everything in one process.")
    var workers: Int?

    func validate() throws {
        guard let workers, !(0...1024).contains(workers) else { return }
        throw ValidationError("--workers: \(workers) is not from 0 to 1024")
    }

    func run() throws {
        try Commands.run(settingsFile: settings.config, workers: workers).exit()
    }
}
