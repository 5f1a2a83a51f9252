import HTTP1
import System
import Testing
import WebSocket

@testable import BridgeClient

@Suite struct ScenarioRunnerTests {
    /// Runs one scenario against `proxy`.
    private func run(
        _ scenario: Scenario, _ proxy: MockProxy = MockProxy(), _ change: (inout ScenarioOptions) -> Void = { _ in }
    ) throws -> ScenarioResult {
        let server = try proxy.start()
        var options = server.scenarioOptions
        change(&options)
        return try withExtendedLifetime(server) { try ScenarioRunner(options).run(scenario) }
    }

    @Test func allFourPassAgainstAGoodProxy() throws {
        let server = try MockProxy().start()
        let runner = try ScenarioRunner(server.scenarioOptions)
        let results = Scenario.allCases.map { runner.run($0) }
        #expect(results.map(\.passed) == [true, true, true, true])
        #expect(results[0].seen == "200, issuer https://issuer.example")
        #expect(results[1].seen.hasSuffix("good for 3600 s, /authorize redirects with a code"))
        #expect(results[2].seen == "101, 4 messages echoed, Close 1000")
        #expect(results[3].seen == "403 Forbidden: invalid jwt: the token is malformed")
        #expect(server.seen.closes == [CloseStatus(code: .normalClosure, reason: "")])
        #expect(server.seen.data == Array("hello\nthrough\nthe\nbridge\n".utf8))
        // The code of the redirect is the one that was exchanged.
        #expect(server.seen.bodies.contains { String(decoding: $0, as: UTF8.self).contains("code=the-code") })
        // The token is not shown.
        #expect(!results.contains { $0.seen.contains("good-token") })
    }

    @Test func ownMessagesAreSent() throws {
        let result = try run(.echo) { $0.messages = ["één"] }
        #expect(result.seen == "101, 1 message echoed, Close 1000")
    }

    @Test func anApplicationThatDoesNotEcho() throws {
        var proxy = MockProxy()
        proxy.socket.echoes = false
        proxy.socket.greeting = [Array("banner\u{1B}[2J of some service".utf8)]
        let result = try run(.echo, proxy)
        #expect(!result.passed)
        #expect(result.seen.contains("sent \"hello\" and got \"banner\""))
        #expect(result.seen.contains("expected to echo"))
    }

    @Test func anApplicationThatIsSilent() throws {
        var proxy = MockProxy()
        proxy.socket.echoes = false
        let result = try run(.echo, proxy) { $0.timeout = .milliseconds(300) }
        #expect(!result.passed)
        #expect(result.seen.contains("within 300 ms"))
    }

    @Test func aCloseThatIsNotOrderly() throws {
        var proxy = MockProxy()
        proxy.socket.endsTLS = false
        let result = try run(.echo, proxy)
        #expect(!result.passed)
        #expect(result.seen == "all messages came back, then the end was not orderly: Close 1000, TLS cut off")
    }

    @Test func aProxyThatRefusesAGoodToken() throws {
        var proxy = MockProxy()
        proxy.token = .json(#"{"access_token": "another"}"#)
        let result = try run(.echo, proxy)
        #expect(!result.passed)
        #expect(result.seen.hasPrefix("the server answered 403 Forbidden"))
        #expect(result.advice?.contains("refused the token") == true)
    }

    @Test func noTokenToConnectWith() throws {
        var proxy = MockProxy()
        proxy.token = .text(502, "upstream is down")
        let result = try run(.echo, proxy)
        #expect(!result.passed)
        #expect(result.seen == "no token to connect with: the server answered 502 Bad Gateway: upstream is down")
        #expect(result.advice?.contains("OAuth server") == true)
    }

    @Test func aProxyThatLetsAnybodyIn() throws {
        var proxy = MockProxy()
        proxy.acceptsAnyToken = true
        let result = try run(.rejection, proxy)
        #expect(!result.passed)
        #expect(result.seen == "101: the proxy let an invalid token in")
    }

    @Test func theRejectionsStatusCanBeChosen() throws {
        var proxy = MockProxy()
        proxy.rejection = .text(401, "who are you?")
        let unexpected = try run(.rejection, proxy)
        #expect(!unexpected.passed)
        #expect(unexpected.seen == "401 Unauthorized: who are you? (--expect-reject 401 expects this)")
        #expect(try run(.rejection, proxy) { $0.rejection = 401 }.passed)
    }

    @Test func nobodyListensYet() throws {
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let socket = try Socket.listen(at: address)
        var options = ScenarioOptions()
        options.httpsPort = try Socket.localAddress(socket.number).port
        socket.close()
        options.trust = .insecure
        options.wait = .milliseconds(600)
        var tries: [String] = []
        let result = try ScenarioRunner(options).run(.configuration) { tries.append($0.description) }
        #expect(!result.passed)
        #expect(result.advice?.contains("--wait") == true)
        #expect(tries.count >= 1)
    }

    @Test func aProxyThatComesUpLaterIsWaitedFor() throws {
        // Answers 503 until it has been asked a few times, as a proxy does that has no keys yet.
        let counter = SeenBox()
        let server = try TestServer { _, _ in
            let count = counter.with { seen -> Int in
                seen.connections += 1
                return seen.connections
            }
            return count < 3 ? .text(503, "no keys yet", ["Retry-After": "1"]) : .text(403, "no")
        }
        var options = server.scenarioOptions
        options.wait = .seconds(10)
        let result = try ScenarioRunner(options).run(.rejection)
        #expect(result.passed)
        #expect(counter.with { $0.connections } == 3)
    }

    @Test func whatDoesNotPassByItselfIsNotTriedAgain() throws {
        var proxy = MockProxy()
        proxy.configuration = .text(404, "")
        let server = try proxy.start()
        var options = server.scenarioOptions
        options.wait = .seconds(10)
        let result = try ScenarioRunner(options).run(.configuration) { _ in Issue.record("tried again") }
        #expect(!result.passed)
        #expect(server.seen.requests.count == 1)
    }
}
