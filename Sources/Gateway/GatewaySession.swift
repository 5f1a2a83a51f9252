// One client connection of the HTTPS front door: TLS, then requests one after the other, each an Exchange.
//
// Rules:
// - A connection carries one request at a time; bytes behind it wait in `input` until its response is through.
// - A response that this proxy makes up (an error) is the last on its connection.
// - Once a response's head was sent, a failure can only be told by ending the connection early.
// - The client isn't read while nobody wants its bytes, so a client can't make this side buffer more than one read.
// - A client that finishes its side after a complete request still gets its response; one that resets is gone.
// - What can be refused without the gate is refused before it is asked.
// - After `close` every call is harmless: events, timers, jobs and what an exchange still asks for.
//
//   tlsHandshake ──► requestHead ──► keys ──► exchange ──┐ answered, and kept
//                       ▲     └───────────────────▲      │
//                       └─────────────────────────┼──────┘
//   any ──► answering (output leaves) ──► lingering (the client's end) ──► ended
public import Bridge
internal import Bytes
internal import HTTP1
internal import OIDC
public import Reactor
public import System
internal import TLS
internal import Telemetry

/// One accepted connection of a front door port.
public final class GatewaySession: EventSource, TimerTarget {
    enum Phase {
        case tlsHandshake
        case requestHead
        case keys
        case exchange
        case answering
        case lingering
        case ended
    }

    let context: GatewayContext
    let route: GatewayRoute
    let peer: SocketAddress
    let client: Transport
    private var registration: Registration?
    private(set) var phase = Phase.tlsHandshake
    private var timer: TimerID?
    private var parser: RequestHeadParser
    var input = ClientInput()
    private(set) var exchange: Exchange?
    /// The request that the gate looks at, until it is an exchange.
    private var request: GatewayRequest?
    /// Counts the requests, so that a call that comes late isn't taken for one about the present request.
    private var requestNumber: UInt64 = 0
    /// Output that waited when the answer's deadline was set.
    private var answerPending = 0
    private var lease: ConnectionLease?
    private let opened: MonotonicTime
    private var connectionPhase: ConnectionPhase?
    /// Whom the token of the request at hand is about, for logs.
    private var identity: TokenIdentity?
    /// What logs say of the client's TLS connection; it stays as it was after the handshake.
    private var tlsFacts: TLSFacts?
    /// When the head of the request at hand was complete.
    private var requestBegan = MonotonicTime(nanoseconds: 0)

    /// Reads of a lingering client's bytes before others have their turn.
    private static let readsPerTurn = 16

    private init(_ descriptor: Descriptor, _ peer: SocketAddress, _ route: GatewayRoute, _ context: GatewayContext)
        throws(TLSError)
    {
        self.context = context
        self.route = route
        self.peer = peer
        opened = context.loop.now
        connectionPhase = ConnectionPhase(context.metrics)
        parser = RequestHeadParser(limits: context.limits.head)
        client = Transport(
            descriptor, tls: try TLSConnection(route.tls, engine: context.engine, descriptor: descriptor.number))
    }

    /// Takes an accepted connection on.
    public static func begin(
        _ descriptor: Descriptor, from peer: SocketAddress, lease: ConnectionLease? = nil, route: GatewayRoute,
        context: GatewayContext
    ) {
        context.metrics.add(.connection(route.kind))
        do {
            let session = try GatewaySession(descriptor, peer, route, context)
            session.lease = lease
            session.registration = try context.loop.register(descriptor.number, source: session, role: 0)
            context.began(session)
            session.setDeadline(context.limits.handshakeTimeout)
        } catch {
            context.metrics.add(.unserved)
            context.log(.error, "client \(peer): cannot serve the connection: \(error)")
        }
    }

    /// Ends the connection now if it is idle, otherwise after its request.
    func drain() {
        // One that has just come is about to ask; it has `headTimeout` for it.
        let isIdle = phase == .requestHead && parser.isIdle && input.isEmpty
        if isIdle, requestNumber > 1 || context.refusesRequests { finish() }
        exchange?.keepsConnection = false
    }

    /// Closes the connection unless it is at a request.
    func abandon() {
        switch phase {
        case .tlsHandshake, .requestHead, .lingering: close("shutting down")
        case .keys, .exchange, .answering, .ended: break
        }
    }

    // MARK: Events

    /// The event loop's call.
    public func ready(_ readiness: Readiness, role: UInt8) {
        if !readiness.isDisjoint(with: [.peerFinished, .hungUp, .failed]) {
            client.tls?.probeUntilEmpty = true
            input.noteReadable()
            // Nobody reads the client now, so nobody else would notice a reset. A mere FIN is no reason to leave.
            if phase == .keys || phase == .exchange, !readiness.isDisjoint(with: [.hungUp, .failed]) {
                return close("left before its request was answered")
            }
        }
        if readiness.contains(.readable) { input.noteReadable() }
        advance()
    }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        timer = nil
        switch phase {
        case .tlsHandshake:
            context.metrics.add(.handshakeTimeouts)
            close("no TLS handshake within \(context.limits.handshakeTimeout)")
        case .requestHead:
            // A connection whose time between requests is over has done nothing wrong.
            if requestNumber == 1 || !parser.isIdle { context.metrics.add(.headTimeouts) }
            parser.isIdle ? finish() : refuse(.shared(.http(.headTimedOut)))
        case .keys:
            context.metrics.add(.keysTimeouts)
            judge(afterRefresh: true)
        case .exchange: exchange?.timedOut()
        case .answering, .lingering: close("did not take its answer")
        case .ended: break
        }
    }

    private func advance() {
        if phase == .ended { return }
        if case .failed(let error) = client.flush() { return close("\(error)") }
        switch phase {
        case .tlsHandshake: continueHandshake()
        case .requestHead: readHead()
        case .keys, .ended: break
        case .exchange: exchange?.advance()
        case .answering: continueAnswer()
        case .lingering: linger()
        }
    }

    private func continueHandshake() {
        switch client.handshake() {
        case .inProgress: break
        case .complete:
            if let tls = client.tls { context.metrics.countHandshake(of: tls, .client) }
            context.metrics.observe(.tlsHandshake, context.loop.now - opened)
            awaitRequest()
        case .failed(.tls(let failure)) where failure.kind == .plainHTTP:
            context.metrics.countFailure(failure, .client)
            let answer = FailureMapping.answer(to: .plainHTTP, challenge: route.challenge)
            report(answer.status, nil, bodyBytes: answer.bodyBytes, "\(BridgeFailure.plainHTTP)")
            let bytes = answer.serialized()
            _ = unsafe bytes.withUnsafeBytes { unsafe Socket.send(client.descriptor.number, $0) }
            beginToLinger()
        case .failed(.tls(let failure)):
            context.metrics.countFailure(failure, .client)
            if !failure.isOrdinary { context.log(.info, "client \(peer): TLS handshake: \(failure)") }
            close("TLS handshake: \(failure)")
        case .failed(let error): close("TLS handshake: \(error)")
        }
    }

    // MARK: Requests

    func awaitRequest() {
        phase = .requestHead
        parser = RequestHeadParser(limits: context.limits.head)
        exchange = nil
        let isFirst = requestNumber == 0
        connectionPhase?.enter(isFirst || !input.isEmpty ? .reading : .waiting)
        requestNumber += 1
        if context.isDraining, !isFirst { return finish() }
        // Before the first request there is nothing to keep alive: that is a client that is slow to ask.
        let patience = isFirst ? context.limits.headTimeout : context.limits.keepAliveTimeout ?? .zero
        setDeadline(input.isEmpty ? patience : context.limits.headTimeout)
        input.releaseMemory()
        readHead()
    }

    /// Reads of a request's head before the others have their turn.
    private static let headReads = 16

    private func readHead() {
        var budget = Self.headReads
        while phase == .requestHead {
            if input.isEmpty {
                // A client may send its request byte by byte, with work for us in between.
                if budget == 0 {
                    if let registration { context.loop.continueLater(registration, []) }
                    return
                }
                budget -= 1
                switch input.fill(from: client) {
                case .bytes:
                    connectionPhase?.enter(.reading)
                    if parser.isIdle { setDeadline(context.limits.headTimeout) }
                case .wouldBlock: return input.releaseMemory()
                case .finished, .truncated: return parser.isIdle ? finish() : close("left in the middle of a request")
                case .failed(let error):
                    // The alert that tells the client why.
                    _ = client.flush()
                    return close("\(error)")
                }
            }
            var found: RequestHead?
            do throws(HTTPError) {
                try input.take { bytes throws(HTTPError) in
                    switch try parser.receive(bytes) {
                    case .needMore: return bytes.count
                    case .head(let head, let consumed):
                        found = head
                        return consumed
                    }
                }
                if let found { try examine(found) }
            } catch {
                refuse(.shared(.http(error)), to: found)
            }
        }
    }

    private func examine(_ head: RequestHead) throws(HTTPError) {
        requestBegan = context.loop.now
        connectionPhase?.enter(.writing)
        identity = nil
        let request = try GatewayRequest(head, limits: context.limits)
        if context.refusesRequests { return refuse(.shared(.draining), to: head) }
        self.request = request
        judge(afterRefresh: false)
    }

    private func judge(afterRefresh: Bool) {
        guard let request else { return }
        guard let gatekeeper = route.gatekeeper else { return begin(request) }
        switch gatekeeper.decide(request.head, afterRefresh: afterRefresh) {
        case .admitted(let admission):
            identity = admission.identity
            begin(request)
        case .refused(let refusal): refuse(.shared(.gate(refusal)), to: request.head)
        case .unavailable(let keys): refuse(.shared(.keysUnavailable(keys)), to: request.head)
        case .awaitKeys:
            if phase != .keys {
                phase = .keys
                setDeadline(context.limits.keysTimeout)
            }
            let number = requestNumber
            gatekeeper.whenKeysSettle { [weak self] in
                guard let self, phase == .keys, requestNumber == number else { return }
                judge(afterRefresh: true)
            }
        }
    }

    private func begin(_ request: GatewayRequest) {
        let head = request.head
        let path: String
        switch route.target(head.path) {
        case .same: path = head.path
        case .path(let other): path = other
        case .notFound: return refuse(.notFound, to: head)
        case .notYetKnown: return refuse(.notYetKnown, to: head)
        }
        phase = .exchange
        clearDeadline()  // the dial has its own
        let exchange = Exchange(request, target: head.query.map { "\(path)?\($0)" } ?? path, session: self)
        if context.isDraining { exchange.keepsConnection = false }
        self.exchange = exchange
        exchange.start()
    }

    // MARK: Answers and ends

    func refuse(_ failure: GatewayFailure, to head: RequestHead? = nil) {
        if phase == .ended { return }
        if failure.isOfUpstream {
            context.log(.error, "client \(peer): upstream \(route.upstream.authority): \(failure)")
        } else {
            context.log(.info, "client \(peer): \(failure)")
        }
        let answer = failure.answer(route.challenge)
        report(answer.status, head, bodyBytes: head?.method == "HEAD" ? 0 : answer.bodyBytes, "\(failure)")
        client.write(answer.serialized(withBody: head?.method != "HEAD"))
        finish()
    }

    func report(_ status: Int, _ head: RequestHead?, bodyBytes: Int, _ reason: String) {
        context.metrics.add(.request(route.kind, status: status))
        if head != nil { context.metrics.observe(.gatewayRequest, context.loop.now - requestBegan) }
        if tlsFacts == nil { tlsFacts = client.tls.map { TLSFacts($0) } }
        context.onAnswer(
            AnswerReport(
                client: peer, route: route.names, request: RequestRecord(head, identity: identity),
                tls: tlsFacts ?? TLSFacts(), status: status, bodyBytes: UInt64(max(0, bodyBytes)),
                upstream: exchange?.upstreamReport, reason: reason,
                duration: head == nil ? .zero : context.loop.now - requestBegan))
    }

    /// Ends the connection in order: what was written is sent, then the end.
    func finish() {
        releaseExchange()
        request = nil
        phase = .answering
        connectionPhase?.enter(.writing)
        client.finishWriting()
        answerPending = .max
        if case .failed(let error) = client.flush() { return close("\(error)") }
        continueAnswer()
    }

    /// A slow client may take its time, as long as it takes something.
    private func continueAnswer() {
        let pending = client.pendingOutput
        if pending == 0 { return beginToLinger() }
        if pending < answerPending { setDeadline(context.limits.sendTimeout) }
        answerPending = pending
    }

    /// Closing a socket with unread bytes resets the connection, and the answer would be lost: read on until the client
    /// ends, within the time that closing may take.
    private func beginToLinger() {
        phase = .lingering
        connectionPhase?.enter(.writing)
        setDeadline(context.limits.closeTimeout)
        Socket.shutdownWrite(client.descriptor.number)
        linger()
    }

    private func linger() {
        let isOver = unsafe withUnsafeTemporaryAllocation(byteCount: Transport.readCapacity, alignment: 16) { buffer in
            for _ in 0..<Self.readsPerTurn {
                switch unsafe Socket.receive(client.descriptor.number, into: buffer) {
                case .wouldBlock: return false
                case .bytes(let count) where count > 0: continue
                case .bytes, .failed: return true
                }
            }
            if let registration { context.loop.continueLater(registration, []) }
            return false
        }
        if isOver { close("ended") }
    }

    func releaseExchange() {
        exchange?.release()
        exchange = nil
    }

    func close(_ reason: String) {
        if phase == .ended { return }
        context.log(.debug, "client \(peer): \(reason)")
        phase = .ended
        clearDeadline()
        releaseExchange()
        request = nil
        if let registration { context.loop.deregister(registration) }
        registration = nil
        client.descriptor.close()
        connectionPhase = nil
        context.ended(self)
    }

    func setDeadline(_ delay: Duration) {
        clearDeadline()
        if phase == .ended { return }
        timer = context.loop.schedule(at: context.loop.now + delay, self, purpose: 0)
    }

    func clearDeadline() {
        if let timer { context.loop.cancel(timer) }
        timer = nil
    }
}
