import ArgumentParser
import Daemon

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Test the settings without starting anything.",
        discussion: """
            Reads the settings and the files they name, and tries the log directory and the ports. Ends with 0 when the proxy \
            could start, 2 when something is wrong, 1 when only a connection asked for with --connect failed. A port in use \
            is a warning: the proxy itself may be running.
            """)

    @OptionGroup var settings: SettingsOption

    @Flag(help: "Leave ports alone.")
    var offline = false

    @Flag(help: "Also connect to every backend, and fetch the provider's configuration and keys.")
    var connect = false

    func validate() throws {
        if offline, connect { throw ValidationError("--offline and --connect exclude each other") }
    }

    func run() throws {
        try Commands.check(
            CheckOptions(settingsFile: settings.config, offline: offline, connects: connect)
        ).exit()
    }
}
