import Bytes
import HTTP1
import Reactor
import System
import TLS
import WebSocket

/// One connection of the test server.
final class ServerConnection: EventSource {
    private enum Phase { case handshake, request, socket, ending, over }

    private let transport: Transport
    private unowned let worker: ServerWorker
    private var registration: Registration?
    private var phase = Phase.handshake
    private var parser = RequestHeadParser()
    private var head: RequestHead?
    private var decoder = BodyDecoder(.none)
    private var body: [UInt8] = []
    private var stream = WebSocketStream(role: .server, maxOutgoingFrame: 65_535)
    private var script = SocketScript()
    private var received = 0

    init(_ transport: Transport, worker: ServerWorker) throws {
        self.transport = transport
        self.worker = worker
        Socket.setNoDelay(transport.descriptor.number)
        registration = try worker.loop.register(transport.descriptor.number, source: self, role: 0)
    }

    func end() {
        phase = .over
        if let registration { worker.loop.deregister(registration) }
        registration = nil
        transport.descriptor.close()
        worker.forget(self)
    }

    func ready(_ readiness: Readiness, role: UInt8) {
        if phase == .handshake {
            switch transport.handshake() {
            case .inProgress: return
            case .failed: return end()
            case .complete: phase = .request
            }
        }
        if !readiness.isDisjoint(with: [.peerFinished, .hungUp, .failed]) { transport.tls?.probeUntilEmpty = true }
        if case .failed = transport.flush() { return note("failed") }
        while phase != .over, received < script.readsAtMost {
            var pieces: [[UInt8]] = []
            let result = transport.read { span in pieces.append(span.indices.map { span[$0] }) }
            for piece in pieces { take(piece) }
            if phase == .over { return }
            switch result {
            case .bytes: continue
            case .wouldBlock:
                _ = transport.flush()
                return
            case .finished: return note("finished")
            case .truncated: return note("truncated")
            case .failed: return note("failed")
            }
        }
    }

    private func note(_ ending: String) {
        worker.box.with { $0.endings.append(ending) }
        end()
    }

    private func take(_ bytes: [UInt8]) {
        worker.box.with { $0.reads += 1 }
        do {
            switch phase {
            case .request: try takeRequest(bytes)
            case .socket: takeFrames(bytes)
            case .handshake, .ending, .over: break
            }
        } catch {
            reply(.text(400, "\(error)"))
        }
    }

    private func takeRequest(_ bytes: [UInt8]) throws {
        var rest = bytes
        if head == nil {
            guard case .head(let parsed, let consumed) = try parser.receive(bytes.span) else { return }
            head = parsed
            decoder = BodyDecoder(try BodyFraming.request(parsed))
            rest.removeFirst(consumed)
        }
        var position = 0
        while !decoder.isFinished, position < rest.count {
            let step = try decoder.decode(rest.span, from: position)
            body += rest[step.content]
            position = step.position
        }
        guard decoder.isFinished, let head else { return }
        let content = body
        worker.box.with { seen in
            seen.requests.append(head)
            seen.bodies.append(content)
        }
        reply(worker.answer(head, content))
        if phase == .socket, position < rest.count { takeFrames(Array(rest[position...])) }
    }

    private func reply(_ reply: Reply) {
        switch reply {
        case .answer(let head, let body):
            transport.write(HeadSerializer.serialize(head) + body)
            finish(.finish)
        case .raw(let bytes, let ending):
            transport.write(bytes)
            finish(ending)
        case .upgrade(let script):
            self.script = script
            upgrade()
        }
    }

    private func upgrade() {
        guard let head else { return }
        do {
            var answer = try OpeningHandshake().validate(head).responseHead
            if let fields = script.fields { answer.fields = fields }
            transport.write(HeadSerializer.serialize(answer))
        } catch {
            return reply(.text(error.status, error.description))
        }
        phase = .socket
        for message in script.greeting { stream.send(message) }
        if let ping = script.ping { stream.ping(ping) }
        transport.write(script.rawGreeting)
        if let (code, reason) = script.close { stream.close(code, reason: reason) }
        transport.write(stream.takeOutput())
        _ = transport.flush()
        if let ending = script.ending { finish(ending) }
    }

    private func finish(_ ending: Reply.RawEnding) {
        switch ending {
        case .finish:
            transport.finishWriting()
            _ = transport.flush()
            phase = .ending
        case .cut:
            _ = transport.flush()
            end()
        case .reset:
            _ = transport.flush()
            Socket.setAbortOnClose(transport.descriptor.number)
            end()
        case .wait: _ = transport.flush()
        }
    }

    private func takeFrames(_ bytes: [UInt8]) {
        for event in stream.receive(bytes) {
            switch event {
            case .data(let data, let endsMessage):
                received += data.count
                worker.box.with { $0.data += data }
                if script.echoes { stream.sendFrame(.binary, data, isFinal: true) }
                _ = endsMessage
            case .close(let status): worker.box.with { $0.closes.append(status) }
            default: break
            }
        }
        if !script.answersClose, stream.state != .open { return }
        transport.write(stream.takeOutput())
        _ = transport.flush()
        if stream.shouldEndTransport { finish(script.endsTLS ? .finish : .cut) }
    }
}
