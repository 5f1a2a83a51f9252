// One connection to the admin server.
//
// Rules:
// - One request at a time, and one answer in a turn of the loop; what was sent early waits in `input`, and what doesn't
//   fit there waits in the kernel.
// - Nothing is read while an answer waits for the peer, so output is bounded by one answer.
// - Every wait has a time-out: for the next request, for the rest of a head, for the peer to take an answer, and for it
//   to finish after the last one (so that no unread byte turns the end into a reset).
// - A misdeed is answered in words and ends the connection.
// - It ends once: `close` forgets everything.
internal import Bytes
internal import HTTP1
internal import Reactor
internal import System

final class AdminConnection: EventSource, TimerTarget {
    /// What it waits for.
    private enum Phase: UInt8 {
        /// The first byte of a request.
        case idle
        /// The rest of a head.
        case head
        /// The peer to take the answer.
        case answer
        /// The peer to finish, nothing more to be said.
        case end

        func timeout(_ limits: AdminLimits) -> Duration {
            switch self {
            case .idle: limits.idleTimeout
            case .head: limits.headTimeout
            case .answer: limits.writeTimeout
            case .end: limits.lingerTimeout
            }
        }
    }

    /// When something last came or went.
    private(set) var lastActivity: MonotonicTime

    private let transport: Transport
    private let loop: EventLoop
    private let routes: AdminRoutes
    private let limits: AdminLimits
    private let ended: (AdminConnection) -> Void
    private var registration: Registration?
    private var timer: TimerID?
    private var phase = Phase.idle
    private var parser: RequestHeadParser
    private var input: [UInt8] = []
    private var peerFinished = false
    private var requests = 0
    private var endsAfterAnswer = false
    private var isClosed = false

    init(
        _ descriptor: Descriptor, loop: EventLoop, routes: AdminRoutes, limits: AdminLimits,
        ended: @escaping (AdminConnection) -> Void
    ) {
        parser = RequestHeadParser(limits: limits.head)
        self.limits = limits
        transport = Transport(descriptor)
        self.loop = loop
        self.routes = routes
        self.ended = ended
        lastActivity = loop.now
    }

    func start() {
        Socket.setNoDelay(transport.descriptor.number)
        do throws(SystemError) {
            registration = try loop.register(transport.descriptor.number, source: self, role: 0)
            enter(.idle)
        } catch {
            close()
        }
    }

    /// Ends when what is under way is answered; at once where nothing is. One that has just come is about to ask.
    func endAfterAnswer() {
        endsAfterAnswer = true
        if phase == .idle, input.isEmpty, requests > 0 { close() }
    }

    /// Ends at once.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        if let registration { loop.deregister(registration) }
        registration = nil
        if let timer { loop.cancel(timer) }
        transport.descriptor.close()
        ended(self)
    }

    // MARK: Events

    func ready(_ readiness: Readiness, role: UInt8) { advance() }

    func timerFired(purpose: UInt8) {
        timer = nil
        guard purpose == phase.rawValue else { return }
        switch phase {
        case .head:
            refuse(.headTimedOut)
            flush()
        case .answer:
            // What the kernel still holds for a peer that takes nothing isn't worth keeping.
            Socket.setAbortOnClose(transport.descriptor.number)
            close()
        case .idle, .end: close()
        }
    }

    /// Goes on to `phase`, and starts its time.
    private func enter(_ phase: Phase) {
        self.phase = phase
        if let timer { loop.cancel(timer) }
        timer = loop.schedule(at: loop.now + phase.timeout(limits), self, purpose: phase.rawValue)
    }

    // MARK: Moving on

    /// Does what can be done now, at most one answer.
    private func advance() {
        flush()
        guard !isClosed, phase != .answer else { return }
        let mayHaveMore = receive()
        guard !isClosed else { return }
        if phase == .end {
            input = []
            if peerFinished { return close() }
        } else {
            takeRequest()
            flush()
        }
        guard !isClosed, phase != .answer, mayHaveMore || peerFinished || !input.isEmpty, let registration
        else { return }
        loop.continueLater(registration, .readable)
    }

    /// Reads what there is, up to the bound; whether there may be more.
    private func receive() -> Bool {
        while !peerFinished, input.count < limits.inputBytes - Transport.readCapacity {
            switch transport.read({ bytes in
                unsafe bytes.withUnsafeBufferPointer { unsafe input.append(contentsOf: $0) }
            }) {
            case .bytes: lastActivity = loop.now
            case .wouldBlock: return false
            case .finished, .truncated: peerFinished = true
            case .failed:
                close()
                return false
            }
        }
        return !peerFinished
    }

    /// Answers the next request, if its head is there.
    private func takeRequest() {
        guard !input.isEmpty else {
            if peerFinished { close() }
            return
        }
        do throws(HTTPError) {
            guard case .head(let head, let consumed) = try parser.receive(input.span) else {
                input = []
                if peerFinished { return close() }
                if phase == .idle { enter(.head) }
                return
            }
            input.removeFirst(consumed)
            answer(head, try BodyFraming.request(head))
        } catch {
            refuse(error)
        }
    }

    private func answer(_ head: RequestHead, _ framing: BodyFraming) {
        requests += 1
        var answer = routes.answer(head)
        // Content is never read, so the next request can't be found behind it.
        let hasContent = framing != .none && framing != .length(0)
        if hasContent, answer.status < 400 { answer = AdminAnswer(400, "send the request without content") }
        if hasContent || head.version == .http10 || !head.isPersistent
            || requests >= limits.requestsPerConnection
        {
            endsAfterAnswer = true
        }
        transport.write(answer.serialized(withoutBody: head.method == "HEAD", closes: endsAfterAnswer))
        enter(.answer)
    }

    private func refuse(_ error: HTTPError) {
        endsAfterAnswer = true
        transport.write(AdminAnswer(error.status, "\(error)").serialized(withoutBody: false, closes: true))
        enter(.answer)
    }

    /// Sends what waits; an answer that is through makes room for the next request, or ends the connection.
    private func flush() {
        guard !isClosed, phase == .answer else { return }
        let before = transport.pendingOutput
        switch transport.flush() {
        case .failed: return close()
        case .blocked:
            guard transport.pendingOutput < before else { return }
            lastActivity = loop.now
            return enter(.answer)
        case .done: lastActivity = loop.now
        }
        guard endsAfterAnswer else { return enter(.idle) }
        input = []
        if peerFinished { return close() }
        transport.finishWriting()
        if case .failed = transport.flush() { return close() }
        enter(.end)
    }
}
