public import BridgeClient
public import MockServers
internal import System

/// A daemon with the applications of one suite behind it: one bridge for each, by name.
public final class Stage: Sendable {
    /// The mocks.
    public let world: MockWorld
    /// The daemon.
    public let daemon: DaemonProcess
    /// A token that every bridge of this stage takes, unless its settings ask for more.
    public let token: String
    private let applications: [String: TCPApplication]

    /// Starts the applications and the daemon. There is always `wss`, by default an echo.
    public init(
        _ behaviours: [String: TCPBehaviour] = [:], in world: MockWorld? = nil,
        adjust: (inout DaemonSettings) -> Void = { _ in }
    ) throws {
        let world = try world ?? MockWorld()
        var applications = ["wss": try world.application(behaviours["wss"] ?? .echo)]
        var settings = DaemonSettings(
            discovery: world.oauth.url(.discovery), backendPort: applications["wss"]?.address.port ?? 0)
        for (name, behaviour) in behaviours where name != "wss" {
            let application = try world.application(behaviour)
            applications[name] = application
            settings.addBridge(name, to: application)
        }
        adjust(&settings)
        daemon = try DaemonProcess(settings)
        (self.world, self.applications, token) = (world, applications, world.token())
    }

    /// The application behind the bridge called `name`.
    public func application(_ name: String = "wss") throws -> TCPApplication {
        guard let application = applications[name] else { throw HarnessError("no application is called \(name)") }
        return application
    }

    /// How a client opens a WebSocket at the bridge called `name`, with a good token.
    public func options(_ name: String = "wss") -> BridgeOptions { daemon.bridge(name, token: token) }

    /// A client with an open WebSocket at the bridge called `name`.
    public func connect(_ name: String = "wss", runtime: ClientRuntime? = nil) throws -> BlockingBridgeClient {
        try BlockingBridgeClient(connecting: options(name), runtime: runtime)
    }
}
