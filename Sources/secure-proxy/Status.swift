import ArgumentParser
import Daemon

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what the running daemon does.",
        discussion: """
            Asks the admin port that the settings name. Ends with 0 when the daemon is ready for connections, 1 when it \
            cannot be asked or is not ready, 2 when the settings cannot be read. A browser shows the same at the admin port, \
            with live numbers.
            """)

    @OptionGroup var settings: SettingsOption

    @Flag(help: "Print the status as a JSON object.")
    var json = false

    func run() throws {
        try Commands.status(settingsFile: settings.config, isJSON: json).exit()
    }
}
