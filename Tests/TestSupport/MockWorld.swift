public import JSON
public import MockServers
internal import Synchronization
internal import System

/// Everything around a daemon under test: a thread of mocks, an OAuth server, and the TCP applications asked for.
public final class MockWorld: Sendable {
    /// The thread that the mocks live on.
    public let host: MockHost
    /// The identity provider.
    public let oauth: MockOAuthServer
    /// An application ends when nobody holds it: this world does.
    private let applications = Mutex<[TCPApplication]>([])

    /// A provider and no application yet.
    public init() throws {
        host = try MockHost()
        oauth = try MockOAuthServer(on: host)
        // Made now: on a busy machine it takes seconds, which the first fetch of the keys would time out on.
        _ = oauth.signingKey()
    }

    deinit { host.stop() }

    /// A TCP application at a port of the kernel's choice, for as long as this world lasts.
    public func application(_ behaviour: TCPBehaviour = .echo) throws -> TCPApplication {
        let application = try TCPApplication(behaviour, on: host)
        applications.withLock { $0.append(application) }
        return application
    }

    /// Settings of a daemon before `application` that believes this world's provider.
    public func settings(for application: TCPApplication) -> DaemonSettings {
        DaemonSettings(discovery: oauth.url(.discovery), backendPort: application.address.port)
    }

    /// A token that the daemon lets in.
    public func token(claims: JSONValue = [:], lifetime: Int64? = nil) -> String {
        oauth.mintToken(claims: claims, lifetime: lifetime)
    }
}

extension DaemonSettings {
    /// Adds a bridge called `name` to `application`.
    public mutating func addBridge(_ name: String, to application: TCPApplication, entry: JSONObject = [:]) {
        addBridge(name, port: application.address.port, entry: entry)
    }
}
