import Bridge
import Bytes
import HTTP1
import OIDC
import Reactor
import System
import TLS
import Telemetry
import Testing

@testable import Gateway

/// A front door on a loop of its own, with an upstream behind it and clients before it.
final class GatewayBench {
    let bench: Bench
    let context: GatewayContext
    let upstream: TestServer
    let address: SocketAddress
    private let listener: Listener
    private let clientEngine: TLSEngine
    private let clientContext: TLSContext
    private final class Lines { var lines: [String] = [] }
    private let lines: Lines

    var loop: EventLoop { bench.loop }
    var log: [String] { lines.lines }

    struct Options {
        var limits = GatewayLimits()
        var upstreamTLS: TLSContext?
        /// How the proxy trusts the upstream; nil: plain HTTP.
        var trust: TLSContext?
        /// Where to connect to instead of the upstream.
        var upstreamAddress: SocketAddress?
        /// Small kernel buffers, so that back pressure is felt.
        var smallBuffers = false
        var smallUpstreamBuffers = true
        var target: (String) -> GatewayRoute.Target = { _ in .same }
        var preservesHost = false
        var tellsClient = false
        var gatekeeper: (any Gatekeeper)?
        var ledger: ConnectionLedger?
        var kind = GatewayRoute.Kind.oauth
        var metrics = MetricsSlot()
    }

    init(_ change: (inout Options) throws -> Void = { _ in }) throws {
        var options = Options()
        try change(&options)
        let bench = try Bench()
        self.bench = bench
        clientEngine = try TLSEngine()
        clientContext = try TestTrust.client()
        let small: Int32 = options.smallBuffers ? 64 * 1024 : 0
        let smallUpstream = options.smallUpstreamBuffers ? small : 0
        let upstream = try TestServer(
            bench, tls: options.upstreamTLS, sendBuffer: smallUpstream, receiveBuffer: smallUpstream)
        self.upstream = upstream
        let lines = Lines()
        self.lines = lines
        let log = Log(threshold: .debug) { lines.lines.append("\($0) \($1)") }
        let context = GatewayContext(
            loop: bench.loop, resolver: bench.resolver, engine: bench.engine, limits: options.limits, log: log,
            metrics: options.metrics)
        self.context = context
        let target = options.upstreamAddress ?? upstream.address
        let engine = bench.engine
        let tls = options.trust.map { StreamTLS(context: $0, engine: engine, serverName: "localhost") }
        var route = GatewayRoute(
            tls: try TestTrust.server(),
            upstream: Upstream(host: target.host, port: target.port, authority: "upstream.example:8080", tls: tls),
            target: options.target, preservesHost: options.preservesHost, tellsClient: options.tellsClient,
            gatekeeper: options.gatekeeper)
        route.kind = options.kind
        let socket = try Socket.listen(at: #require(SocketAddress(literal: "127.0.0.1", port: 0)))
        if options.smallBuffers { Socket.setBuffers(socket.number, receive: small, send: small) }
        listener = try Listener(
            socket, loop: bench.loop,
            accepted: { [ledger = options.ledger, route] in
                GatewaySession.begin($0, from: $1, lease: ledger?.lease($1), route: route, context: context)
            },
            failed: { Issue.record($0) })
        address = listener.address
    }

    deinit { listener.close() }

    /// A client, its TLS handshake complete.
    func connect(receiveBuffer: Int32 = 0) throws -> TestPeer {
        let client = try TestPeer.connect(
            to: address, tls: clientContext, engine: clientEngine, loop: loop, receiveBuffer: receiveBuffer)
        try bench.run("the handshake") { client.isShaken || client.isEnded }
        return client
    }

    struct Response {
        let head: ResponseHead
        let body: [UInt8]
        var status: Int { head.status }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// The next response, interim ones included.
    func response(to method: String = "GET", at client: TestPeer) throws -> Response {
        var found: (head: ResponseHead, consumed: Int)?
        try bench.run("a response's head; got \(client.text.prefix(200))") {
            var parser = ResponseHeadParser()
            if !client.received.isEmpty, case .head(let head, let count)? = try? parser.receive(client.received.span) {
                found = (head, count)
            }
            return found != nil || client.isEnded
        }
        let (head, consumed) = try #require(found, "the connection ended without a response")
        client.received.removeFirst(consumed)
        if head.isInterim { return Response(head: head, body: []) }
        var decoder = BodyDecoder(try BodyFraming.response(head, to: method))
        var body: [UInt8] = []
        try bench.run("a response's body") {
            if let piece = TestServer.decode(&decoder, client.received, from: 0) {
                body += piece.content
                client.received.removeFirst(piece.position)
            }
            return decoder.isFinished || client.isEnded
        }
        if !decoder.isFinished {
            // The end by close_notify and FIN is the only one that may end a body.
            try #require(client.ending == .finished, "the response was cut short")
            try decoder.receiveEnd()
        }
        return Response(head: head, body: body)
    }

    /// Sends one request on a connection of its own and answers the response.
    func exchange(_ request: String, method: String = "GET") throws -> Response {
        let client = try connect()
        client.send(request)
        return try response(to: method, at: client)
    }

    /// Turns the loop until the proxy has let go of everything.
    func expectNoSessions() throws {
        try bench.run("the sessions' end") { context.sessionCount == 0 }
    }
}

/// A gate that says what it is told to.
final class TestGatekeeper: Gatekeeper {
    var verdicts: [GateVerdict] = []
    var waiters: [() -> Void] = []
    var questions: [Bool] = []

    func decide(_ head: RequestHead, afterRefresh: Bool) -> GateVerdict {
        questions.append(afterRefresh)
        return verdicts.removeFirst()
    }

    func whenKeysSettle(_ waiter: @escaping () -> Void) { waiters.append(waiter) }
}

/// `count` bytes that don't repeat in step with any buffer.
func pattern(_ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        var state: UInt32 = 12345
        for index in 0..<count {
            state = state &* 1_664_525 &+ 1_013_904_223
            unsafe buffer[index] = UInt8(truncatingIfNeeded: state >> 24)
        }
        initialized = count
    }
}
