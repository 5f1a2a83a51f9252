// One client connection of the HTTPS front door: TLS, then requests one after the other, each an Exchange.
//
// Rules:
// - A connection carries one request at a time; bytes behind it wait in `inbox` until its response is through.
// - A response that this proxy makes up (an error) is the last on its connection.
// - Once a response's head was sent, a failure can only be told by ending the connection early.
// - The client isn't read while nobody wants its bytes, so a client can't make this side buffer more than one read.
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
    private enum Phase {
        case tlsHandshake
        case requestHead
        case keys
        case exchange
        case answering
        case lingering
        case ended
    }

    private let context: GatewayContext
    private let route: GatewayRoute
    private let peer: SocketAddress
    private let client: Transport
    private var registration: Registration?
    private var phase = Phase.tlsHandshake
    private var timer: TimerID?
    private var parser: RequestHeadParser
    /// Bytes from the client that nobody has taken yet; at most one read.
    private var inbox: [UInt8] = []
    private var clientReadable = true
    private var exchange: Exchange?
    private var waitingHead: RequestHead?
    private var hasServed = false
    private var lingered = 0
    private var lease: ConnectionLease?

    /// Bytes that are read and dropped while a client reads its last answer.
    private static let lingerLimit = 256 * 1024

    private init(_ descriptor: Descriptor, _ peer: SocketAddress, _ route: GatewayRoute, _ context: GatewayContext)
        throws(TLSError)
    {
        self.context = context
        self.route = route
        self.peer = peer
        parser = RequestHeadParser(limits: context.limits.head)
        client = Transport(
            descriptor, tls: try TLSConnection(route.tls, engine: context.engine, descriptor: descriptor.number))
    }

    /// Takes an accepted connection on.
    public static func begin(
        _ descriptor: Descriptor, from peer: SocketAddress, lease: ConnectionLease? = nil, route: GatewayRoute,
        context: GatewayContext
    ) {
        Socket.setNoDelay(descriptor.number)
        do {
            let session = try GatewaySession(descriptor, peer, route, context)
            session.lease = lease
            session.registration = try context.loop.register(descriptor.number, source: session, role: 0)
            context.began(session)
            session.setDeadline(context.limits.handshakeTimeout)
        } catch {
            context.log(.error, "client \(peer): cannot serve the connection: \(error)")
        }
    }

    /// Ends the connection now if it is idle, otherwise after its request.
    func drain() {
        if phase == .requestHead, parser.isIdle || inbox.isEmpty { finish() }
        exchange?.keepsConnection = false
    }

    // MARK: Events

    /// The event loop's call.
    public func ready(_ readiness: Readiness, role: UInt8) {
        if !readiness.isDisjoint(with: [.peerFinished, .hungUp, .failed]) {
            client.tls?.probeUntilEmpty = true
            clientReadable = true
        }
        if readiness.contains(.readable) { clientReadable = true }
        advance()
    }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        timer = nil
        switch phase {
        case .tlsHandshake: close("no TLS handshake within \(context.limits.handshakeTimeout)")
        case .requestHead: parser.isIdle ? finish() : refuse(.http(.headTimedOut))
        case .keys: if let waitingHead { judge(waitingHead, afterRefresh: true) }
        case .exchange: exchange?.timedOut()
        case .answering, .lingering: close("did not take its answer")
        case .ended: break
        }
    }

    private func advance() {
        if case .failed(let error) = client.flush() { return close("\(error)") }
        switch phase {
        case .tlsHandshake: continueHandshake()
        case .requestHead: readHead()
        case .keys: break
        case .exchange: exchange?.advance()
        case .answering: if client.pendingOutput == 0 { beginToLinger() }
        case .lingering: linger()
        case .ended: break
        }
    }

    private func continueHandshake() {
        switch client.handshake() {
        case .inProgress: break
        case .complete: awaitRequest()
        case .failed(.tls(let failure)) where failure.kind == .plainHTTP:
            let bytes = FailureMapping.answer(to: .plainHTTP, challenge: route.challenge).serialized()
            _ = unsafe bytes.withUnsafeBytes { unsafe Socket.send(client.descriptor.number, $0) }
            beginToLinger()
        case .failed(let error): close("TLS handshake: \(error)")
        }
    }

    // MARK: Requests

    private func awaitRequest() {
        phase = .requestHead
        parser = RequestHeadParser(limits: context.limits.head)
        exchange = nil
        if context.isDraining { return finish() }
        // Before the first request there is nothing to keep alive: that is a client that is slow to ask.
        let patience = hasServed ? context.limits.keepAliveTimeout ?? .zero : context.limits.headTimeout
        setDeadline(inbox.isEmpty ? patience : context.limits.headTimeout)
        readHead()
    }

    private func readHead() {
        while phase == .requestHead {
            if inbox.isEmpty {
                switch fillInbox() {
                case .bytes: if parser.isIdle { setDeadline(context.limits.headTimeout) }
                case .wouldBlock: return
                case .finished, .truncated: return parser.isIdle ? finish() : close("left in the middle of a request")
                case .failed(let error): return close("\(error)")
                }
            }
            do throws(HTTPError) {
                switch try parser.receive(inbox.span) {
                case .needMore:
                    inbox = []
                case .head(let head, let consumed):
                    inbox.removeFirst(consumed)
                    judge(head, afterRefresh: false)
                }
            } catch {
                refuse(.http(error))
            }
        }
    }

    /// Reads once from the client.
    private func fillInbox() -> Transport.ReadResult {
        guard clientReadable else { return .wouldBlock }
        let result = client.read { bytes in
            self.inbox.reserveCapacity(bytes.count)
            for index in 0..<bytes.count { self.inbox.append(bytes[index]) }
        }
        if case .wouldBlock = result { clientReadable = false }
        return result
    }

    private func judge(_ head: RequestHead, afterRefresh: Bool) {
        guard let gatekeeper = route.gatekeeper else { return begin(head) }
        switch gatekeeper.decide(head, afterRefresh: afterRefresh) {
        case .admitted: begin(head)
        case .refused(let refusal): refuse(.gate(refusal))
        case .unavailable(let keys): refuse(.keysUnavailable(keys))
        case .awaitKeys:
            waitingHead = head
            if phase != .keys {
                phase = .keys
                setDeadline(context.limits.keysTimeout)
            }
            gatekeeper.whenKeysSettle { [weak self] in
                guard let self, phase == .keys else { return }
                judge(head, afterRefresh: true)
            }
        }
    }

    private func begin(_ head: RequestHead) {
        waitingHead = nil
        if head.form == .authority || head.form == .asterisk {
            return refuse(.http(.invalidTargetForm))
        }
        let path: String
        switch route.target(head.path) {
        case .same: path = head.path
        case .path(let other): path = other
        case .notFound: return answer(HTTPAnswer(404, "there is nothing at this path"), to: head)
        case .notYetKnown:
            return answer(
                HTTPAnswer(
                    503, "the identity provider cannot be reached yet; try again later",
                    fields: ["Retry-After": String(route.challenge.retryAfter)]), to: head)
        }
        do throws(HTTPError) {
            let framing = try BodyFraming.request(head)
            let expectation = try ContinueExpectation.of(head, framing: framing)
            phase = .exchange
            clearDeadline()
            let exchange = Exchange(
                head, framing: framing, expectation: expectation, target: head.query.map { "\(path)?\($0)" } ?? path,
                session: self)
            self.exchange = exchange
            exchange.start()
        } catch {
            refuse(.http(error))
        }
    }

    // MARK: What an exchange asks for

    var loop: EventLoop { context.loop }
    var resolver: Resolver { context.resolver }
    var limits: GatewayLimits { context.limits }
    var upstreamRoute: GatewayRoute { route }
    var clientAddress: SocketAddress { peer }
    var clientPending: Int { client.pendingOutput }
    var log: Log { context.log }

    /// The next bytes of the request's body, as far as `consume` takes them; it answers how many it took.
    func takeInput(_ consume: (Span<UInt8>) -> Int) -> Transport.ReadResult {
        if inbox.isEmpty {
            let result = fillInbox()
            guard case .bytes = result else { return result }
        }
        let taken = consume(inbox.span)
        inbox.removeFirst(taken)
        return .bytes
    }

    /// Whether the client's connection has ended, noticed while nobody reads its body.
    func clientHasLeft() -> Bool {
        guard inbox.isEmpty else { return false }
        switch fillInbox() {
        case .finished, .truncated, .failed: return true
        case .bytes, .wouldBlock: return false
        }
    }

    func write(_ bytes: [UInt8]) { client.write(bytes) }

    /// Sends what was written; false when the client's connection broke, which ended the session.
    func flush() -> Bool {
        if case .failed(let error) = client.flush() {
            close("\(error)")
            return false
        }
        return true
    }

    func setDeadline(_ delay: Duration) {
        clearDeadline()
        timer = context.loop.schedule(at: context.loop.now + delay, self, purpose: 0)
    }

    /// The exchange is over and its response is with the client's transport.
    func exchangeFinished(keepsConnection: Bool) {
        exchange?.release()
        hasServed = true
        if keepsConnection, !context.isDraining {
            // Through a job, so that pipelined requests don't recurse.
            context.loop.enqueue { [weak self] in
                guard let self, phase == .exchange else { return }
                awaitRequest()
            }
        } else {
            finish()
        }
    }

    /// The exchange failed before its response's head was sent.
    func exchangeFailed(_ answer: HTTPAnswer, to head: RequestHead) { self.answer(answer, to: head) }

    /// The exchange failed in the middle of its response: the client is told by an early end without close_notify.
    func exchangeBroke(_ reason: String) {
        context.log(.warn, "client \(peer): response cut short: \(reason)")
        Socket.setAbortOnClose(client.descriptor.number)
        close(reason)
    }

    // MARK: Answers and ends

    private func refuse(_ failure: BridgeFailure) {
        context.log(.info, "client \(peer): \(failure)")
        answer(FailureMapping.answer(to: failure, challenge: route.challenge), to: nil)
    }

    private func answer(_ answer: HTTPAnswer, to head: RequestHead?) {
        exchange?.release()
        exchange = nil
        client.write(answer.serialized(withBody: head?.method != "HEAD"))
        finish()
    }

    /// Ends the connection in order: what was written is sent, then the end.
    private func finish() {
        exchange?.release()
        exchange = nil
        phase = .answering
        setDeadline(context.limits.closeTimeout)
        client.finishWriting()
        if case .failed(let error) = client.flush() { return close("\(error)") }
        if client.pendingOutput == 0 { beginToLinger() }
    }

    /// Closing a socket with unread bytes resets the connection, and the answer would be lost: read on until the client
    /// ends, within limits.
    private func beginToLinger() {
        phase = .lingering
        setDeadline(context.limits.closeTimeout)
        Socket.shutdownWrite(client.descriptor.number)
        linger()
    }

    private func linger() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            switch unsafe buffer.withUnsafeMutableBytes({ unsafe Socket.receive(client.descriptor.number, into: $0) }) {
            case .wouldBlock: return
            case .bytes(let count) where count > 0:
                lingered += count
                if lingered > Self.lingerLimit { return close("sent more than it should") }
            case .bytes, .failed: return close("ended")
            }
        }
    }

    func close(_ reason: String) {
        if phase == .ended { return }
        context.log(.debug, "client \(peer): \(reason)")
        phase = .ended
        clearDeadline()
        exchange?.release()
        exchange = nil
        if let registration { context.loop.deregister(registration) }
        registration = nil
        client.descriptor.close()
        context.ended(self)
    }

    private func clearDeadline() {
        if let timer { context.loop.cancel(timer) }
        timer = nil
    }
}
