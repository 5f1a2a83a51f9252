import ArgumentParser
import Daemon

struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at tokens.", subcommands: [TokenCheck.self])
}

struct TokenCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tell whether a token would be let in, claim by claim, in words.",
        discussion: """
            The token is read from standard input, unless --file names another place. Ends with 0 when it would be let in, 1 \
            when not or when its signature could not be checked, 2 for bad usage. The token itself is never printed.
            """)

    @OptionGroup var settings: SettingsOption

    @Option(help: "The listener whose policy counts. (default: the first one that asks for tokens)")
    var listener: String?

    @Option(help: "A file with the provider's keys (a JWK Set), instead of asking the provider.")
    var keys: String?

    @Flag(help: "Ask nobody: look at the claims only. The signature stays unchecked.")
    var offline = false

    @Option(help: "The file that the token is in.")
    var file: String?

    @Flag(help: "Answer with a JSON object.")
    var json = false

    @Argument(
        help: """
            The token itself, or - for standard input. Better not: the shell's history and other users of the machine see \
            what is on a command line.
            """)
    var token: String?

    func validate() throws {
        if offline, keys != nil { throw ValidationError("--offline and --keys exclude each other") }
        if file != nil, token != nil {
            throw ValidationError("the token is given twice: on the command line and with --file")
        }
    }

    func run() throws {
        var options = TokenCheckOptions(settingsFile: settings.config, listener: listener, isJSON: json)
        if let file { options.token = .file(file) }
        if let token, token != "-" { options.token = .argument(token) }
        if let keys { options.keys = .file(keys) }
        if offline { options.keys = .none }
        try Commands.checkToken(options).exit()
    }
}
