import Bytes
import HTTP1
import Reactor
import System
import TLS
import Testing

/// One event loop with everything on it: client, proxy and upstream, served turn by turn, so a test is deterministic
/// and never sleeps.
final class Bench {
    let loop: EventLoop
    let resolver: Resolver
    let engine: TLSEngine

    struct TimedOut: Error {
        let waitingFor: String
    }

    init() throws {
        loop = try EventLoop()
        resolver = try Resolver(loop: loop)
        engine = try TLSEngine()
    }

    /// Turns the loop until `isDone`.
    func run(_ purpose: String, within limit: Duration = .seconds(20), until isDone: () -> Bool) throws {
        let deadline = Clock.monotonic + limit
        while !isDone() {
            if Clock.monotonic > deadline { throw TimedOut(waitingFor: purpose) }
            try loop.turn(maximumWait: .milliseconds(100))
        }
    }

    /// Turns the loop until nothing happens any more: `measure` stays the same for some waiting turns.
    func settle(_ measure: () -> Int = { 0 }) throws {
        var quiet = 0
        var last = measure()
        while quiet < 4 {
            try loop.turn(maximumWait: .milliseconds(15))
            let now = measure()
            quiet = now == last ? quiet + 1 : 0
            last = now
        }
    }
}

/// The certificates of all tests: keys take time to make.
enum TestTrust {
    static let authority = made { () throws(TLSError) in
        try CertificateAuthority(commonName: "gateway tests", now: Clock.unix)
    }
    static let stranger = made { () throws(TLSError) in
        try CertificateAuthority(commonName: "someone else", now: Clock.unix)
    }
    private static let leaf = made { () throws(TLSError) in
        try authority.issue(CertificateRequest(commonName: "localhost", names: SubjectName.localhost, now: Clock.unix))
            .material(label: "test")
    }

    static func server() throws -> TLSContext { try .server(.init(certificates: [leaf])) }

    static func client(_ authority: CertificateAuthority = authority) throws -> TLSContext {
        let pem = authority.certificate.certificatePEM
        return try .client(.init(trust: .authorities(TrustedAuthorities(pem: pem, label: "test authority"))))
    }

    private static func made<Value>(_ make: () throws(TLSError) -> Value) -> Value {
        do throws(TLSError) { return try make() } catch { preconditionFailure("\(error)") }
    }
}

/// One end of a connection: collects what comes, sends what it is told to.
final class TestPeer: EventSource {
    /// How the other side ended.
    enum Ending: Equatable {
        case finished
        case truncated
        case broken
    }

    let transport: Transport
    var received: [UInt8] = []
    private(set) var ending: Ending?
    private(set) var isShaken: Bool
    /// Called after whatever came.
    var changed: (TestPeer) -> Void = { _ in }
    /// While false, nothing is read: the other side runs into back pressure.
    var isReading = true {
        didSet { if isReading { advance() } }
    }
    private let loop: EventLoop
    private var registration: Registration?

    init(_ descriptor: Descriptor, tls: TLSConnection?, loop: EventLoop) throws {
        self.loop = loop
        transport = Transport(descriptor, tls: tls)
        isShaken = tls == nil
        registration = try loop.register(descriptor.number, source: self, role: 0)
    }

    /// Connects to `address`.
    static func connect(
        to address: SocketAddress, tls: TLSContext?, engine: TLSEngine, loop: EventLoop, receiveBuffer: Int32 = 0
    ) throws -> TestPeer {
        let (descriptor, _) = try Socket.connect(to: address)
        Socket.setBuffers(descriptor.number, receive: receiveBuffer, send: 0)
        let session = try tls.map {
            try TLSConnection($0, engine: engine, descriptor: descriptor.number, serverName: "localhost")
        }
        return try TestPeer(descriptor, tls: session, loop: loop)
    }

    deinit { close() }

    var text: String { String(decoding: received, as: UTF8.self) }
    var isEnded: Bool { ending != nil }
    var isClosed: Bool { registration == nil }

    func ready(_ readiness: Readiness, role: UInt8) {
        if !readiness.isDisjoint(with: [.peerFinished, .hungUp, .failed]) { transport.tls?.probeUntilEmpty = true }
        advance()
    }

    private func advance() {
        guard registration != nil else { return }
        if !isShaken {
            switch transport.handshake() {
            case .complete: isShaken = true
            case .inProgress: return
            case .failed: return ending = .broken
            }
        }
        if case .failed = transport.flush() { ending = ending ?? .broken }
        while isReading, ending == nil {
            switch transport.read({ bytes in
                unsafe bytes.withUnsafeBufferPointer { unsafe received.append(contentsOf: $0) }
            }) {
            case .bytes: break
            case .wouldBlock: return changed(self)
            case .finished: ending = .finished
            case .truncated: ending = .truncated
            case .failed: ending = .broken
            }
        }
        changed(self)
    }

    func send(_ bytes: [UInt8]) {
        transport.write(bytes)
        if isShaken { _ = transport.flush() }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Ends this side in order (close_notify on TLS, and FIN) and goes on reading.
    func finish() {
        transport.finishWriting()
        if isShaken { _ = transport.flush() }
    }

    func close() {
        if let registration { loop.deregister(registration) }
        registration = nil
        transport.descriptor.close()
    }

    func reset() {
        Socket.setAbortOnClose(transport.descriptor.number)
        close()
    }
}

/// An upstream whose connections do what the test says.
final class TestServer {
    private(set) var connections: [TestPeer] = []
    /// Complete requests, in the order in which they came.
    private(set) var requests: [Request] = []
    /// Called for each connection with what came; set by ``answer`` or by the test.
    var changed: (TestPeer) -> Void = { _ in }
    let address: SocketAddress
    private var listener: Listener?

    struct Request {
        let head: RequestHead
        let body: [UInt8]
    }

    init(_ bench: Bench, tls: TLSContext? = nil, sendBuffer: Int32 = 0, receiveBuffer: Int32 = 0) throws {
        let socket = try Socket.listen(at: #require(SocketAddress(literal: "127.0.0.1", port: 0)))
        Socket.setBuffers(socket.number, receive: receiveBuffer, send: sendBuffer)
        address = try Socket.localAddress(socket.number)
        let engine = try TLSEngine()
        listener = try Listener(
            socket, loop: bench.loop,
            accepted: { [weak self] descriptor, _ in
                guard let self else { return }
                Socket.setNoDelay(descriptor.number)
                do {
                    let session = try tls.map {
                        try TLSConnection($0, engine: engine, descriptor: descriptor.number)
                    }
                    let peer = try TestPeer(descriptor, tls: session, loop: bench.loop)
                    peer.changed = { [weak self] in self?.changed($0) }
                    connections.append(peer)
                } catch { Issue.record(error) }
            }, failed: { Issue.record($0) })
    }

    deinit { listener?.close() }

    /// Answers each complete request with these bytes and ends the connection.
    func answer(_ answer: @escaping (Request) -> [UInt8]) {
        changed = { [weak self] peer in
            guard let self, !peer.received.isEmpty, let request = Self.request(in: &peer.received) else { return }
            requests.append(request)
            peer.send(answer(request))
            peer.finish()
        }
    }

    func answer(_ text: String) { answer { _ in Array(text.utf8) } }

    /// Takes the request that `bytes` are, if it is complete.
    static func request(in bytes: inout [UInt8]) -> Request? {
        var parser = RequestHeadParser()
        guard case .head(let head, let consumed)? = try? parser.receive(bytes.span),
            let framing = try? BodyFraming.request(head)
        else { return nil }
        var decoder = BodyDecoder(framing)
        guard let body = decode(&decoder, bytes, from: consumed), decoder.isFinished else { return nil }
        bytes = []
        return Request(head: head, body: body.content)
    }

    /// Decodes what `bytes` hold from `start` on.
    static func decode(
        _ decoder: inout BodyDecoder, _ bytes: [UInt8], from start: Int
    ) -> (content: [UInt8], position: Int)? {
        var content: [UInt8] = []
        var position = start
        while position < bytes.count, !decoder.isFinished {
            guard let step = try? decoder.decode(bytes.span, from: position) else { return nil }
            content += bytes[step.content]
            position = step.position
        }
        return (content, position)
    }
}
