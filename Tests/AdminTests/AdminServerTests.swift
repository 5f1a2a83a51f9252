import HTTP1
import Reactor
import System
import Testing

@testable import Admin

struct AdminServerTests {
    static let close = "Connection: close\r\n\r\n"

    @Test func aProbeIsAnswered() throws {
        let text = try TestStage().ask("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\(Self.close)")
        let answer = try #require(try Answers(text).all.first)
        #expect(answer.status == 200)
        #expect(answer.body == "ok\n")
        #expect(answer.fields.first("Connection") == "close")
    }

    @Test func aProbeOfHTTP10NeedsNoHostAndEndsTheConnection() throws {
        #expect(try TestStage().ask("GET /healthz HTTP/1.0\r\n\r\n").hasSuffix("\r\n\r\nok\n"))
    }

    @Test func severalSocketsAreServed() throws {
        let source = TestSource()
        let loop = try EventLoop()
        let anyPort = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let server = try AdminServer(
            loop: loop, sockets: [Socket.listen(at: anyPort), Socket.listen(at: anyPort)], source: source)
        #expect(Set(server.addresses.map(\.port)).count == 2)
        let clients = try server.addresses.map { try RawClient($0) }
        for client in clients { client.send("GET /healthz HTTP/1.0\r\n\r\n") }
        for _ in 0..<1_000 where !clients.allSatisfy(\.hasEnded) {
            try loop.turn(maximumWait: .milliseconds(2))
            for client in clients { client.receive() }
        }
        #expect(clients.allSatisfy { $0.text.hasSuffix("ok\n") })
    }

    @Test func twoServersAcceptAtOneSocket() throws {
        let loop = try EventLoop()
        let anyPort = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let socket = try Socket.listen(at: anyPort)
        let address = try Socket.localAddress(socket.number)
        let copy = try socket.duplicate()
        let (first, second) = (TestSource(), TestSource())
        let servers = [
            try AdminServer(loop: loop, sockets: [socket], source: first),
            try AdminServer(loop: loop, sockets: [copy], source: second),
        ]
        let clients = try (0..<20).map { _ in try RawClient(address) }
        for client in clients { client.send("GET /healthz HTTP/1.0\r\n\r\n") }
        for _ in 0..<2_000 where !clients.allSatisfy(\.hasEnded) {
            try loop.turn(maximumWait: .milliseconds(2))
            for client in clients { client.receive() }
        }
        #expect(clients.allSatisfy { $0.text.hasSuffix("ok\n") })
        withExtendedLifetime(servers) {}
    }

    @Test func whoeverWasSilentLongestMakesRoom() throws {
        var limits = AdminLimits()
        limits.connections = 8
        let stage = try TestStage(limits: limits)
        var idle: [RawClient] = []
        for index in 0..<8 {
            idle.append(try stage.connect())
            #expect(try stage.turn { stage.server.connectionCount == index + 1 })
        }
        // The first one says something, so the second is the one silent longest.
        idle[0].send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(
            try stage.turn {
                idle[0].receive(); return idle[0].text.hasSuffix("ok\n")
            })
        #expect(try stage.ask("GET /healthz HTTP/1.0\r\n\r\n").hasSuffix("ok\n"))
        idle.forEach { $0.receive() }
        #expect(idle.map(\.hasEnded) == [false, true] + Array(repeating: false, count: 6))
        #expect(stage.server.connectionCount <= 8)
    }

    @Test func aFloodOfConnectionsLeavesNothingBehind() throws {
        let stage = try TestStage()
        var clients = try (0..<300).map { _ in try stage.connect() }
        for client in clients { client.send("GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        #expect(try stage.ask("GET /healthz HTTP/1.0\r\n\r\n").hasSuffix("ok\n"))
        #expect(stage.server.connectionCount <= AdminLimits().connections)
        clients = []
        #expect(try stage.turn { stage.server.connectionCount == 0 })
        #expect(stage.loop.watched == 1, "only the listening socket")
    }

    @Test func stoppingEndsIdleConnectionsAndAnswersTheOthers() throws {
        let stage = try TestStage()
        let idle = try stage.connect()
        idle.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(
            try stage.turn {
                idle.receive(); return idle.text.hasSuffix("ok\n")
            })
        // This one has come and is about to ask.
        let busy = try stage.connect()
        #expect(try stage.turn { stage.server.connectionCount == 2 })
        let fresh = try stage.connect()
        #expect(try stage.turn { stage.server.connectionCount == 3 })
        busy.send("GET /healthz HTTP/1.1\r\n")
        try stage.loop.turn(maximumWait: .milliseconds(50))
        stage.server.stopAccepting()
        #expect(
            try stage.turn {
                idle.receive(); return idle.hasEnded
            })
        busy.send("Host: localhost\r\n\r\n")
        #expect(
            try stage.turn {
                busy.receive(); return busy.hasEnded
            })
        #expect(busy.text.contains("Connection: close\r\n") && busy.text.hasSuffix("ok\n"))
        fresh.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(
            try stage.turn {
                fresh.receive(); return fresh.hasEnded
            })
        #expect(fresh.text.contains("Connection: close\r\n") && fresh.text.hasSuffix("ok\n"))
    }

    @Test func closingEndsEverything() throws {
        let stage = try TestStage()
        let client = try stage.connect()
        #expect(try stage.turn { stage.server.connectionCount == 1 })
        stage.server.close()
        #expect(
            try stage.turn {
                client.receive(); return client.hasEnded
            })
        #expect(stage.loop.watched == 0)
    }

    @Test func aSourceThatIsGoneIsUnavailable() throws {
        var source: TestSource? = TestSource()
        let routes = AdminRoutes(source: try #require(source), hosts: HostGuard(names: []))
        source = nil
        #expect(
            routes.answer(RequestHead(method: "GET", target: "/status", fields: ["Host": "localhost"])).status == 503)
    }
}
