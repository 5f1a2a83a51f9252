public import ArgumentParser
public import Daemon

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the running proxy take over its settings anew.",
        discussion: """
            The same as signal HUP, but waits for what comes of it. Settings that are wrong leave the running ones alone. \
            Ends with 0 when the new ones are in force, 1 when the proxy refused them or none runs, 2 when they can't be read.
            """)

    @OptionGroup var settings: SettingsOption

    func run() throws { try Commands.reload(settingsFile: settings.config).exit() }
}

struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End the running proxy.",
        discussion: """
            Waits until it is gone. Without --now, tunnels may end by themselves until limits.shutdownTimeout (signal QUIT); \
            with it, they are closed with 1001 at once (signal TERM). Ends with 0 when it is gone, otherwise with 1.
            """)

    @OptionGroup var settings: SettingsOption

    @Flag(help: "Close tunnels at once.")
    var now = false

    func run() throws { try Commands.stop(settingsFile: settings.config, gracefully: !now).exit() }
}

struct Reopen: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the running proxy open its log files anew, after they have been moved away.")

    @OptionGroup var settings: SettingsOption

    func run() throws { try Commands.reopen(settingsFile: settings.config).exit() }
}

/// What the master starts; not for people.
struct PlayRole: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "role", shouldDisplay: false)

    @Argument var role: Role

    func run() throws { try Commands.play(role).exit() }
}

extension Role: ExpressibleByArgument {}
