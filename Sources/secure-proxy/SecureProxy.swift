import ArgumentParser
import Daemon

/// The daemon and its operator's commands: arguments in, one call, exit code out.
@main
struct SecureProxy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secure-proxy",
        abstract: "Puts a TCP application on the web: WSS to raw TCP, gated by JSON Web Tokens.",
        discussion: "Without a subcommand it runs with ./proxy.json.",
        subcommands: [Run.self],
        defaultSubcommand: Run.self)
}

/// Where the settings are.
struct SettingsOption: ParsableArguments {
    @Option(name: [.customLong("config"), .customShort("c")], help: "The settings file.")
    var config = "proxy.json"
}

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the proxy until a signal ends it.")

    @OptionGroup var settings: SettingsOption

    @Option(help: "Worker processes; 0 runs master and worker in one process. Overrides the settings.")
    var workers: Int?

    func run() throws {
        throw ArgumentParser.ExitCode(Commands.run(settingsFile: settings.config).rawValue)
    }
}
