// One request passed on and its response passed back, both streamed.
//
// Rules:
// - The request's head is sent when the upstream is reached; its body is read only as fast as the upstream takes it.
// - The upstream is read only as fast as the client takes the response.
// - The framing that was understood is written anew (HTTP1.Forwarding), so both sides agree where messages end.
// - A connection to the upstream serves one request.
internal import Bridge
internal import Bytes
internal import HTTP1
internal import Reactor
internal import System
internal import TLS
internal import Telemetry

/// One request and its response.
final class Exchange: EventSource {
    private unowned let session: GatewaySession
    private let request: RequestHead
    private let target: String
    private let requestFraming: BodyFraming
    private let expectation: ContinueExpectation
    private var requestDecoder: BodyDecoder
    private var requestEncoder: BodyEncoder
    private var dial: StreamDial?
    private var upstream: Transport?
    private var registration: Registration?
    private var upstreamReadable = true
    private var responseParser = ResponseHeadParser()
    private var responseDecoder: BodyDecoder?
    private var responseEncoder: BodyEncoder?
    private var requestIsSent = false
    private var isOver = false
    /// Whether the client's connection lives on after the response.
    var keepsConnection: Bool

    init(
        _ request: RequestHead, framing: BodyFraming, expectation: ContinueExpectation, target: String, session: GatewaySession
    ) {
        self.session = session
        self.request = request
        self.target = target
        self.expectation = expectation
        requestFraming = framing
        keepsConnection = session.limits.keepAliveTimeout != nil
        requestDecoder = BodyDecoder(framing, limits: BodyLimits(maxContentBytes: session.limits.maxRequestBody))
        requestEncoder = BodyEncoder(framing)
    }

    /// Reaches for the upstream.
    func start() {
        let upstream = session.upstreamRoute.upstream
        dial = StreamDial(
            upstream.host, port: upstream.port, tls: upstream.tls, timeout: session.limits.connectTimeout,
            resolver: session.resolver, loop: session.loop
        ) { [weak self] result in
            guard let self, !isOver else { return }
            dial = nil
            switch result {
            case .success(let transport): connected(transport)
            case .failure(let error):
                session.log(.error, "upstream \(upstream.authority): \(error)")
                fail(error.isTimeout ? 504 : 502, "the upstream cannot be reached")
            }
        }
    }

    /// Lets go of the upstream; nothing is called any more.
    func release() {
        isOver = true
        dial?.cancel()
        dial = nil
        if let registration { session.loop.deregister(registration) }
        registration = nil
        upstream?.descriptor.close()
        upstream = nil
    }

    private func connected(_ transport: Transport) {
        upstream = transport
        let route = session.upstreamRoute
        let client = ForwardedClient(address: session.clientAddress.host, proto: "https", host: request.host)
        let head = Forwarding.requestHead(
            from: request, framing: requestFraming,
            options: .init(
                host: route.preservesHost ? nil : route.upstream.authority, target: target,
                forwarded: route.tellsClient ? .replace(client) : .remove, closesConnection: true))
        transport.write(HeadSerializer.serialize(head))
        do throws(SystemError) {
            registration = try session.loop.register(transport.descriptor.number, source: self, role: 0)
        } catch {
            session.log(.error, "upstream: \(error)")
            return fail(502, "the upstream cannot be reached")
        }
        if expectation == .continueResponse { session.write(ContinueExpectation.continueBytes) }
        session.setDeadline(session.limits.readTimeout)
        advance()
    }

    /// The event loop's call: the upstream is ready.
    func ready(_ readiness: Readiness, role: UInt8) {
        if !readiness.isDisjoint(with: [.peerFinished, .hungUp, .failed]) {
            upstream?.tls?.probeUntilEmpty = true
            upstreamReadable = true
        }
        if readiness.contains(.readable) { upstreamReadable = true }
        advance()
    }

    /// Nothing moved for too long.
    func timedOut() {
        responseDecoder == nil
            ? fail(504, "the upstream did not answer in time") : session.exchangeBroke("nothing moved for too long")
    }

    /// Moves what can be moved, in both directions.
    func advance() {
        guard !isOver else { return }
        guard let upstream else {
            // Still dialling: only the client's leaving matters.
            if session.clientHasLeft() { session.close("left before its request was answered") }
            return
        }
        var moved = true
        while moved, !isOver {
            moved = false
            if !requestIsSent, upstream.pendingOutput < session.limits.pendingBytes { moved = forwardRequest(upstream) }
            if isOver { return }
            if case .failed = upstream.flush() { requestIsSent = true }  // its answer may be there all the same
            if upstreamReadable, session.clientPending < session.limits.pendingBytes {
                moved = forwardResponse(upstream) || moved
            }
            if isOver { return }
            guard session.flush() else { return }
            if moved { session.setDeadline(session.limits.readTimeout) }
        }
        if requestIsSent, responseDecoder == nil, session.clientHasLeft() {
            session.close("left before its request was answered")
        }
    }

    // MARK: Request

    /// - Returns: whether anything moved.
    private func forwardRequest(_ upstream: Transport) -> Bool {
        if requestDecoder.isFinished {
            var end: [UInt8] = []
            do throws(HTTPError) { try requestEncoder.finish(into: &end) } catch {
                fail(400, error.description)
                return false
            }
            upstream.write(end)
            requestIsSent = true
            return true
        }
        var misdeed: HTTPError?
        let result = session.takeInput { bytes in
            do throws(HTTPError) {
                let step = try self.requestDecoder.decode(bytes)
                var framed: [UInt8] = []
                try self.requestEncoder.encode(bytes.extracting(step.content), into: &framed)
                upstream.write(framed)
                return step.position
            } catch {
                misdeed = error
                return bytes.count
            }
        }
        if let misdeed {
            responseDecoder == nil ? fail(misdeed.status, misdeed.description) : session.exchangeBroke("\(misdeed)")
            return false
        }
        switch result {
        case .bytes: return true
        case .wouldBlock: return false
        case .finished, .truncated, .failed:
            session.close("left in the middle of its request")
            return false
        }
    }

    // MARK: Response

    /// - Returns: whether anything moved.
    private func forwardResponse(_ upstream: Transport) -> Bool {
        var misdeed: HTTPError?
        let result = upstream.read { bytes in
            do throws(HTTPError) { try self.take(bytes) } catch { misdeed = error }
        }
        if let misdeed { return upstreamFailed("\(misdeed)") }
        switch result {
        case .bytes:
            if responseDecoder?.isFinished == true { finishResponse() }
            return true
        case .wouldBlock:
            upstreamReadable = false
            return false
        case .finished:
            return upstreamEnded(inOrder: true)
        case .truncated:
            return upstreamEnded(inOrder: upstream.tls == nil)
        case .failed(let error):
            return upstreamFailed("\(error)")
        }
    }

    private func take(_ bytes: Span<UInt8>) throws(HTTPError) {
        var position = 0
        while responseDecoder == nil {
            if position == bytes.count { return }
            guard
                case .head(let head, let consumed) = try responseParser.receive(
                    bytes.extracting(position..<bytes.count))
            else { return }
            position += consumed
            if head.isInterim {
                // Interim responses are hop-by-hop matters here: the client's expectation was answered already.
                responseParser = ResponseHeadParser()
                continue
            }
            try begin(head)
        }
        while position < bytes.count, var decoder = responseDecoder, !decoder.isFinished {
            let step = try decoder.decode(bytes, from: position)
            responseDecoder = decoder
            position = step.position
            var framed: [UInt8] = []
            try responseEncoder?.encode(bytes.extracting(step.content), into: &framed)
            session.write(framed)
        }
    }

    private func begin(_ head: ResponseHead) throws(HTTPError) {
        // Upgrade was not passed on, so nothing was agreed to.
        if head.status == 101 { throw .malformedStatusLine }
        let framing = try BodyFraming.response(head, to: request.method)
        // A response that comes before the request's body is through: what is left of it can't be told from a request.
        if !requestIsSent { keepsConnection = false }
        let answer = Forwarding.responseHead(
            from: head, to: request, framing: framing, options: .init(keepsConnection: keepsConnection))
        keepsConnection = answer.isPersistent
        responseDecoder = BodyDecoder(framing, limits: BodyLimits(maxContentBytes: .max))
        responseEncoder = BodyEncoder(answer.framing)
        session.write(HeadSerializer.serialize(answer.head))
    }

    private func finishResponse() {
        var end: [UInt8] = []
        do throws(HTTPError) { try responseEncoder?.finish(into: &end) } catch {
            return session.exchangeBroke("\(error)")
        }
        session.write(end)
        guard session.flush() else { return }
        isOver = true
        session.exchangeFinished(keepsConnection: keepsConnection && requestIsSent)
    }

    private func upstreamEnded(inOrder: Bool) -> Bool {
        guard var decoder = responseDecoder else { return upstreamFailed("it ended before it answered") }
        // A body that ends with the connection can be cut short by anyone, unless TLS says that it is complete.
        if decoder.endsWithConnection, !inOrder { return upstreamFailed("its answer was cut short") }
        do throws(HTTPError) { try decoder.receiveEnd() } catch { return upstreamFailed("\(error)") }
        responseDecoder = decoder
        finishResponse()
        return false
    }

    private func upstreamFailed(_ reason: String) -> Bool {
        session.log(.error, "upstream \(session.upstreamRoute.upstream.authority): \(reason)")
        if responseDecoder == nil {
            fail(502, "the upstream's answer is unusable")
        } else {
            session.exchangeBroke(reason)
        }
        return false
    }

    private func fail(_ status: Int, _ words: String) {
        guard !isOver else { return }
        isOver = true
        session.exchangeFailed(HTTPAnswer(status, words), to: request)
    }
}
