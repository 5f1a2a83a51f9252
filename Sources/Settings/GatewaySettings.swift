internal import JSON

/// An address of the provider that its configuration (discovery) can tell.
public enum ProviderEndpoint: Equatable, Sendable {
    /// The configuration itself.
    case configuration
    /// `token_endpoint`.
    case token
    /// `authorization_endpoint`.
    case authorization
}

/// A path of the OAuth front door and where its requests go.
public struct GatewayRoute: Equatable, Sendable {
    /// The path that clients ask for, such as `/token`; compared whole.
    public var path: String
    /// The path at the upstream. For a route that the file doesn't set it follows from `oidc.discovery`; nil when that
    /// doesn't tell and the discovered ``endpoint`` has to.
    public var upstreamPath: String?
    /// Which of the provider's addresses it stands for; nil for a route that the file sets.
    public var endpoint: ProviderEndpoint?

    /// A route.
    public init(path: String, upstreamPath: String?, endpoint: ProviderEndpoint? = nil) {
        self.path = path
        self.upstreamPath = upstreamPath
        self.endpoint = endpoint
    }
}

/// The section `gateway`: the OAuth front door, and what reverse proxying in general does.
public struct GatewaySettings: Equatable, Sendable {
    /// `upstream`: scheme, host and port of the OAuth server; default those of `oidc.discovery`.
    public var upstream: WebAddress?
    /// `routes`: paths and where they go. `/configuration`, `/token` and `/authorize` are there unless set to false.
    public var routes: [GatewayRoute] = []
    /// `forwardedHeaders`: whether X-Forwarded-For, -Proto, -Host and -Port are added, default false.
    public var forwardedHeaders = false
    /// `preserveHost`: whether the upstream sees the client's Host instead of its own, default false.
    public var preserveHost = false
    /// `connectTimeout`: to resolve and reach the upstream, default 10 s.
    public var connectTimeout = Defaults.upstreamConnectTimeout
    /// `readTimeout`: how long the upstream may be silent while its answer is awaited, default 60 s.
    public var readTimeout = Defaults.readTimeout
    /// `sendTimeout`: how long pending output may make no progress, default 60 s.
    public var sendTimeout = Defaults.sendTimeout
    /// `idleTimeout`: how long an idle connection to the upstream is kept, default 30 s; nil: not at all.
    public var idleTimeout: Duration? = Defaults.upstreamIdleTimeout
    /// `maxRequestBody`: the largest request body in bytes, default 1 MiB.
    public var maxRequestBody = Defaults.maxRequestBody
    /// `ca`: the file with the authorities that the upstream's certificate is verified with; nil: `oidc.ca`, or the
    /// system's.
    public var ca: String?
    /// `certificate`: the file with the certificate shown to the upstream; nil: none.
    public var certificate: String?
    /// `key`: the file with its key.
    public var key: String?

    /// The defaults; without upstream and routes.
    public init() {}

    /// Takes from the provider's settings what follows from them.
    mutating func inherit(_ oidc: OIDCSettings) {
        upstream = oidc.discovery.flatMap { WebAddress($0.origin) }
        ca = oidc.ca
        // The provider's own paths are those next to its configuration; a query belongs to the configuration alone.
        let configuration = oidc.discovery?.target
        let suffix = "/.well-known/openid-configuration"
        let base = configuration.flatMap { $0.hasSuffix(suffix) ? String($0.dropLast(suffix.count)) : nil }
        routes = [
            GatewayRoute(path: "/configuration", upstreamPath: configuration, endpoint: .configuration),
            GatewayRoute(path: "/token", upstreamPath: base.map { $0 + "/token" }, endpoint: .token),
            GatewayRoute(path: "/authorize", upstreamPath: base.map { $0 + "/authorize" }, endpoint: .authorization),
        ]
    }

    mutating func read(_ section: Section, _ directory: String) {
        section.webAddress("upstream", &upstream, originOnly: true)
        readRoutes(section)
        section.flag("forwardedHeaders", &forwardedHeaders)
        section.flag("preserveHost", &preserveHost)
        section.duration("connectTimeout", &connectTimeout, in: Limits.timeout)
        section.duration("readTimeout", &readTimeout, in: Limits.timeout)
        section.duration("sendTimeout", &sendTimeout, in: Limits.timeout)
        section.duration("idleTimeout", &idleTimeout, in: Limits.timeout, zero: "a new connection for each request")
        section.size("maxRequestBody", &maxRequestBody, in: 0...1 << 40)
        section.file("ca", &ca, from: directory)
        section.file("certificate", &certificate, from: directory)
        section.key("key", &key, from: directory)
        section.checkPair("certificate", certificate, "key", key)
    }

    private mutating func readRoutes(_ section: Section) {
        var routes = routes
        section.table("routes") { path, value, place in
            guard Self.isPath(path) else {
                section.report.problem(
                    place, "\(Section.quoted(.string(path))) is not a path",
                    remedy: "write one that starts with / and has no query, such as \"/token\"", part: .key)
                return
            }
            routes.removeAll { $0.path == path }
            switch value {
            case .bool(false): break
            case .string(let target) where target.hasPrefix("/") && WebAddress("http://upstream" + target) != nil:
                routes.append(GatewayRoute(path: path, upstreamPath: target))
            default:
                section.report.problem(
                    place, "\(Section.quoted(value)) is not a path of the upstream",
                    remedy: "write one that starts with /, such as \"/oauth2/token\", or false to close the route")
            }
        }
        self.routes = routes
    }

    private static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/") && !text.contains("?") && WebAddress("http://upstream" + text) != nil
    }
}
