import Bytes
import HTTP1
import System
import Testing
import WebSocket

@testable import BridgeClient

@Suite struct TunnelListenerTests {
    /// A tunnel to a test server, and what it told.
    private final class Fixture {
        let runtime: ClientRuntime
        let server: TestServer
        var listener: TunnelListener?
        var summaries: [TunnelSummary] = []
        var failures: [ClientError] = []
        var accepted = 0

        init(
            _ server: TestServer, tokens: TokenSource = .fixed("good-token"), linger: Duration = .milliseconds(100),
            change: (inout BridgeOptions) -> Void = { _ in }
        ) throws {
            self.server = server
            runtime = try ClientRuntime()
            var options = BridgeOptions(server.endpoint)
            change(&options)
            let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
            listener = try TunnelListener(
                at: address, options: options, tokens: tokens, linger: linger, runtime: runtime
            ) { [unowned self] event in
                switch event {
                case .accepted: accepted += 1
                case .ended(_, let summary): summaries.append(summary)
                case .failed(_, let error): failures.append(error)
                case .acceptFailed(let error): preconditionFailure("\(error)")
                }
            }
        }

        deinit { listener?.close() }

        func program() throws -> LocalProgram {
            LocalProgram(port: try #require(listener).address.port, runtime: runtime)
        }
    }

    @Test func bytesGoBothWays() throws {
        let fixture = try Fixture(try MockProxy().start())
        let program = try fixture.program()
        let bytes = pattern(1_000_000)
        try program.wait("a connection") { program.isOpen }
        program.channel.write(bytes)
        try program.wait("the echo") { program.received.count == bytes.count }
        expectSame(program.received, bytes)
        program.channel.finishWriting()
        try program.wait("FIN") { program.hasFinished }
        try program.wait("the summary") { fixture.summaries.count == 1 }
        let summary = try #require(fixture.summaries.first)
        #expect(summary.isOrderly)
        #expect(summary.sent == bytes.count)
        #expect(summary.received == bytes.count)
        #expect(summary.problem == nil)
        #expect(fixture.server.seen.closes == [CloseStatus(code: .normalClosure, reason: "")])
    }

    /// What a program sends and then finishes at once has to arrive, and the answer has to come back.
    @Test func aProgramThatFinishesAtOnceLosesNothing() throws {
        let fixture = try Fixture(try MockProxy().start())
        let bytes = pattern(2_000_000)
        let programs = try (0..<3).map { _ in try fixture.program() }
        for program in programs {
            try program.wait("a connection") { program.isOpen }
            program.channel.write(bytes)
            program.channel.finishWriting()
        }
        for program in programs {
            try program.wait("FIN") { program.end != nil }
            #expect(program.hasFinished)
            expectSame(program.received, bytes)
        }
        try programs[0].wait("the summaries") { fixture.summaries.count == 3 }
    }

    @Test func anApplicationThatSpeaksFirstAndFinishes() throws {
        var proxy = MockProxy()
        proxy.socket.greeting = [pattern(60_000), pattern(60_000)]
        proxy.socket.close = (.normalClosure, "")
        let fixture = try Fixture(try proxy.start())
        let program = try fixture.program()
        try program.wait("FIN") { program.hasFinished }
        expectSame(program.received, pattern(60_000) + pattern(60_000))
        program.channel.finishWriting()
        try program.wait("the summary") { fixture.summaries.count == 1 }
        #expect(fixture.summaries[0].isOrderly)
    }

    @Test func anApplicationThatBrokeIsAReset() throws {
        var proxy = MockProxy()
        proxy.socket.greeting = [[1, 2, 3]]
        proxy.socket.close = (.internalError, "backend reset")
        let fixture = try Fixture(try proxy.start())
        let program = try fixture.program()
        try program.wait("a reset") { program.end != nil }
        #expect(program.wasReset)
        try program.wait("the summary") { fixture.summaries.count == 1 }
        #expect(fixture.summaries[0].problem?.text == "the WebSocket ended: Close 1011 \"backend reset\"")
    }

    @Test func aProgramThatBreaksOffClosesTheWebSocket() throws {
        let fixture = try Fixture(try MockProxy().start())
        let program = try fixture.program()
        try program.wait("a connection") { program.isOpen }
        program.channel.write([1])
        try program.wait("the echo") { program.received == [1] }
        program.channel.reset()
        try program.wait("the summary") { fixture.summaries.count == 1 }
        #expect(fixture.server.seen.closes.map(\.code) == [.goingAway])
    }

    @Test func aRefusalIsAResetAndSaysWhy() throws {
        let fixture = try Fixture(try MockProxy().start(), tokens: .fixed("bad"))
        let program = try fixture.program()
        try program.wait("a reset") { program.wasReset }
        try program.wait("the summary") { fixture.summaries.count == 1 }
        #expect(fixture.summaries[0].problem?.text.hasPrefix("the server answered 403") == true)
        #expect(fixture.summaries[0].problem?.advice != nil)
    }

    /// Reading stops on the one side when the other takes nothing: what the tunnel holds stays bounded.
    @Test func aServerThatDoesNotReadHoldsTheProgramUp() throws {
        var proxy = MockProxy()
        proxy.socket.readsAtMost = 1
        let fixture = try Fixture(try proxy.start()) { $0.endpoint.wire.sendBufferBytes = 32 * 1024 }
        let program = try fixture.program()
        try program.wait("a connection") { program.isOpen }
        program.channel.write(pattern(30_000_000))
        _ = try fixture.runtime.run(until: { false }, deadline: Clock.monotonic + .milliseconds(500))
        // The kernels' buffers took a part; the rest waits where it came from.
        #expect(program.channel.pendingOutput > 10_000_000)
    }

    @Test func aProgramThatDoesNotReadHoldsTheServerUp() throws {
        var proxy = MockProxy()
        let bytes = pattern(50_000)
        proxy.socket.greeting = Array(repeating: bytes, count: 400)
        let fixture = try Fixture(try proxy.start())
        let program = try fixture.program()
        program.channel.pauseReading()
        _ = try fixture.runtime.run(until: { false }, deadline: Clock.monotonic + .milliseconds(500))
        #expect(program.received.isEmpty)
        program.channel.resumeReading()
        try program.wait("everything") { program.received.count == 20_000_000 }
        expectSame(Array(program.received.suffix(50_000)), bytes)
    }

    @Test func lingeringWaitsForALateAnswer() throws {
        // The application answers in pieces; each begins the quiet time anew.
        let fixture = try Fixture(try MockProxy().start(), linger: .milliseconds(300))
        let program = try fixture.program()
        try program.wait("a connection") { program.isOpen }
        let started = Clock.monotonic
        program.channel.write([1])
        program.channel.finishWriting()
        try program.wait("FIN") { program.hasFinished }
        #expect(program.received == [1])
        #expect(Clock.monotonic - started >= .milliseconds(300))
    }

    // MARK: Tokens

    @Test func aTokenIsFetchedOnceAndUsedAgain() throws {
        let server = try MockProxy().start()
        let fixture = try Fixture(server, tokens: .grant(.sample(), server.endpoint))
        for _ in 0..<2 {
            let program = try fixture.program()
            try program.wait("a connection") { program.isOpen }
            program.channel.write([1])
            try program.wait("the echo") { program.received == [1] }
        }
        #expect(server.seen.requests.filter { $0.path == "/token" }.count == 1)
    }

    @Test func aTokenAboutToExpireIsFetchedAgain() throws {
        var proxy = MockProxy()
        proxy.token = .json(#"{"access_token": "good-token", "expires_in": 10}"#)
        let server = try proxy.start()
        let fixture = try Fixture(server, tokens: .grant(.sample(), server.endpoint))
        for _ in 0..<2 {
            let program = try fixture.program()
            program.channel.write([1])
            try program.wait("a connection") { program.isOpen }
            program.channel.write([1])
            try program.wait("the echo") { program.received == [1] }
        }
        #expect(server.seen.requests.filter { $0.path == "/token" }.count == 2)
    }

    @Test func noTokenNoConnection() throws {
        var proxy = MockProxy()
        proxy.token = .text(400, #"{"error": "invalid_client"}"#)
        let server = try proxy.start()
        let fixture = try Fixture(server, tokens: .grant(.sample(), server.endpoint))
        let program = try fixture.program()
        try program.wait("a reset") { program.wasReset }
        #expect(fixture.failures.map(\.description) == ["the token endpoint answered 400: invalid_client"])
    }
}
