internal import Bytes
public import JSON
public import System
public import TLS

/// A mock OAuth 2.0 / OpenID Connect server on a socket: what mock-oauth2-server is to others, with knobs for tests.
///
/// Lives on a ``MockHost``; may be asked and told things from any thread. Stops when it is released. Every issuer id works without setup; this
/// type's methods mean `awsexample` unless told otherwise.
public final class MockOAuthServer: Sendable {
    /// The issuer id that clients of the proxy use by default.
    public static let defaultIssuerID = "awsexample"

    /// The sockets' side, for counting connections.
    public let http: MockHTTPServer
    /// The address that in-process tests and minted tokens use: `http://127.0.0.1:port`.
    public let baseAddress: String
    private let provider: Monitor<MockOAuthProvider>

    /// Starts to listen at `address`.
    ///
    /// - Parameter tls: how to do TLS; nil: plain HTTP.
    /// - Parameter hostName: what clients call this machine, for ``baseAddress``; nil: the address.
    /// - Parameter hasControlPath: whether `/mock/…` turns the knobs over HTTP, for those in other processes.
    public init(
        on host: MockHost, address: SocketAddress = .anyLoopbackPort, tls: TLSContext? = nil,
        hostName: String? = nil, hasControlPath: Bool = false
    ) throws(SystemError) {
        let provider = Monitor(MockOAuthProvider(hasControlPath: hasControlPath))
        let http = try MockHTTPServer(on: host, address: address, tls: tls) { request in
            provider.with { $0.answer(request, now: Clock.unix) }
        }
        self.http = http
        self.provider = provider
        let authority = hostName.map { "\($0):\(http.address.port)" } ?? http.address.description
        baseAddress = "\(tls == nil ? "http" : "https")://\(authority)"
    }

    /// Where it listens.
    public var address: SocketAddress { http.address }

    /// The issuer `id` as clients see it that come by ``baseAddress``.
    public func issuer(_ id: String = defaultIssuerID) -> String { "\(baseAddress)/\(id)" }

    /// The address of an issuer's endpoint.
    public func url(_ endpoint: OAuthEndpoint, of id: String = defaultIssuerID) -> String {
        "\(issuer(id))/\(endpoint.rawValue)"
    }

    // MARK: Knobs

    /// The knobs of tokens and documents.
    public var knobs: MockOAuthKnobs { provider.with { $0.knobs } }

    /// Turns knobs.
    public func adjust(_ change: (inout MockOAuthKnobs) -> Void) { provider.with { change(&$0.knobs) } }

    /// Makes `endpoint` fail; nil: every endpoint without a fault of its own.
    public func fail(_ endpoint: OAuthEndpoint? = nil, with fault: MockOAuthFault) {
        provider.with { $0.faults[endpoint] = fault }
    }

    /// Ends all faults.
    public func heal() { provider.with { $0.faults = [:] } }

    /// Puts a new key in the place of the current one and answers its id.
    ///
    /// - Parameter keepsKeyID: whether the new key takes over the old one's id, as when mock-oauth2-server restarts.
    /// - Parameter keepsOld: whether the old key stays published.
    /// - Parameter key: the new key, whose algorithm tokens are signed with from now on.
    @discardableResult
    public func rotateKeys(
        of id: String = defaultIssuerID, to key: SigningKey = SigningKey(), keepsKeyID: Bool = false,
        keepsOld: Bool = false
    ) -> String {
        provider.with { provider in
            provider.rotateKeys(of: id, key: key, keepsKeyID: keepsKeyID, keepsOld: keepsOld)
            return provider.keys(of: id).current.keyID
        }
    }

    /// The key that signs an issuer's tokens now, and its id.
    public func signingKey(of id: String = defaultIssuerID) -> (key: SigningKey, keyID: String) {
        let current = provider.with { $0.keys(of: id).current }
        return (current.key, current.keyID)
    }

    /// The key set that an issuer publishes.
    public func publishedKeys(of id: String = defaultIssuerID) -> JSONValue {
        provider.with { $0.keys(of: id).publicSet }
    }

    // MARK: Tokens

    /// A token as the token endpoint makes them (client credentials of `client`), with changes.
    ///
    /// - Parameters:
    ///   - claims: an object: its members are put in, or in the place of others; `nil` takes one out.
    ///   - header: the same for header parameters. The signature stays that of `algorithm`.
    ///   - lifetime: seconds from now to `exp`, instead of the knob's; negative: expired.
    ///   - key: signs instead of the issuer's key, for example a stranger's; the header's `kid` stays the issuer's.
    ///   - algorithm: what it is signed with; nil: the key's own.
    public func mintToken(
        claims: JSONValue = [:], header: JSONValue = [:], issuer id: String = defaultIssuerID,
        client: String = "client", lifetime: Int64? = nil, key: SigningKey? = nil, algorithm: SigningAlgorithm? = nil
    ) -> String {
        let (knobs, current) = provider.with { ($0.knobs, $0.keys(of: id).current) }
        var adjusted = knobs
        if let lifetime { adjusted.tokenLifetime = lifetime }
        let mint = TokenMint(knobs: adjusted, now: Clock.unix)
        let made = mint.claims(
            issuer: issuer(id), issuerID: id, subject: client, audience: ["default"], client: client)
        return mint.token(
            claims: TokenMint.overridden(made, by: claims.object ?? JSONObject()),
            header: header.object ?? JSONObject(),
            key: IssuerKeys.Named(keyID: current.keyID, key: key ?? current.key), algorithm: algorithm)
    }

    // MARK: Counters

    /// How many requests an endpoint received since the start or ``forgetRequests()``, failed ones included.
    public func requests(to endpoint: OAuthEndpoint, of id: String = defaultIssuerID) -> Int {
        requests(toPath: "/\(id)/\(endpoint.rawValue)")
    }

    /// How many requests a path received, whatever their query.
    public func requests(toPath path: String) -> Int { provider.with { $0.requestCounts[path] ?? 0 } }

    /// Waits until an endpoint received so many requests, at most for `timeout`, and answers whether it has.
    public func waitForRequests(
        _ count: Int, to endpoint: OAuthEndpoint, of id: String = defaultIssuerID,
        within timeout: Duration = .seconds(10)
    ) -> Bool {
        provider.wait(timeout) { ($0.requestCounts["/\(id)/\(endpoint.rawValue)"] ?? 0) >= count }
    }

    /// The last requests received (a hundred at most), oldest first; bodies are cut at 64 KiB.
    public var lastRequests: [MockRequest] { provider.with { $0.requests } }

    /// Sets the counters back.
    public func forgetRequests() { provider.with { $0.forgetRequests() } }

    // MARK: Up and down

    /// Refuses connections, and drops those there are: the provider is down.
    public func goDown() {
        http.stopListening()
        http.closeConnections()
    }

    /// Listens again at the same address.
    public func comeBack() throws(SystemError) { try http.listenAgain() }

    /// Stops for good.
    public func stop() { http.stop() }
}
