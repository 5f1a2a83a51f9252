// A daemon and the identity provider that it depends on, for stories about the provider's life.
import BridgeClient
import JSON
import MockServers
import System
import TLS
import TestSupport
import WebSocket

/// What a client at the bridge got.
enum Admission: Equatable, CustomStringConvertible {
    case admitted
    case refused(status: Int, retryAfter: String?, error: String?)

    var description: String {
        switch self {
        case .admitted: "admitted"
        case .refused(let status, let retryAfter, let error):
            "refused with \(status), Retry-After \(retryAfter ?? "none"), \(error ?? "no error named")"
        }
    }

    var status: Int {
        switch self {
        case .admitted: 101
        case .refused(let status, _, _): status
        }
    }
}

/// A provider, an echo application and a daemon whose key fetching has short times.
struct ProviderScene {
    let world: MockWorld
    let daemon: DaemonProcess

    var oauth: MockOAuthServer { world.oauth }

    /// - Parameters:
    ///   - adjust: the settings that differ.
    ///   - prepare: what becomes of the provider before the daemon starts.
    init(adjust: (inout DaemonSettings) -> Void = { _ in }, prepare: (MockOAuthServer) throws -> Void = { _ in }) throws
    {
        world = try MockWorld()
        var settings = DaemonSettings(
            discovery: world.oauth.url(.discovery), backendPort: try world.application().address.port)
        settings["oidc", "cooldown"] = "1s"
        settings["oidc", "fetchTimeout"] = "2s"
        adjust(&settings)
        try prepare(world.oauth)
        daemon = try DaemonProcess(settings)
    }

    /// Tries to open the bridge called `name` with `token`, and sends a word through where that works.
    func tryBridge(_ name: String = "wss", token: String) throws -> Admission {
        try Self.tryBridge(daemon.bridge(name, token: token))
    }

    static func tryBridge(_ options: BridgeOptions) throws -> Admission {
        let client = try BlockingBridgeClient(options)
        do throws(ClientError) {
            try client.connect()
            try client.send("word")
            guard try client.receive(exactly: 4) == Array("word".utf8) else {
                throw .unexpected("the echo is another word")
            }
            try client.close()
            return .admitted
        } catch {
            guard case .refused(let response) = error else { throw error }
            return .refused(
                status: response.status, retryAfter: response.field("Retry-After"),
                error: response.field("WWW-Authenticate").flatMap(Self.errorName))
        }
    }

    /// The `error` parameter of a challenge.
    private static func errorName(_ challenge: String) -> String? {
        guard let start = challenge.firstRange(of: "error=\"")?.upperBound else { return nil }
        return String(challenge[start...].prefix { $0 != "\"" })
    }

    /// Tries again until the client is admitted; the last answer where that never happens.
    func tryUntilAdmitted(token: String, within timeout: Duration = .seconds(20)) throws -> Admission {
        let deadline = Deadline(in: timeout)
        while true {
            let admission = try tryBridge(token: token)
            if admission == .admitted || deadline.hasPassed { return admission }
            deadline.pause(.milliseconds(50))
        }
    }

    /// Waits until the provider was asked for its keys so many times.
    func keysWereAskedFor(_ count: Int) -> Bool { oauth.waitForRequests(count, to: .jwks, within: .seconds(20)) }

    /// How often the provider was asked for its keys.
    var keyRequests: Int { oauth.requests(to: .jwks) }
}
