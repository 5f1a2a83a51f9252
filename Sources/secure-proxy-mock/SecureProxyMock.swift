import ArgumentParser
import MockServers
import Reactor
import Settings
import System

/// `secure-proxy-mock`: the servers that the proxy stands in front of, for demos and tests.
@main
struct SecureProxyMock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secure-proxy-mock",
        abstract: "A TCP echo application and a mock OAuth 2.0 / OpenID Connect server, for demos and tests only.",
        discussion: """
            Both run in this process until SIGTERM or SIGINT. The OAuth server lets everybody in and has the paths, \
            tokens and defaults of navikt/mock-oauth2-server; POST /mock/rotate, /mock/knobs, /mock/fault, /mock/token \
            and /mock/reset change its behaviour, GET /mock/requests counts.
            """)

    @Option(
        help: "Port of the TCP echo application; 0 takes any free one. (default: 9000, or the settings' tcpServerPort)")
    var tcpPort: UInt16?

    @Option(help: "Port of the OAuth server; 0 takes any free one. (default: 10080, or the settings' oAuthServerPort)")
    var oauthPort: UInt16?

    @Option(help: "Address to listen at.")
    var address = "127.0.0.1"

    @Option(help: "Settings file; its section mockServers gives the ports that no option gives.")
    var config: String?

    /// Starts the program. Bad usage and bad settings end it with 2, other failures with 1.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch  where exitCode(for: error) == .validationFailure {
            report(fullMessage(for: error))
            exit(withError: ExitCode(2))
        } catch {
            exit(withError: error)
        }
    }

    func run() throws {
        // Before the host's thread is there, so that it inherits the mask.
        let signals = try SignalSource([.terminate, .interrupt])
        _ = try? ThisProcess.raiseDescriptorLimit()
        let ports = try configuredPorts()
        let host = try MockHost()
        let application: TCPApplication
        let server: MockOAuthServer
        do {
            application = try TCPApplication(
                .echo, on: host, address: try socketAddress(tcpPort ?? ports.tcpServerPort))
            server = try MockOAuthServer(
                on: host, address: try socketAddress(oauthPort ?? ports.oauthServerPort), hasControlPath: true)
        } catch let error as SystemError {
            Self.report("secure-proxy-mock: \(error)")
            throw ExitCode(1)
        }
        try Self.announce("tcp echo application on \(application.address)")
        try Self.announce("mock oauth server on \(server.address), issuer \(server.issuer())")
        try SignalWait(signals).run()
        application.stop()
        server.stop()
        host.stop()
    }

    private func configuredPorts() throws -> MockServerSettings {
        guard let config else { return MockServerSettings() }
        do {
            return try Settings.load(text: try File.read(config), file: config).mockServers
        } catch {
            Self.report("\(error)")
            throw ExitCode(2)
        }
    }

    private func socketAddress(_ port: UInt16) throws -> SocketAddress {
        guard let address = SocketAddress(literal: address, port: port) else {
            throw ValidationError("--address: \"\(address)\" is no IP address; write one such as 127.0.0.1 or ::1")
        }
        return address
    }

    /// Writes at once, also into a pipe: scripts wait for these lines.
    private static func announce(_ line: String) throws {
        try File.writeAll(Array("\(line)\n".utf8), to: 1, named: "standard output")
    }

    private static func report(_ message: String) {
        try? File.writeAll(Array("\(message)\n".utf8), to: 2)
    }
}

/// Lets the main thread wait for the signal that ends the program.
private final class SignalWait: EventSource {
    private let signals: SignalSource
    private let loop: EventLoop

    init(_ signals: SignalSource) throws(SystemError) {
        self.signals = signals
        loop = try EventLoop()
        _ = try loop.registerLevel(signals.number, .readable, source: self, role: 0)
    }

    func run() throws(SystemError) { try loop.run() }

    func ready(_ readiness: Readiness, role: UInt8) {
        if signals.next() != nil { loop.stop() }
    }
}
