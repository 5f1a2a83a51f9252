// A connection on its way to a tunnel: TLS, the upgrade request, the gate, the dial, the answer. See LIFECYCLE.md.
//
// Rules:
// - Nothing is dialled before the token is accepted; 101 is sent only when the dial is complete.
// - Each phase has one deadline. A connection that fails is answered, given time to read the answer, and closed.
// - While the gate or the dial decides, the client isn't read; its end is still noticed.
internal import Bytes
internal import HTTP1
internal import OIDC
public import Reactor
public import System
internal import TLS
internal import Telemetry
internal import WebSocket

/// One accepted connection of a bridge port until it is a tunnel or answered otherwise.
public final class BridgeSession: EventSource, TimerTarget {
    private enum Phase {
        case tlsHandshake
        case requestHead
        case keys
        case backend
        case answering
        case lingering
        case ended
    }

    private let context: BridgeContext
    private let route: BridgeRoute
    private let descriptor: Descriptor
    private let peer: SocketAddress
    private let tls: TLSConnection
    private let opened: MonotonicTime
    private var dialBegan = MonotonicTime(nanoseconds: 0)
    private var registration: Registration?
    private var phase = Phase.tlsHandshake
    private var timer: TimerID?
    private var parser: RequestHeadParser
    private var head: RequestHead?
    private var handshake: OpeningHandshake.Accepted?
    private var admission: Admission?
    private var early: [UInt8] = []
    private var dial: Dial?
    private var lease: ConnectionLease?
    private var connectionPhase: ConnectionPhase?

    private init(_ descriptor: Descriptor, _ peer: SocketAddress, _ route: BridgeRoute, _ context: BridgeContext)
        throws(TLSError)
    {
        self.context = context
        self.route = route
        self.descriptor = descriptor
        self.peer = peer
        opened = context.loop.now
        connectionPhase = ConnectionPhase(context.metrics)
        parser = RequestHeadParser(limits: context.limits.head)
        tls = try TLSConnection(route.tls, engine: context.engine, descriptor: descriptor.number)
    }

    /// Takes an accepted connection on; its listener was prepared (``BridgeLimits/prepareListener(_:)``).
    public static func begin(
        _ descriptor: Descriptor, from peer: SocketAddress, lease: ConnectionLease? = nil, route: BridgeRoute,
        context: BridgeContext
    ) {
        context.metrics.add(.bridgeConnections)
        do {
            let session = try BridgeSession(descriptor, peer, route, context)
            session.lease = lease
            session.registration = try context.loop.register(descriptor.number, source: session, role: 0)
            context.sessionBegan(session)
            session.setDeadline(context.limits.handshakeTimeout)
        } catch {
            context.metrics.add(.unserved)
            context.log(.error, "client \(peer): cannot serve the connection: \(error)")
        }
    }

    // MARK: Events

    /// The event loop's call.
    public func ready(_ readiness: Readiness, role: UInt8) {
        let odd = !readiness.isDisjoint(with: [.peerFinished, .hungUp, .failed])
        if odd { tls.probeUntilEmpty = true }
        switch phase {
        case .tlsHandshake: continueHandshake()
        case .requestHead: readHead()
        case .keys, .backend: if odd { leave("the client left before its request was answered") }
        case .answering: continueAnswer()
        case .lingering: linger()
        case .ended: break
        }
    }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        timer = nil
        switch phase {
        case .tlsHandshake:
            context.metrics.add(.handshakeTimeouts)
            leave("no TLS handshake within \(context.limits.handshakeTimeout)")
        case .requestHead:
            context.metrics.add(.headTimeouts)
            // A client that sent nothing at all is a health check or a spare connection of a browser: no answer is due.
            parser.isIdle
                ? leave("no request within \(context.limits.headTimeout)") : refuse(.http(.headTimedOut))
        case .keys:
            context.metrics.add(.keysTimeouts)
            decide(afterRefresh: true)
        case .backend, .ended: break
        case .answering, .lingering: close()
        }
    }

    /// Ends the connection for a shutdown: one that isn't answered yet is answered 503.
    func abandon() {
        switch phase {
        case .tlsHandshake: leave("shutting down")
        case .requestHead, .keys, .backend: refuse(.draining)
        case .answering, .lingering, .ended: break
        }
    }

    // MARK: TLS

    private func continueHandshake() {
        switch tls.handshake() {
        case .complete:
            context.metrics.countHandshake(of: tls, .client)
            context.metrics.observe(.tlsHandshake, context.loop.now - opened)
            phase = .requestHead
            setDeadline(context.limits.headTimeout)
            readHead()
        case .wantRead, .wantWrite:
            break
        case .failed(let failure):
            context.metrics.countFailure(failure, .client)
            if failure.kind == .plainHTTP {
                answerInPlainText(.plainHTTP)
            } else {
                if !failure.isOrdinary { context.log(.info, "client \(peer): TLS handshake: \(failure)") }
                leave("TLS handshake: \(failure)")
            }
        }
    }

    // MARK: The upgrade request

    /// Reads of a request's head before the others have their turn.
    private static let headReads = 16

    private func readHead() {
        let buffer = unsafe context.buffers.plaintext
        var budget = Self.headReads
        while phase == .requestHead {
            // A client may send its request byte by byte, with work for us in between.
            if budget == 0 {
                if let registration { context.loop.continueLater(registration, []) }
                return
            }
            budget -= 1
            switch unsafe tls.read(into: buffer) {
            case .bytes(let count):
                unsafe take(Span(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[..<count])))
            case .wouldBlock:
                // What the handshake left over (the last flight of TLS 1.2, session tickets) leaves with the answer
                // where the request was there at once; here it wasn't.
                if tls.pendingOutput > 0 { _ = tls.flush() }
                return
            case .closed, .endOfStream:
                return leave("the client left before its request was complete")
            case .failed(let failure):
                // The alert that tells the client why.
                _ = tls.flush()
                if !failure.isOrdinary { context.log(.info, "client \(peer): TLS: \(failure)") }
                return leave("TLS: \(failure)")
            }
        }
    }

    private func take(_ bytes: Span<UInt8>) {
        do {
            guard case .head(let head, let consumed) = try parser.receive(bytes) else { return }
            for index in consumed..<bytes.count { early.append(bytes[index]) }
            self.head = head
            examine(head)
        } catch {
            refuse(.http(error))
        }
    }

    /// The cheap checks come first: a request that could not be upgraded anyway costs no signature verification.
    private func examine(_ head: RequestHead) {
        connectionPhase?.enter(.writing)
        if context.isDraining { return refuse(.draining) }
        do {
            handshake = try OpeningHandshake().validate(head)
        } catch {
            return refuse(.handshake(error))
        }
        decide(afterRefresh: false)
    }

    // MARK: The gate

    private func decide(afterRefresh: Bool) {
        guard let head else { return }
        guard let gatekeeper = route.gatekeeper else { return context.isFull ? refuse(.full) : startDial() }
        switch gatekeeper.decide(head, afterRefresh: afterRefresh) {
        case .admitted(let admission):
            self.admission = admission
            // Looked at here, so that only those who may pass learn how busy it is.
            if context.isFull { return refuse(.full) }
            startDial()
        case .refused(let refusal):
            return refuse(.gate(refusal))
        case .awaitKeys:
            if phase != .keys {
                phase = .keys
                setDeadline(context.limits.keysTimeout)
            }
            gatekeeper.whenKeysSettle { [weak self] in
                guard let self, phase == .keys else { return }
                decide(afterRefresh: true)
            }
        case .unavailable(let keys):
            return refuse(.keysUnavailable(keys))
        }
    }

    // MARK: The backend

    private func startDial() {
        phase = .backend
        clearDeadline()  // the dial has its own
        dialBegan = context.loop.now
        dial = Dial(
            route.host, port: route.port, timeout: route.connectTimeout ?? context.limits.connectTimeout,
            resolver: context.resolver, loop: context.loop
        ) { [weak self] result in
            guard let self, phase == .backend else { return }
            dial = nil
            switch result {
            case .success(let backend):
                context.metrics.add(.backendDialConnected)
                context.metrics.observe(.dial, context.loop.now - dialBegan)
                becomeTunnel(backend)
            case .failure(let error):
                context.metrics.add(.backendDial(error))
                context.log(.error, "client \(peer): backend \(route.host):\(route.port): \(error)")
                refuse(.dial(error))
            }
        }
    }

    private func becomeTunnel(_ backend: Descriptor) {
        guard let registration, let handshake else { return }
        context.prepareBackend(backend)
        let head = HeadSerializer.serialize(handshake.responseHead)
        unsafe head.withUnsafeBytes { bytes in _ = unsafe tls.write(bytes) }
        if case .failed(let code) = tls.flush() { return leave("\(SystemError("send", code: code))") }
        let backendRegistration: Registration
        do {
            backendRegistration = try context.loop.register(backend.number, source: self, role: 1)
        } catch {
            context.log(.error, "client \(peer): cannot watch the backend: \(error)")
            return leave("\(error)")
        }
        phase = .ended
        clearDeadline()
        self.registration = nil
        let identity = TunnelIdentity(
            client: peer, route: route.names, request: RequestRecord(self.head, identity: admission?.identity),
            upgradeMilliseconds: (context.loop.now - opened).milliseconds,
            dialMilliseconds: (context.loop.now - dialBegan).milliseconds, opened: context.loop.now,
            tokenEnd: tokenEnd(), lease: lease)
        let tunnel = Tunnel(
            context: context, identity: identity, tls: tls, client: (descriptor, registration),
            backend: (backend, backendRegistration), connectionPhase: connectionPhase)
        connectionPhase = nil
        context.metrics.add(.upgrade101)
        context.metrics.observe(.upgrade, identity.opened - opened)
        context.sessionEnded(self)
        tunnel.start(early: early)
    }

    /// The token's end on the monotonic clock. A token that the gate's leeway let in after its end has the rest of that.
    private func tokenEnd() -> MonotonicTime? {
        guard let admission, context.limits.endWithToken else { return nil }
        let (seconds, overflow) = admission.identity.expiry.seconds.subtractingReportingOverflow(Clock.unix.seconds)
        if overflow { return nil }
        let leeway = seconds > 0 ? .zero : context.limits.tokenLeeway
        return context.loop.now + .seconds(seconds) + leeway + context.limits.tokenGrace
    }

    // MARK: Answers

    private func refuse(_ failure: BridgeFailure) {
        let answer = FailureMapping.answer(to: failure, challenge: route.challenge)
        context.log(answer.status >= 500 ? .warn : .info, "client \(peer): answered \(answer.status): \(failure)")
        report(answer, failure)
        dial?.cancel()
        dial = nil
        phase = .answering
        setDeadline(context.limits.closeTimeout)
        let bytes = answer.serialized()
        unsafe bytes.withUnsafeBytes { raw in _ = unsafe tls.write(raw) }
        tls.shutdown()
        continueAnswer()
    }

    private func continueAnswer() {
        switch tls.flush(isLast: true) {
        case .blocked: return
        case .failed: return close()
        case .done:
            // Closing a socket with unread bytes resets the connection, and the answer would be lost: read on until
            // the client ends, within limits.
            Socket.shutdownWrite(descriptor.number)
            phase = .lingering
            linger()
        }
    }

    private func report(_ answer: HTTPAnswer, _ failure: BridgeFailure) {
        connectionPhase?.enter(.writing)
        context.metrics.add(.upgrade(answer.status))
        if case .full = failure { context.metrics.add(.refusedByWorker) }
        context.onAnswer(
            AnswerReport(
                client: peer, route: route.names, request: RequestRecord(head, identity: admission?.identity),
                tls: TLSFacts(tls), status: answer.status, bodyBytes: UInt64(answer.bodyBytes), reason: "\(failure)",
                duration: context.loop.now - opened))
    }

    /// Answers a client that speaks HTTP without TLS, so that a person sees what is wrong.
    private func answerInPlainText(_ failure: BridgeFailure) {
        let answer = FailureMapping.answer(to: failure, challenge: route.challenge)
        report(answer, failure)
        let bytes = answer.serialized()
        _ = unsafe bytes.withUnsafeBytes { raw in unsafe Socket.send(descriptor.number, raw) }
        context.log(.info, "client \(peer): \(failure)")
        Socket.shutdownWrite(descriptor.number)
        phase = .lingering
        setDeadline(context.limits.closeTimeout)
        linger()
    }

    /// Reads and drops until the client ends; the phase's deadline bounds it.
    private func linger() {
        let buffer = unsafe context.buffers.plaintext
        for _ in 0..<context.turnBudget {
            switch unsafe Socket.receive(descriptor.number, into: buffer) {
            case .wouldBlock: return
            case .bytes(let count) where count > 0: continue
            case .bytes, .failed: return close()
            }
        }
        if let registration { context.loop.continueLater(registration, []) }
    }

    private func leave(_ reason: String) {
        if phase == .ended { return }
        context.log(.debug, "client \(peer): \(reason)")
        close()
    }

    private func close() {
        if phase == .ended { return }
        phase = .ended
        clearDeadline()
        dial?.cancel()
        dial = nil
        if let registration { context.loop.deregister(registration) }
        registration = nil
        descriptor.close()
        connectionPhase = nil
        context.sessionEnded(self)
    }

    private func setDeadline(_ delay: Duration) {
        clearDeadline()
        timer = context.loop.schedule(at: context.loop.now + delay, self, purpose: 0)
    }

    private func clearDeadline() {
        if let timer { context.loop.cancel(timer) }
        timer = nil
    }
}
