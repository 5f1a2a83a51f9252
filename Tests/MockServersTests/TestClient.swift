import Bytes
import HTTP1
import Reactor
import System
import TLS
import Testing

/// A client that blocks: connects, sends, receives, each within a deadline. Sending and receiving go on together, so
/// that neither side can hold the other up.
final class TestClient {
    /// How the server's side ended.
    enum Ending: Equatable {
        case finished
        case truncated
        case reset
    }

    /// What came until the end.
    struct Remainder: Equatable {
        let bytes: [UInt8]
        let ending: Ending
        var parts: ([UInt8], Ending) { (bytes, ending) }
    }

    struct TimedOut: Error {
        let waitingFor: String
    }

    /// What came and wasn't taken yet.
    private(set) var received: [UInt8] = []
    private(set) var ending: Ending?
    private let transport: Transport
    private let epoll: Epoll
    private let deadline = Clock.monotonic + .seconds(20)

    init(_ address: SocketAddress, tls: TLSContext? = nil) throws {
        let (descriptor, _) = try Socket.connect(to: address)
        epoll = try Epoll(capacity: 8)
        try epoll.add(descriptor.number, [.readable, .writable, .peerFinished], edgeTriggered: true, tag: 0)
        let session = try tls.map {
            try TLSConnection($0, engine: TLSEngine(), descriptor: descriptor.number, serverName: "127.0.0.1")
        }
        transport = Transport(descriptor, tls: session)
        _ = try epoll.wait(timeoutMilliseconds: 5000)
        let code = Socket.pendingError(descriptor.number)
        if code != 0 { throw SystemError("connect", address.description, code: code) }
        while tls != nil {
            switch transport.handshake() {
            case .complete: return
            case .inProgress: try waitForEvents("the handshake")
            case .failed(let error): throw error
            }
        }
    }

    private func waitForEvents(_ purpose: String) throws {
        if Clock.monotonic > deadline { throw TimedOut(waitingFor: purpose) }
        _ = try epoll.wait(timeoutMilliseconds: 1000)
    }

    /// Sends and receives until `isDone`.
    func pump(_ purpose: String, until isDone: () -> Bool) throws {
        while true {
            if case .failed = transport.flush() { ending = ending ?? .reset }
            receiveAvailable()
            if isDone() { return }
            if ending == .reset { throw TimedOut(waitingFor: "\(purpose), but the connection was reset") }
            try waitForEvents(purpose)
        }
    }

    private func receiveAvailable() {
        while ending == nil {
            switch transport.read({ bytes in
                unsafe bytes.withUnsafeBufferPointer { unsafe received.append(contentsOf: $0) }
            }) {
            case .bytes: break
            case .wouldBlock: return
            case .finished: ending = .finished
            case .truncated: ending = .truncated
            case .failed: ending = .reset
            }
        }
    }

    /// Queues bytes; they leave while something is waited for.
    func write(_ bytes: [UInt8]) {
        transport.write(bytes)
        _ = transport.flush()
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    /// Finishes the client's side once everything is sent.
    func finish() throws {
        transport.finishWriting()
        try pump("the output to leave") { transport.pendingOutput == 0 }
    }

    /// Sends without reading until the server takes no more; answers how many bytes left.
    ///
    /// That it takes no more is seen by nothing moving for a quarter of a second.
    func writeUntilBlocked(limit: Int) throws -> Int {
        let chunk = [UInt8](repeating: 0x61, count: 64 * 1024)
        var sent = 0
        while sent < limit {
            let count = unsafe chunk.withUnsafeBytes { bytes -> Int in
                if case .bytes(let count) = unsafe Socket.send(transport.descriptor.number, bytes) { return count }
                return 0
            }
            sent += count
            if count == 0, try epoll.wait(timeoutMilliseconds: 250) == 0 { break }
        }
        return sent
    }

    /// The next `count` bytes.
    func receive(_ count: Int) throws -> [UInt8] {
        try pump("\(count) bytes") { received.count >= count || ending != nil }
        let taken = Array(received.prefix(count))
        received.removeFirst(taken.count)
        return taken
    }

    /// Everything until the server ends the connection, in whichever way.
    func receiveToEnd() throws -> Remainder {
        while ending == nil {
            _ = transport.flush()
            receiveAvailable()
            if ending == nil { try waitForEvents("the end") }
        }
        defer { received = [] }
        return Remainder(bytes: received, ending: try #require(ending))
    }

    // MARK: HTTP

    struct Response {
        let head: ResponseHead
        let body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// The next final response. `method` is the request's.
    func response(to method: String = "GET") throws -> Response {
        var parser = ResponseHeadParser()
        var head: ResponseHead?
        try pump("a response's head") {
            guard head == nil, !received.isEmpty else { return head != nil || ending != nil }
            if case .head(let found, let consumed)? = try? parser.receive(received.span) {
                received.removeFirst(consumed)
                head = found
            } else {
                received = []
            }
            return head != nil
        }
        let found = try #require(head, "the connection ended without a response")
        if found.isInterim { return try response(to: method) }
        var decoder = BodyDecoder(try BodyFraming.response(found, to: method))
        var body: [UInt8] = []
        try pump("a response's body") {
            var position = 0
            while position < received.count, !decoder.isFinished,
                let step = try? decoder.decode(received.span, from: position)
            {
                body += received[step.content]
                position = step.position
            }
            received.removeFirst(position)
            return decoder.isFinished || ending != nil
        }
        if !decoder.isFinished { try decoder.receiveEnd() }
        return Response(head: found, body: body)
    }

    /// Sends a GET on this connection and answers the response.
    func get(_ target: String, fields: HeaderFields = [:]) throws -> Response {
        try request("GET", target, fields: fields)
    }

    /// Sends a form with POST and answers the response.
    func post(_ target: String, form: String, fields: HeaderFields = [:]) throws -> Response {
        try request("POST", target, fields: fields, body: Array(form.utf8))
    }

    func request(
        _ method: String, _ target: String, fields: HeaderFields = [:], body: [UInt8] = []
    ) throws -> Response {
        var fields = fields
        if !fields.contains("Host") { fields.append("Host", "localhost:1234") }
        if method == "POST" { fields.append("Content-Length", "\(body.count)") }
        write(HeadSerializer.serialize(RequestHead(method: method, target: target, fields: fields)) + body)
        return try response(to: method)
    }
}
