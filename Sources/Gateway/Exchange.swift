// One request passed on and its response passed back, both streamed.
//
// Rules:
// - The request's head is sent when the upstream is reached; its body is read only as fast as the upstream takes it.
// - The upstream is read only as fast as the client takes the response.
// - The framing that was understood is written anew (HTTP1.Forwarding), so both sides agree where messages end.
// - The client's connection lives on only if the request's body was read to its end before the response began: what is
//   left of a body can't be told from a request.
// - Until the first byte of the response is with the client's transport, a failure is answered; afterwards it can only
//   be told by ending the connection early.
// - A connection to the upstream serves one request.
// - Edge-triggered: `advance` goes on until nothing moves in either direction, output that a peer took included. Where
//   it stops earlier, for the sake of others, it asks to be continued.
// - Whatever may end the session is followed by a look at `isOver`, before a transport is touched again.
internal import Bridge
internal import Bytes
internal import HTTP1
internal import Reactor
internal import System
internal import TLS
internal import Telemetry

/// A request that was found to be in order, and what was understood of it.
struct GatewayRequest {
    let head: RequestHead
    let framing: BodyFraming
    let expectation: ContinueExpectation

    /// The checks that need nobody else: form of the target, framing, size, expectation.
    init(_ head: RequestHead, limits: GatewayLimits) throws(HTTPError) {
        // There is no tunnel to be had here, and the server as a whole has no path to look up.
        if head.form == .authority || head.form == .asterisk { throw .invalidTargetForm }
        self.head = head
        framing = try BodyFraming.request(head)
        if case .length(let length) = framing, length > limits.maxRequestBody {
            throw .contentTooLarge(limit: limits.maxRequestBody)
        }
        expectation = try ContinueExpectation.of(head, framing: framing)
    }
}

/// One request and its response.
final class Exchange: EventSource {
    /// Not weak: the session lets go of its exchange when either ends, and the session lives until then.
    private let session: GatewaySession
    private let request: GatewayRequest
    private let target: String
    private var requestDecoder: BodyDecoder
    private var requestEncoder: BodyEncoder
    private var dial: StreamDial?
    private var upstream: Transport?
    private var registration: Registration?
    private var upstreamReadable = true
    /// Whether there is more of the request to pass on; false also when the upstream takes no more.
    private var isSending = true
    /// The upstream's connection broke while the request was written; what it sent before may still be read.
    private var isWriteBroken = false
    private var responseParser = ResponseHeadParser()
    private var responseDecoder: BodyDecoder?
    private var responseEncoder: BodyEncoder?
    private var responseFraming = BodyFraming.none
    private var responseStatus = 0
    private var responseHasBegun = false
    private(set) var isOver = false
    private var startedAt = MonotonicTime(nanoseconds: 0)
    private var connectedAt: MonotonicTime?
    private var bodyBytesToUpstream = 0
    private var bodyBytesFromUpstream = 0
    /// Bytes of the response's body that the client's transport was given.
    private(set) var bodyBytesToClient = 0
    /// Whether the client's connection lives on after the response.
    var keepsConnection: Bool

    init(_ request: GatewayRequest, target: String, session: GatewaySession) {
        self.session = session
        self.request = request
        self.target = target
        keepsConnection = session.limits.keepAliveTimeout != nil
        let limits = BodyLimits(maxContentBytes: session.limits.maxRequestBody)
        requestDecoder = BodyDecoder(request.framing, limits: limits)
        requestEncoder = BodyEncoder(request.framing)
    }

    /// The request that is answered.
    var requestHead: RequestHead { request.head }

    /// What passed with the upstream, for the log.
    var upstreamReport: AnswerReport.Upstream {
        var report = AnswerReport.Upstream()
        report.status = responseStatus == 0 ? nil : responseStatus
        if let connectedAt {
            report.timeToConnect = connectedAt - startedAt
            report.responseTime = session.loop.now - connectedAt
        }
        report.bytesSent = UInt64(max(0, bodyBytesToUpstream))
        report.bytesReceived = UInt64(max(0, bodyBytesFromUpstream))
        return report
    }

    /// Reaches for the upstream.
    func start() {
        startedAt = session.loop.now
        let upstream = session.upstreamRoute.upstream
        dial = StreamDial(
            upstream.host, port: upstream.port, tls: upstream.tls, timeout: session.limits.connectTimeout,
            resolver: session.resolver, loop: session.loop
        ) { [weak self] result in
            guard let self, !isOver else { return }
            dial = nil
            session.metrics.count(result, of: .upstream)
            switch result {
            case .success(let transport): connected(transport)
            case .failure(let error): fail(.unreachable(error))
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
        connectedAt = session.loop.now
        let route = session.upstreamRoute
        let client = ForwardedClient(address: session.clientAddress.host, proto: "https", host: request.head.host)
        let head = Forwarding.requestHead(
            from: request.head, framing: request.framing,
            options: .init(
                host: route.preservesHost ? nil : route.upstream.authority, target: target,
                forwarded: route.tellsClient ? .replace(client) : .remove, closesConnection: true))
        transport.write(HeadSerializer.serialize(head))
        do throws(SystemError) {
            registration = try session.loop.register(transport.descriptor.number, source: self, role: 0)
        } catch {
            return fail(.unwatchable(reason: "\(error)"))
        }
        if request.expectation == .continueResponse { session.write(ContinueExpectation.continueBytes) }
        rearm()
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

    // MARK: Time

    /// Nothing moved for too long.
    func timedOut() {
        guard !isOver else { return }
        if responseHasBegun { return breakOff("nothing moved for too long") }
        fail(awaitsBody ? .bodyTimedOut : .silent)
    }

    /// Whether it is the client's turn to send more of its body.
    private var awaitsBody: Bool {
        isSending && !requestDecoder.isFinished && (upstream?.pendingOutput ?? 0) < session.limits.pendingBytes
    }

    /// Sets the deadline anew, after progress.
    private func rearm() {
        let limit = session.limits.pendingBytes
        let isBlocked = session.clientPending >= limit || (upstream?.pendingOutput ?? 0) >= limit
        session.setDeadline(isBlocked ? session.limits.sendTimeout : session.limits.readTimeout)
    }

    // MARK: Moving

    /// Moves what can be moved, in both directions.
    func advance() {
        guard !isOver, let upstream else { return }
        var rounds = 0
        while true {
            var moved = false
            if isSending, upstream.pendingOutput < session.limits.pendingBytes { moved = forwardRequest(upstream) }
            if isOver { return }
            if upstreamReadable, session.clientPending < session.limits.pendingBytes {
                moved = forwardResponse(upstream) || moved
            }
            if isOver { return }
            moved = flush(upstream) || moved
            let waiting = session.clientPending
            guard session.flush() else { return }
            if !moved, session.clientPending == waiting { break }
            rounds += 1
            if rounds >= session.limits.readsPerTurn {
                if let registration { session.loop.continueLater(registration, []) }
                break
            }
        }
        if rounds > 0 { rearm() }
    }

    /// Sends what waits for the upstream.
    ///
    /// - Returns: whether anything changed.
    private func flush(_ upstream: Transport) -> Bool {
        if isWriteBroken { return false }
        let waiting = upstream.pendingOutput
        if case .failed = upstream.flush() {
            // Its answer may be there all the same: servers refuse large uploads that way.
            isWriteBroken = true
            isSending = false
            upstreamReadable = true
            return true
        }
        return upstream.pendingOutput < waiting
    }

    // MARK: Request

    /// - Returns: whether anything moved.
    private func forwardRequest(_ upstream: Transport) -> Bool {
        var output: [UInt8] = []
        var misdeed: HTTPError?
        if !requestDecoder.isFinished {
            let result = session.takeInput { bytes in
                do throws(HTTPError) { return try self.takeBody(bytes, into: &output) } catch {
                    misdeed = error
                    return bytes.count
                }
            }
            switch result {
            case .bytes: break
            case .wouldBlock: return false
            case .failed:
                session.close("reset its connection in the middle of its request")
                return false
            case .finished, .truncated:
                // A client that was answered already need not send the rest.
                if responseHasBegun {
                    isSending = false
                } else {
                    session.close("left in the middle of its request")
                }
                return false
            }
        }
        if misdeed == nil, requestDecoder.isFinished {
            do throws(HTTPError) { try requestEncoder.finish(into: &output) } catch { misdeed = error }
            isSending = false
        }
        if let misdeed {
            responseHasBegun ? breakOff("\(misdeed)") : fail(.shared(.http(misdeed)))
            return false
        }
        upstream.write(output)
        return true
    }

    /// Passes on what `bytes` hold of the body, as one piece: small chunks of the client cost no more than large ones.
    ///
    /// - Returns: how many bytes belonged to this request.
    private func takeBody(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws(HTTPError) -> Int {
        var position = 0
        var content: [UInt8] = []
        while position < bytes.count, !requestDecoder.isFinished {
            let step = try requestDecoder.decode(bytes, from: position)
            append(bytes.extracting(step.content), to: &content)
            position = step.position
        }
        bodyBytesToUpstream += content.count
        try requestEncoder.encode(content.span, into: &output)
        return position
    }

    // MARK: Response

    /// - Returns: whether anything moved.
    private func forwardResponse(_ upstream: Transport) -> Bool {
        var output: [UInt8] = []
        var misdeed: HTTPError?
        let result = upstream.read { bytes in
            do throws(HTTPError) { try self.takeResponse(bytes, into: &output) } catch { misdeed = error }
        }
        if let misdeed { return upstreamFailed("\(misdeed)") }
        switch result {
        case .bytes:
            send(output)
            return true
        case .wouldBlock:
            upstreamReadable = false
            return false
        case .finished: return upstreamEnded(inOrder: !isWriteBroken)
        case .truncated: return upstreamEnded(inOrder: false)
        case .failed(let error): return upstreamFailed("\(error)")
        }
    }

    private func takeResponse(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws(HTTPError) {
        var position = 0
        while responseDecoder == nil {
            guard position < bytes.count,
                case .head(let head, let consumed) = try responseParser.receive(
                    bytes.extracting(position..<bytes.count))
            else { return }
            position += consumed
            // Interim responses are hop-by-hop matters here: the client's expectation was answered already.
            if !head.isInterim { try begin(head, into: &output) }
        }
        guard var decoder = responseDecoder else { return }
        var content: [UInt8] = []
        // What follows the end of the response is nobody's: the connection serves one request.
        while position < bytes.count, !decoder.isFinished {
            let step = try decoder.decode(bytes, from: position)
            append(bytes.extracting(step.content), to: &content)
            position = step.position
        }
        responseDecoder = decoder
        bodyBytesFromUpstream += content.count
        bodyBytesToClient += content.count
        try responseEncoder?.encode(content.span, into: &output)
        if decoder.isFinished { try responseEncoder?.finish(into: &output) }
    }

    private func begin(_ head: ResponseHead, into output: inout [UInt8]) throws(HTTPError) {
        // Upgrade was not passed on, so nothing was agreed to.
        if head.status == 101 { throw .malformedStatusLine }
        let framing = try BodyFraming.response(head, to: request.head.method)
        if !requestDecoder.isFinished { keepsConnection = false }
        let answer = Forwarding.responseHead(
            from: head, to: request.head, framing: framing, options: .init(keepsConnection: keepsConnection))
        keepsConnection = answer.isPersistent
        responseDecoder = BodyDecoder(framing)
        responseEncoder = BodyEncoder(answer.framing)
        responseFraming = answer.framing
        responseStatus = head.status
        HeadSerializer.append(answer.head, to: &output)
    }

    /// Gives a piece of the response to the client's transport, and ends the exchange with the last one.
    private func send(_ output: [UInt8]) {
        if !output.isEmpty {
            session.write(output)
            responseHasBegun = true
        }
        guard responseDecoder?.isFinished == true, session.flush() else { return }
        isOver = true
        session.exchangeFinished(status: responseStatus, keepsConnection: keepsConnection)
    }

    private func upstreamEnded(inOrder: Bool) -> Bool {
        guard var decoder = responseDecoder else { return upstreamFailed("it ended before it answered") }
        // A body that ends with the connection can be cut short by anyone, unless TLS says that it is complete.
        if decoder.endsWithConnection, !inOrder { return upstreamFailed("its answer was cut short") }
        var output: [UInt8] = []
        do throws(HTTPError) {
            try decoder.receiveEnd()
            try responseEncoder?.finish(into: &output)
        } catch {
            return upstreamFailed("\(error)")
        }
        responseDecoder = decoder
        send(output)
        return false
    }

    // MARK: Failures

    private func upstreamFailed(_ reason: String) -> Bool {
        responseHasBegun ? breakOff("upstream: \(reason)") : fail(.unusable(reason: reason))
        return false
    }

    private func fail(_ failure: GatewayFailure) {
        guard !isOver else { return }
        isOver = true
        session.exchangeFailed(failure)
    }

    private func breakOff(_ reason: String) {
        guard !isOver else { return }
        isOver = true
        // Where the end of the connection is the end of the body, an orderly end would pass for a complete response.
        session.exchangeBroke(reason, aborts: responseFraming == .untilClose)
    }

    private func append(_ piece: Span<UInt8>, to bytes: inout [UInt8]) {
        unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }
}
