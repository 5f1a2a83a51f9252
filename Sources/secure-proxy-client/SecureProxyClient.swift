internal import ArgumentParser
internal import Glibc
internal import System

/// The program: scenarios by default.
@main
struct SecureProxyClient: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secure-proxy-client",
        abstract: "Tries a Secure Proxy, or carries TCP through it.",
        discussion: """
            Without a subcommand four scenarios are run against the proxy, and the exit code says whether it behaves \
            as expected: 0 yes, 1 no, 2 for bad usage.
            """,
        subcommands: [ScenariosCommand.self, TunnelCommand.self, ConnectCommand.self],
        defaultSubcommand: ScenariosCommand.self)

    static func main() {
        SignalSource.ignoreBrokenPipe()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            Output.error(failure.text)
            Glibc.exit(1)
        } catch {
            // The parser's own code for bad usage is 64; this product's programs answer 2.
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Output.error(fullMessage(for: error) + "\n")
            Glibc.exit(2)
        }
    }
}

/// Something went wrong that was not the user's fault; ends the program with exit code 1.
struct Failure: Error {
    /// What to tell.
    var text: String
}
