internal import ArgumentParser
internal import BridgeClient
internal import System

/// Carries TCP connections through the bridge.
struct TunnelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tunnel", abstract: "Let TCP programs use the bridge: each connection becomes a WebSocket.",
        discussion: """
            A program that knows nothing of WebSockets connects to --listen and reaches the application behind the \
            proxy. A WebSocket cannot end one direction only: when a program has finished sending, the tunnel waits \
            until the application has been quiet for --linger seconds, and then closes.
            """)

    @Option(help: ArgumentHelp("Where to listen: port, or address:port.", valueName: "address"))
    var listen: String

    @Option(
        help: ArgumentHelp("How long the application must be quiet after a program has finished.", valueName: "seconds")
    )
    var linger: Double = 1

    @Flag(help: "Say nothing about connections that went well.")
    var quiet = false

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var tokens: TokenArguments

    func validate() throws {
        guard Self.address(listen) != nil else {
            throw ValidationError("--listen: expected a port or address:port, such as 127.0.0.1:5900 or [::1]:5900.")
        }
        guard linger >= 0, linger <= 3_600 else { throw ValidationError("--linger must be 0 to 3600 seconds.") }
    }

    func run() throws {
        guard let address = Self.address(listen) else { return }
        let options = BridgeOptions(try connection.endpoint(connection.wssPort))
        let source = try tokens.source(try connection.endpoint(connection.httpsPort))
        do {
            let runtime = try ClientRuntime()
            let listener = try TunnelListener(
                at: address, options: options, tokens: source, linger: .seconds(linger), runtime: runtime, event: tell)
            Output.error("listening at \(listener.address), carrying to wss://\(options.endpoint)\n")
            if !address.isLoopback {
                Output.error("warning: whoever reaches this address uses your token\n")
            }
            try withExtendedLifetime(listener) { () throws(ClientError) in try runtime.run() }
        } catch let error as ClientError {
            throw Failure(text: Output.problem(error))
        } catch {
            throw Failure(text: Output.problem("\(error)", "Is the address this machine's, and the port free?"))
        }
    }

    private func tell(_ event: TunnelEvent) {
        switch event {
        case .accepted(let number, let peer): if !quiet { Output.error("\(number): from \(peer)\n") }
        case .failed(let number, let error): Output.error("\(number): " + Output.problem(error))
        case .acceptFailed(let error): Output.error(Output.problem(error.description, nil))
        case .ended(let number, let summary):
            if let problem = summary.problem {
                Output.error("\(number): " + Output.problem(problem.text, problem.advice))
            } else if !quiet {
                Output.error("\(number): ended, \(summary.sent) bytes sent, \(summary.received) received\n")
            }
        }
    }

    /// The address that `text` spells; a port alone means 127.0.0.1.
    static func address(_ text: String) -> SocketAddress? {
        let colon = text.lastIndex(of: ":")
        guard let port = UInt16(text[(colon.map { text.index(after: $0) } ?? text.startIndex)...]) else { return nil }
        var host = colon.map { String(text[..<$0]) } ?? "127.0.0.1"
        if host == "localhost" { host = "127.0.0.1" }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        return SocketAddress(literal: host, port: port)
    }
}
