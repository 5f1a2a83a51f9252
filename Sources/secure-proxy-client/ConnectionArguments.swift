internal import ArgumentParser
internal import BridgeClient
internal import System

/// Where the proxy is, and whom to believe. The second names are those of the AWS sample's client.
struct ConnectionArguments: ParsableArguments {
    @Option(
        name: [.long, .customLong("ec2-address"), .customLong("addr", withSingleDash: true)],
        help: "The proxy's host name or address.")
    var address = "127.0.0.1"

    @Option(
        name: [.customLong("wss-port"), .customLong("wssp", withSingleDash: true)],
        help: "The port of the bridge (wss://).")
    var wssPort: UInt16 = 10_000

    @Option(
        name: [.customLong("https-port"), .customLong("hssp", withSingleDash: true)],
        help: "The port of the OAuth front door (https://).")
    var httpsPort: UInt16 = 11_080

    @Option(
        help: ArgumentHelp(
            "Believe the PEM certificates in this file instead of the system's authorities.", valueName: "file"))
    var ca: String?

    @Flag(help: "Do not check the proxy's certificate. For your own machine only.")
    var insecure = false

    @Option(help: ArgumentHelp("The name in the proxy's certificate, where it is not the address.", valueName: "name"))
    var serverName: String?

    @Option(help: ArgumentHelp("The time for each connection and answer.", valueName: "seconds"))
    var timeout: Double = 20

    func validate() throws {
        if insecure, ca != nil { throw ValidationError("--ca and --insecure exclude each other.") }
        guard timeout > 0, timeout <= 86_400 else { throw ValidationError("--timeout must be above 0 seconds.") }
        if address.isEmpty { throw ValidationError("--address must not be empty.") }
    }

    /// Whom to believe.
    func trust() throws -> ServerTrust {
        if insecure { return .insecure }
        guard let ca else { return .system }
        do { return try ServerTrust.file(ca) } catch {
            throw ValidationError("--ca: \(error)")
        }
    }

    /// One of the proxy's ports.
    func endpoint(_ port: UInt16) throws -> ClientEndpoint {
        var endpoint = ClientEndpoint(host: address, port: port, serverName: serverName, trust: try trust())
        endpoint.connectTimeout = .seconds(timeout)
        return endpoint
    }
}
