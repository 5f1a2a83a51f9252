import Bytes
import HTTP1
import Reactor
import System
import TLS
import Telemetry
import Testing

@testable import Bridge
@testable import Gateway
@testable import OIDC

/// A bridge port on a loop of its own, a backend behind it: what is counted while connections come and go.
private final class BridgeBench {
    let bench: Bench
    let metrics = MetricsSlot()
    let context: BridgeContext
    let backend: TestServer
    let address: SocketAddress
    private let listener: Listener
    private let clientEngine: TLSEngine

    init(
        gatekeeper: (any Gatekeeper)? = nil, backend target: SocketAddress? = nil,
        _ change: (inout BridgeLimits) -> Void = { _ in }
    ) throws {
        bench = try Bench()
        clientEngine = try TLSEngine()
        backend = try TestServer(bench)
        var limits = BridgeLimits()
        limits.closeTimeout = .milliseconds(200)
        change(&limits)
        let context = BridgeContext(
            loop: bench.loop, resolver: bench.resolver, engine: bench.engine, limits: limits, log: .none,
            metrics: metrics)
        self.context = context
        let target = target ?? backend.address
        let route = BridgeRoute(
            host: target.host, port: target.port, tls: try TestTrust.server(), gatekeeper: gatekeeper,
            challenge: Challenge())
        listener = try Listener(
            Socket.listen(at: #require(SocketAddress(literal: "127.0.0.1", port: 0))), loop: bench.loop,
            accepted: { BridgeSession.begin($0, from: $1, route: route, context: context) },
            failed: { Issue.record($0) })
        address = listener.address
    }

    deinit { listener.close() }

    /// Active, reading, writing, waiting; sessions, tunnels.
    var gauges: [Int64] {
        [.connectionsActive, .connectionsReading, .connectionsWriting, .connectionsWaiting, .sessions, .tunnels]
            .map { metrics[$0] }
    }

    /// A client, its TLS handshake complete where it speaks TLS.
    func connect(tls: Bool = true) throws -> TestPeer {
        let client = try TestPeer.connect(
            to: address, tls: tls ? TestTrust.client() : nil, engine: clientEngine, loop: bench.loop)
        try bench.run("the handshake") { client.isShaken || client.isEnded }
        return client
    }

    static let upgrade =
        "GET /x HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    /// A client with an open tunnel, and the backend's end of it.
    func tunnel() throws -> (client: TestPeer, backend: TestPeer) {
        let client = try connect()
        client.send(Self.upgrade)
        try bench.run("a tunnel") { context.tunnelCount == 1 && !backend.connections.isEmpty }
        try bench.run("the 101") { client.text.hasPrefix("HTTP/1.1 101") }
        return (client, try #require(backend.connections.last))
    }

    /// Turns the loop until `counter` is 1, and what `gauges` count is gone.
    func expect(_ counters: Counter..., sourceLocation: SourceLocation = #_sourceLocation) throws {
        try bench.run("\(counters) to be counted; \(counted)") { counters.allSatisfy { metrics[$0] == 1 } }
        try bench.run("the gauges; \(gauges)") { gauges.allSatisfy { $0 == 0 } }
        #expect(context.sessionCount + context.tunnelCount == 0, sourceLocation: sourceLocation)
        #expect(metrics[.bridgeConnections] == 1, sourceLocation: sourceLocation)
    }

    private var counted: String {
        Counter.allCases.filter { metrics[$0] > 0 }.map { "\($0) \(metrics[$0])" }.joined(separator: ", ")
    }
}

/// However a connection ends, it is counted once, and the gauges are back where they were.
@Suite struct ConnectionCountsTests {
    private static let maskedClose: [UInt8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8]
    private static let maskedHello: [UInt8] = [0x82, 0x85, 0, 0, 0, 0] + Array("hello".utf8)

    // MARK: Tunnels

    @Test func aTunnelThatTheClientCloses() throws {
        let bench = try BridgeBench()
        let (client, backend) = try bench.tunnel()
        #expect(bench.gauges == [1, 0, 1, 0, 0, 1])
        #expect(bench.metrics[.tlsHandshake] == 1 && bench.metrics[.tlsNoCertificate] == 1)
        #expect(bench.metrics[.upgrade101] == 1 && bench.metrics[.backendDialConnected] == 1)
        client.send(Self.maskedHello)
        try bench.bench.run("the backend's bytes") { backend.text == "hello" }
        backend.send("welcome")
        try bench.bench.run("the client's bytes") { client.text.hasSuffix("welcome") }
        client.send(Self.maskedClose)
        try bench.bench.run("the end at the backend") { backend.isEnded }
        backend.close()
        try bench.expect(.endedByClientClose, .closeSent1000, .closeReceived1000, .tunnelsOpened, .framesSent)
        #expect(bench.metrics[.bytesToBackend] == 5 && bench.metrics[.bytesToClient] == 7)
        let snapshot = bench.metrics.snapshot()
        for histogram in [TimeHistogram.tlsHandshake, .dial, .upgrade, .tunnel] {
            #expect(snapshot[histogram].count == 1, "\(histogram)")
        }
        #expect(snapshot.sum(.closeCodes) == 2 && snapshot.sum(.tunnelEnds) == 1 && snapshot.sum(.upgrades) == 1)
    }

    @Test func aTunnelWhoseClientIsGone() throws {
        let bench = try BridgeBench()
        let (client, backend) = try bench.tunnel()
        client.reset()
        try bench.bench.run("the end at the backend") { backend.isEnded }
        backend.close()
        try bench.expect(.endedByClientGone, .closeSent1006, .closeReceived1006)
    }

    @Test func aTunnelWhoseClientBreaksTheRules() throws {
        let bench = try BridgeBench()
        let (client, backend) = try bench.tunnel()
        client.send([0x82, 0x01, 0x41])
        try bench.bench.run("the end at the backend") { backend.isEnded }
        backend.close()
        try bench.bench.run("the end at the client") { client.isEnded }
        client.close()
        try bench.expect(.endedByClientViolation, .closeSent1002, .closeReceived1006)
    }

    @Test func aTunnelWhoseBackendFinishes() throws {
        let bench = try BridgeBench()
        let (client, backend) = try bench.tunnel()
        backend.finish()
        try bench.bench.run("the Close frame") { client.received.suffix(4) == [0x88, 0x02, 0x03, 0xE8] }
        client.send(Self.maskedClose)
        try bench.expect(.endedByBackendFinished, .closeSent1000, .closeReceived1000)
    }

    @Test func aTunnelWhoseBackendBreaks() throws {
        let bench = try BridgeBench()
        let (client, backend) = try bench.tunnel()
        backend.reset()
        try bench.bench.run("the Close frame") { client.received.contains(0x88) }
        client.close()
        try bench.expect(.endedByBackendReset, .closeSent1011)
    }

    @Test func aTunnelWhoseTimeIsUp() throws {
        let bench = try BridgeBench { $0.idleTimeout = .milliseconds(30) }
        _ = try bench.tunnel()
        // The client never answers the Close.
        try bench.expect(.endedByProxy, .timeoutIdle, .closeSent1001, .closeReceived1006)
        #expect(bench.metrics[.timeoutClose] > 0)
    }

    @Test func aTunnelWhoseClientAnswersNoPing() throws {
        let bench = try BridgeBench {
            $0.pingInterval = .milliseconds(20)
            $0.pingTimeout = .milliseconds(20)
        }
        let (_, backend) = try bench.tunnel()
        try bench.bench.run("the end at the backend") { backend.isEnded }
        backend.close()
        try bench.expect(.endedByProxy, .timeoutPong, .pingsSent)
    }

    @Test func aTunnelThatAShutdownEnds() throws {
        let bench = try BridgeBench()
        let (client, backend) = try bench.tunnel()
        bench.context.closeAll(reason: "shutting down")
        try bench.bench.run("the Close frame") { client.received.contains(0x88) }
        client.close()
        backend.close()
        try bench.expect(.endedByProxy, .closeSent1001)
    }

    // MARK: No tunnel

    @Test func aClientThatOnlyConnects() throws {
        let bench = try BridgeBench()
        let client = try bench.connect(tls: false)
        try bench.bench.run("the connection") { bench.metrics[.bridgeConnections] == 1 }
        #expect(bench.gauges == [1, 1, 0, 0, 1, 0])
        client.close()
        try bench.expect(.tlsConnectionError)
    }

    @Test func aClientThatIsTooSlowForTLS() throws {
        let bench = try BridgeBench { $0.handshakeTimeout = .milliseconds(20) }
        _ = try bench.connect(tls: false)
        try bench.expect(.handshakeTimeouts)
    }

    @Test func aClientThatSpeaksPlainHTTP() throws {
        let bench = try BridgeBench()
        let client = try bench.connect(tls: false)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the answer") { client.isEnded }
        client.close()
        try bench.expect(.tlsConnectionError, .upgrade400)
    }

    @Test func aClientThatAsksForNothing() throws {
        let bench = try BridgeBench { $0.headTimeout = .milliseconds(20) }
        _ = try bench.connect()
        try bench.expect(.headTimeouts, .tlsHandshake)
    }

    @Test func aClientThatStopsInItsHead() throws {
        let bench = try BridgeBench { $0.headTimeout = .milliseconds(20) }
        let client = try bench.connect()
        client.send("GET / HT")
        try bench.expect(.headTimeouts, .upgrade408)
    }

    @Test func aRequestThatIsNoUpgrade() throws {
        let bench = try BridgeBench()
        let client = try bench.connect()
        client.send("POST / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the answer") { client.isEnded }
        client.close()
        try bench.bench.run("its end") { bench.gauges == [0, 0, 0, 0, 0, 0] }
        #expect(bench.metrics.snapshot().sum(.upgrades) == 1)
    }

    @Test func aRequestThatTheGateRefuses() throws {
        let gate = TestGatekeeper()
        gate.verdicts = [.refused(.noToken)]
        let bench = try BridgeBench(gatekeeper: gate)
        let client = try bench.connect()
        client.send(BridgeBench.upgrade)
        try bench.expect(.upgrade403)
    }

    @Test func aClientThatLeavesWhileItWaitsForKeys() throws {
        let gate = TestGatekeeper()
        gate.verdicts = [.awaitKeys(.noKeys)]
        let bench = try BridgeBench(gatekeeper: gate)
        let client = try bench.connect()
        client.send(BridgeBench.upgrade)
        try bench.bench.run("the gate") { gate.questions.count == 1 }
        #expect(bench.gauges == [1, 0, 1, 0, 1, 0])
        client.reset()
        try bench.expect(.bridgeConnections)
        #expect(bench.metrics.snapshot().sum(.upgrades) == 0)
    }

    @Test func aRequestThatWaitsForKeysInVain() throws {
        let gate = TestGatekeeper()
        gate.verdicts = [.awaitKeys(.noKeys), .unavailable(KeysUnavailable(retryAfter: 1, lastFailure: nil))]
        let bench = try BridgeBench(gatekeeper: gate) { $0.keysTimeout = .milliseconds(20) }
        let client = try bench.connect()
        client.send(BridgeBench.upgrade)
        try bench.expect(.keysTimeouts, .upgrade503)
    }

    @Test func aBackendThatRefuses() throws {
        let nobody = try {
            let socket = try Socket.listen(at: #require(SocketAddress(literal: "127.0.0.1", port: 0)))
            return try Socket.localAddress(socket.number)
        }()
        let bench = try BridgeBench(backend: nobody)
        let client = try bench.connect()
        client.send(BridgeBench.upgrade)
        try bench.expect(.backendDialRefused, .upgrade502)
    }

    @Test func aWorkerThatIsFull() throws {
        let bench = try BridgeBench()
        bench.context.maximumTunnels = 1
        let (first, backend) = try bench.tunnel()
        let second = try bench.connect()
        second.send(BridgeBench.upgrade)
        try bench.bench.run("the refusal") { bench.metrics[.refusedByWorker] == 1 }
        #expect(bench.metrics[.upgrade503] == 1 && bench.metrics[.tunnels] == 1)
        second.close()
        first.reset()
        try bench.bench.run("the end at the backend") { backend.isEnded }
        backend.close()
        try bench.bench.run("the end of all") { bench.gauges == [0, 0, 0, 0, 0, 0] }
    }

    // MARK: Front doors

    private func states(_ metrics: MetricsSlot) -> [Int64] {
        [.connectionsActive, .connectionsReading, .connectionsWriting, .connectionsWaiting].map { metrics[$0] }
    }

    @Test(arguments: GatewayRoute.Kind.allCases)
    func aFrontDoorsConnectionReadsWritesAndWaits(_ kind: GatewayRoute.Kind) throws {
        let metrics = MetricsSlot()
        let bench = try GatewayBench {
            $0.kind = kind
            $0.metrics = metrics
        }
        let client = try bench.connect()
        try bench.bench.run("the handshake") { metrics[.tlsHandshake] == 1 }
        #expect(states(metrics) == [1, 1, 0, 0])
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try bench.bench.run("the request at the upstream") { !bench.upstream.connections.isEmpty }
        #expect(states(metrics) == [1, 0, 1, 0])
        bench.upstream.connections[0].send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        #expect(try bench.response(at: client).text == "hi")
        try bench.bench.run("the next request's turn") { states(metrics) == [1, 0, 0, 1] }
        #expect(metrics[.connection(kind)] == 1)
        #expect(metrics[.request(kind, status: 200)] == 1)
        #expect(metrics[.upstreamDialConnected] == 1)
        #expect(metrics.snapshot()[.gatewayRequest].count == 1)
        client.close()
        try bench.bench.run("its end") { states(metrics) == [0, 0, 0, 0] }
    }

    @Test func aFrontDoorThatIsDrainedOrLeft() throws {
        let metrics = MetricsSlot()
        let bench = try GatewayBench { $0.metrics = metrics }
        let clients = try (0..<3).map { _ in try bench.connect() }
        try bench.bench.run("the handshakes") { metrics[.tlsHandshake] == 3 }
        clients[0].reset()
        clients[1].send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n")
        try bench.bench.run("the refusal") { metrics[.oauthRequests4xx] == 1 }
        clients[1].close()
        bench.context.drain()
        clients[2].close()
        try bench.bench.run("the end of all") { states(metrics) == [0, 0, 0, 0] }
        #expect(metrics[.oauthConnections] == 3)
    }

    @Test func anUpstreamThatTheFrontDoorDoesNotTrust() throws {
        let metrics = MetricsSlot()
        let bench = try GatewayBench {
            $0.metrics = metrics
            $0.upstreamTLS = try TestTrust.server()
            $0.trust = try TestTrust.client(TestTrust.stranger)
        }
        #expect(try bench.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 502)
        #expect(metrics[.upstreamDialTLSFailed] == 1)
        #expect(metrics[.upstreamTLSFailVerifyError] == 1)
        #expect(metrics[.oauthRequests5xx] == 1)
    }
}
