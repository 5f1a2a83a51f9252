internal import Bytes
internal import HTTP1
internal import JSON
internal import System
internal import WebSocket

/// Runs scenarios one after the other in the calling thread. Each stands alone: it fetches what it needs.
public final class ScenarioRunner {
    /// A token that no proxy accepts: it is no JWT at all.
    public static let invalidToken = "not-a-token-0123456789"
    /// The pause between two tries while the proxy doesn't answer yet.
    private static let retryPause: Duration = .milliseconds(250)

    private let options: ScenarioOptions
    private let runtime: ClientRuntime
    private let waitDeadline: MonotonicTime

    /// A runner whose waiting time (``ScenarioOptions/wait``) begins now.
    public init(_ options: ScenarioOptions) throws(ClientError) {
        self.options = options
        runtime = try ClientRuntime()
        waitDeadline = Clock.monotonic + options.wait
    }

    /// Runs `scenario`, again and again while the proxy doesn't answer yet and there is time left to wait.
    ///
    /// - Parameter retrying: is told of each failure that is going to be tried again.
    public func run(_ scenario: Scenario, retrying: (ClientError) -> Void = { _ in }) -> ScenarioResult {
        while true {
            let started = Clock.monotonic
            var result = ScenarioResult(
                scenario: scenario, passed: true, url: url(of: scenario), expected: expectation(of: scenario), seen: "",
                duration: .zero)
            do throws(ClientError) {
                result.seen = try attempt(scenario)
            } catch {
                if error.mayPass, Clock.monotonic + Self.retryPause < waitDeadline {
                    retrying(error)
                    let pause = Clock.monotonic + Self.retryPause
                    if (try? runtime.run(until: { false }, deadline: pause)) != nil { continue }
                }
                result.passed = false
                result.seen = error.description
                result.advice = error.advice
            }
            result.duration = Clock.monotonic - started
            return result
        }
    }

    private func url(of scenario: Scenario) -> String {
        switch scenario {
        case .configuration: "https://\(options.frontDoor)/configuration"
        case .token: "https://\(options.frontDoor)/token"
        case .echo, .rejection: "wss://\(options.bridge)/"
        }
    }

    private func expectation(of scenario: Scenario) -> String {
        switch scenario {
        case .configuration: "200 and an OpenID Connect configuration"
        case .token: "200 and an access token"
        case .echo: "101 with subprotocol binary, every message echoed, Close 1000"
        case .rejection: "\(options.rejection) instead of 101"
        }
    }

    /// Answers what was seen where that is as expected, and throws what was seen otherwise.
    private func attempt(_ scenario: Scenario) throws(ClientError) -> String {
        switch scenario {
        case .configuration: try configuration()
        case .token: try token()
        case .echo: try echo()
        case .rejection: try rejection()
        }
    }

    private func frontDoor() throws(ClientError) -> OAuthFrontDoor {
        OAuthFrontDoor(try HTTPSClient(options.frontDoor, runtime: runtime), timeout: options.timeout)
    }

    private func configuration() throws(ClientError) -> String {
        let configuration = try frontDoor().configuration()
        let algorithms = configuration.document["id_token_signing_alg_values_supported"]?.array?.compactMap(\.string)
        let words = algorithms.map { ", signs with \($0.prefix(4).joined(separator: ", "))" } ?? ""
        return Printable.line("200, issuer \(configuration.issuer)\(words)")
    }

    private func token() throws(ClientError) -> String {
        let door = try frontDoor()
        var grant = options.grant
        var words = ""
        if grant == nil {
            // As a browser begins: the code of the redirect is as good as any other for a mock server.
            let clientID = "client-\(TokenGrant.random(8))"
            let code = try door.authorizationCode(clientID: clientID, state: TokenGrant.random(12))
            words = code == nil ? ", /authorize shows a login" : ", /authorize redirects with a code"
            grant = .sample(code: code, clientID: clientID)
        }
        let token = try door.token(grant ?? .sample())
        let lifetime = token.lifetime.map { ", good for \($0) s" } ?? ""
        return Printable.line("200, \(token.type) token \(Printable.token(token.value))\(lifetime)\(words)")
    }

    private func echo() throws(ClientError) -> String {
        let token: AccessToken
        do throws(ClientError) { token = try frontDoor().token(options.grant ?? .sample()) } catch {
            throw .preparing("no token to connect with", error)
        }
        let client = try BlockingBridgeClient(
            BridgeOptions(options.bridge, token: token.value), runtime: runtime)
        let answer = try client.connect(within: options.timeout)
        guard answer.fields.first("Sec-WebSocket-Protocol") == "binary" else {
            throw .unexpected("101 without the subprotocol binary, which was offered")
        }
        for message in options.messages {
            let bytes = Array((message + "\n").utf8)
            try client.send(bytes, within: options.timeout)
            let back = try client.receive(exactly: bytes.count, within: options.timeout)
            guard back == bytes else {
                throw .unexpected(
                    "sent \"\(Printable.line(message))\" and got \"\(Printable.line(back))\": "
                        + "the application behind the proxy is expected to echo")
            }
        }
        let closure = try client.close(within: options.timeout)
        guard closure.code == .normalClosure, closure.isOrderly else {
            throw .unexpected("all messages came back, then the end was not orderly: \(closure)")
        }
        let count = options.messages.count
        return "101, \(count) \(count == 1 ? "message" : "messages") echoed, Close 1000"
    }

    private func rejection() throws(ClientError) -> String {
        let client = try BlockingBridgeClient(
            BridgeOptions(options.bridge, token: Self.invalidToken), runtime: runtime)
        let response: HTTPResponse
        do throws(ClientError) {
            response = try client.refusal(within: options.timeout)
        } catch {
            if case .unexpected = error { throw .unexpected("101: the proxy let an invalid token in") }
            throw error
        }
        let words = response.body.isEmpty ? "" : ": \(Printable.line(response.body))"
        guard response.status == options.rejection else {
            try OAuthFrontDoor.checkProxy(response)
            throw .unexpected(
                "\(response.status) \(response.head.reason)\(words)"
                    + ([401, 403].contains(response.status) ? " (--expect-reject \(response.status) expects this)" : "")
            )
        }
        return "\(response.status) \(response.head.reason)\(words)"
    }
}
