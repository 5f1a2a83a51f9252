// One connection of a MockHTTPServer.
//
// Rules:
// - One request at a time: what a client sends early stays in `input` until the answer before is through.
// - Whatever fails ends the connection; a client that ended its side still gets the answer to what it asked.
// - After the last answer the output is finished, and the connection waits for the client to finish too, so that no
//   unread byte turns the end into a reset.
// - It ends once: `close` forgets everything.
internal import Bytes
internal import HTTP1
internal import Reactor
internal import System
internal import TLS

final class MockHTTPConnection: EventSource, TimerTarget {
    /// What the connection waits for.
    private enum Phase {
        case handshake
        case head
        case body(RequestHead, BodyDecoder, [UInt8])
        /// The time at which an answer may leave.
        case delay(MockAnswer, RequestHead)
        /// The client to take the answer; the rest of one that leaves slowly.
        case delivery([UInt8], bytes: Int, every: Duration)
        /// The client to give up: it gets no answer.
        case silence
        /// The client to finish, nothing more to be said.
        case end
    }

    /// The largest request body taken.
    private static let maxBodyBytes: UInt64 = 256 * 1024 * 1024
    /// How long a client may take to finish its side.
    private static let lingering: Duration = .seconds(2)
    /// How much may be read ahead.
    private static let maxInputBytes = 1024 * 1024

    private let transport: Transport
    private let service: MockHTTPService
    private var registration: Registration?
    private var timer: TimerID?
    private var phase = Phase.handshake
    private var parser = RequestHeadParser()
    private var input: [UInt8] = []
    private var peerFinished = false
    private var closesAfterDelivery = false
    private var isClosed = false

    init(_ transport: Transport, service: MockHTTPService) {
        self.transport = transport
        self.service = service
    }

    func start() {
        do throws(SystemError) {
            registration = try service.loop.register(transport.descriptor.number, source: self, role: 0)
        } catch {
            close()
        }
    }

    func ready(_ readiness: Readiness, role: UInt8) {
        if !readiness.isDisjoint(with: [.peerFinished, .hungUp, .failed]) { transport.tls?.probeUntilEmpty = true }
        advance()
    }

    func timerFired(purpose: UInt8) {
        timer = nil
        switch phase {
        case .delay(let answer, let head):
            deliver(answer, to: head)
            advance()
        case .delivery(let rest, let bytes, let interval):
            transport.write(Array(rest.prefix(bytes)))
            phase = .delivery(Array(rest.dropFirst(bytes)), bytes: bytes, every: interval)
            if rest.count > bytes { schedule(after: interval) }
            advance()
        case .end: close()
        case .handshake, .head, .body, .silence: break
        }
    }

    private func schedule(after delay: Duration) {
        // Not from the turn's beginning: making a large answer takes longer than some delays.
        timer = service.loop.schedule(at: Clock.monotonic + delay, self, purpose: 0)
    }

    // MARK: Moving on

    /// Does what can be done now.
    private func advance() {
        if case .handshake = phase {
            switch transport.handshake() {
            case .complete: phase = .head
            case .inProgress: return
            case .failed:
                service.record.with { $0.handshakesFailed += 1 }
                return close()
            }
        }
        repeat {
            // In this order: an answer that is through makes room for the next request, which may have arrived before.
            flush()
            receive()
        } while !isClosed && takeRequest()
    }

    /// Reads what there is, up to a bound.
    private func receive() {
        while !isClosed, !peerFinished, input.count < Self.maxInputBytes {
            switch transport.read({ bytes in
                unsafe bytes.withUnsafeBufferPointer { unsafe input.append(contentsOf: $0) }
            }) {
            case .bytes: break
            case .wouldBlock: return
            case .finished, .truncated: peerFinished = true
            case .failed: return close()
            }
        }
    }

    /// Goes on with the next request as far as its bytes are there; whether there may be more to do.
    private func takeRequest() -> Bool {
        do throws(HTTPError) {
            switch phase {
            case .head:
                if input.isEmpty {
                    if peerFinished { closeInOrder() }
                    return false
                }
                let result = try parser.receive(input.span)
                guard case .head(let head, let consumed) = result else {
                    input = []
                    return true
                }
                input.removeFirst(consumed)
                let framing = try BodyFraming.request(head)
                if try ContinueExpectation.of(head, framing: framing) == .continueResponse {
                    transport.write(ContinueExpectation.continueBytes)
                    _ = transport.flush()
                }
                phase = .body(head, BodyDecoder(framing, limits: BodyLimits(maxContentBytes: Self.maxBodyBytes)), [])
                return true
            case .body(let head, var decoder, var body):
                // The body is moved out of the phase while it grows, so that it isn't copied.
                phase = .head
                var position = 0
                while position < input.count, !decoder.isFinished {
                    let step = try decoder.decode(input.span, from: position)
                    body += input[step.content]
                    position = step.position
                }
                input.removeFirst(position)
                if decoder.isFinished {
                    answer(MockRequest(head: head, body: body, isSecure: service.isSecure))
                } else if peerFinished {
                    close()
                } else {
                    phase = .body(head, decoder, body)
                    return input.count > 0
                }
                return true
            case .end, .silence:
                input = []
                if peerFinished { close() }
                return false
            case .handshake, .delay, .delivery:
                return false
            }
        } catch {
            closesAfterDelivery = true
            send(.text("\(error)", status: error.status), to: RequestHead(method: "GET", target: "/"))
            return true
        }
    }

    private func answer(_ request: MockRequest) {
        service.record.with { $0.requests += 1 }
        if !request.head.isPersistent { closesAfterDelivery = true }
        let answer = service.handler(request)
        if answer.delay > .zero {
            phase = .delay(answer, request.head)
            schedule(after: answer.delay)
        } else {
            deliver(answer, to: request.head)
        }
    }

    // MARK: Answering

    private func deliver(_ answer: MockAnswer, to head: RequestHead) {
        switch answer.delivery {
        case .close: close()
        case .reset:
            Socket.setAbortOnClose(transport.descriptor.number)
            close()
        case .silence: phase = .silence
        default: send(answer, to: head)
        }
    }

    private func send(_ answer: MockAnswer, to head: RequestHead) {
        var fields = answer.fields
        var body = answer.body
        var rest: (bytes: Int, every: Duration)?
        if head.method == "HEAD" || answer.status == 204 || answer.status == 304 { body = [] }
        switch answer.delivery {
        case .chunked(let bytes):
            fields.append("transfer-encoding", "chunked")
            body = Self.chunked(body, bytes: max(bytes, 1))
        case .untilClose: closesAfterDelivery = true
        case .cutShort(let count):
            fields.append("content-length", "\(body.count)")
            body = Array(body.prefix(count))
            closesAfterDelivery = true
        case .raw: closesAfterDelivery = true
        default:
            if answer.status != 204 { fields.append("content-length", "\(answer.body.count)") }
            if case .slowly(let bytes, let interval) = answer.delivery { rest = (max(bytes, 1), interval) }
        }
        if closesAfterDelivery { fields.append("connection", "close") }
        if answer.delivery != .raw {
            transport.write(HeadSerializer.serialize(ResponseHead(status: answer.status, fields: fields)))
        }
        if let rest {
            phase = .delivery(body, bytes: rest.bytes, every: rest.every)
            schedule(after: .zero)
        } else {
            transport.write(body)
            phase = .delivery([], bytes: 0, every: .zero)
        }
        flush()
    }

    private static func chunked(_ body: [UInt8], bytes: Int) -> [UInt8] {
        var output: [UInt8] = []
        var start = 0
        while start < body.count {
            let end = min(start + bytes, body.count)
            BodyEncoder.appendChunkHeader(size: end - start, to: &output)
            output += body[start..<end] + [0x0D, 0x0A]
            start = end
        }
        return output + BodyEncoder.lastChunk
    }

    /// Sends what waits; an answer that is through makes room for the next request, or ends the connection.
    private func flush() {
        guard !isClosed else { return }
        switch transport.flush() {
        case .failed: return close()
        case .blocked: return
        case .done: break
        }
        guard case .delivery(let rest, _, _) = phase, rest.isEmpty else { return }
        if closesAfterDelivery {
            phase = .end
            if peerFinished { return closeInOrder() }
            transport.finishWriting()
            if case .failed = transport.flush() { return close() }
            schedule(after: Self.lingering)
        } else {
            phase = .head
        }
    }

    /// Ends the connection when both sides have said everything; over TLS, with close_notify.
    private func closeInOrder() {
        transport.finishWriting()
        _ = transport.flush()
        close()
    }

    /// Ends the connection, once.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        if let registration { service.loop.deregister(registration) }
        registration = nil
        if let timer { service.loop.cancel(timer) }
        transport.descriptor.close()
        service.forget(self)
    }
}
