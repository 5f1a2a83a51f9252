/// What the client tries at a proxy.
public enum Scenario: Int, CaseIterable, Sendable {
    /// The OAuth server's configuration comes through the front door.
    case configuration = 1
    /// A token comes through the front door.
    case token = 2
    /// With a valid token, bytes go through the bridge to an echo application and back.
    case echo = 3
    /// With an invalid token, the bridge stays shut.
    case rejection = 4

    /// The name to choose it by.
    public var name: String {
        switch self {
        case .configuration: "configuration"
        case .token: "token"
        case .echo: "echo"
        case .rejection: "rejection"
        }
    }

    /// What it is about.
    public var title: String {
        switch self {
        case .configuration: "fetch the OAuth configuration through the front door"
        case .token: "obtain an access token through the front door"
        case .echo: "send data over a WebSocket with a valid token"
        case .rejection: "try a WebSocket with an invalid token"
        }
    }

    /// The scenarios that `text` lists by number or name, with commas between; nil where one is unknown or none is
    /// listed.
    public static func list(_ text: String) -> [Scenario]? {
        var chosen: [Scenario] = []
        for piece in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = piece.filter { $0 != " " }
            let found = allCases.first { $0.name == word || String($0.rawValue) == word }
            guard let found else { return nil }
            if !chosen.contains(found) { chosen.append(found) }
        }
        return chosen.sorted { $0.rawValue < $1.rawValue }
    }
}

/// What the scenarios need to know.
public struct ScenarioOptions: Sendable {
    /// The proxy's host name or address.
    public var address = "127.0.0.1"
    /// The bridge's port.
    public var wssPort: UInt16 = 10_000
    /// The front door's port.
    public var httpsPort: UInt16 = 11_080
    /// The name that the certificate must bear, where that is not ``address``.
    public var serverName: String?
    /// Whom to believe.
    public var trust = ServerTrust.system
    /// What is sent to the echo application, one message after the other.
    public var messages = ["hello", "through", "the", "bridge"]
    /// The status that an invalid token is to be refused with.
    public var rejection = 403
    /// How a token is asked for; nil: with a code that any mock server accepts.
    public var grant: TokenGrant?
    /// The time for each step: a connection, an answer, an echo.
    public var timeout: Duration = .seconds(20)
    /// For so long a scenario is tried again while the proxy doesn't answer yet.
    public var wait: Duration = .zero

    /// The defaults of a proxy on this machine.
    public init() {}

    /// The front door.
    var frontDoor: ClientEndpoint { endpoint(httpsPort) }
    /// The bridge.
    var bridge: ClientEndpoint { endpoint(wssPort) }

    private func endpoint(_ port: UInt16) -> ClientEndpoint {
        var endpoint = ClientEndpoint(host: address, port: port, serverName: serverName, trust: trust)
        endpoint.connectTimeout = timeout
        return endpoint
    }
}

/// What a scenario came to.
public struct ScenarioResult: Sendable {
    /// Which one.
    public var scenario: Scenario
    /// Whether what was seen is what was expected.
    public var passed: Bool
    /// The URL that it is about.
    public var url: String
    /// What should happen.
    public var expected: String
    /// What happened.
    public var seen: String
    /// What to do about it, where it failed and that can be said.
    public var advice: String?
    /// How long it took.
    public var duration: Duration
}
