// A TLS server on a thread of its own: it answers HTTP requests as the test says and turns upgrades into WebSockets that
// behave as the test says. Small and obedient, with no rules of its own: what the client makes of it is the subject.
import Bytes
import Glibc
import HTTP1
import Reactor
import Synchronization
import System
import TLS
import Testing
import WebSocket

/// What the server does with a request.
enum Reply: Sendable {
    /// Answers and closes.
    case answer(ResponseHead, [UInt8])
    /// Sends these bytes and does this.
    case raw([UInt8], then: RawEnding)
    /// Upgrades, and behaves like this.
    case upgrade(SocketScript)

    enum RawEnding: Sendable { case finish, cut, reset, wait }

    static func text(_ status: Int, _ text: String, _ fields: HeaderFields = [:]) -> Reply {
        var all = fields
        all.append("Content-Length", String(text.utf8.count))
        return .answer(ResponseHead(status: status, fields: all), Array(text.utf8))
    }

    static func json(_ text: String) -> Reply { .text(200, text, ["Content-Type": "application/json"]) }
}

/// How the server's WebSockets behave.
struct SocketScript: Sendable {
    /// Sent behind the 101, one message each.
    var greeting: [[UInt8]] = []
    /// Bytes sent behind the 101 as they are.
    var rawGreeting: [UInt8] = []
    /// Whether messages are sent back.
    var echoes = true
    /// A ping behind the 101.
    var ping: [UInt8]?
    /// A Close behind the greeting.
    var close: (CloseCode, String)?
    /// How the TCP connection ends behind the greeting, if at all.
    var ending: Reply.RawEnding?
    /// Whether the client's Close is answered.
    var answersClose = true
    /// Whether TLS ends with close_notify.
    var endsTLS = true
    /// The server reads no frame once so many bytes have come.
    var readsAtMost = Int.max
    /// Replaces the fields of the 101.
    var fields: HeaderFields?
}

/// What the server saw.
struct Seen: Sendable {
    var requests: [RequestHead] = []
    var bodies: [[UInt8]] = []
    /// Payload bytes of all WebSockets.
    var data: [UInt8] = []
    var closes: [CloseStatus] = []
    var connections = 0
    /// How each connection's bytes ended: "finished", "truncated" or "failed".
    var endings: [String] = []
    /// How many reads brought bytes on plain connections.
    var reads = 0
}

final class SeenBox: Sendable {
    private let value = Mutex(Seen())
    func with<Result: Sendable>(_ body: (inout sending Seen) -> sending Result) -> Result { value.withLock(body) }
}

/// The server; stops when it is released.
final class TestServer: @unchecked Sendable {
    typealias Answerer = @Sendable (RequestHead, [UInt8]) -> Reply

    /// The one certificate of all test servers, for localhost and 127.0.0.1.
    static let certificate: IssuedCertificate = {
        do {
            return try CertificateAuthority.selfSigned(
                CertificateRequest(commonName: "test", names: SubjectName.localhost, now: Clock.unix))
        } catch {
            preconditionFailure("no certificate: \(error)")
        }
    }()

    let port: UInt16
    private let box = SeenBox()
    private let stopSender: Descriptor
    private var thread = pthread_t()

    var seen: Seen { box.with { $0 } }

    init(tls: Bool = true, _ answer: @escaping Answerer) throws {
        SignalSource.ignoreBrokenPipe()
        let (receiver, sender) = try Socket.pair()
        stopSender = sender
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let socket = try Socket.listen(at: address)
        port = try Socket.localAddress(socket.number).port
        let worker = try ServerWorker(socket, stop: receiver, tls: tls, box: box, answer: answer)
        let argument = unsafe Unmanaged.passRetained(worker).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<ServerWorker>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, argument)
        try #require(code == 0)
    }

    deinit {
        stopSender.close()
        pthread_join(thread, nil)
    }

    /// Waits until `condition` holds for what the server saw.
    func wait(_ what: String, until condition: (Seen) -> Bool) throws {
        let deadline = Clock.monotonic + .seconds(20)
        while !condition(seen) {
            try #require(Clock.monotonic < deadline, "the server never saw: \(what)")
            usleep(1_000)
        }
    }
}

/// The thread's work.
final class ServerWorker: EventSource {
    let loop: EventLoop
    let box: SeenBox
    let answer: TestServer.Answerer
    private let context: TLSContext?
    private let engine: TLSEngine
    private let stop: Descriptor
    private var listener: Listener?
    private var connections: [ObjectIdentifier: ServerConnection] = [:]

    init(
        _ socket: Descriptor, stop: Descriptor, tls: Bool, box: SeenBox, answer: @escaping TestServer.Answerer
    ) throws {
        self.box = box
        self.answer = answer
        self.stop = stop
        loop = try EventLoop()
        engine = try TLSEngine()
        let material = try TestServer.certificate.material(label: "test")
        context = tls ? try TLSContext.server(TLSContext.ServerOptions(certificates: [material])) : nil
        _ = try loop.registerLevel(stop.number, .readable, source: self, role: 0)
        listener = try Listener(
            socket, loop: loop,
            accepted: { [unowned self] descriptor, _ in
                do {
                    let tls = try context.map { try TLSConnection($0, engine: engine, descriptor: descriptor.number) }
                    let connection = try ServerConnection(Transport(descriptor, tls: tls), worker: self)
                    connections[ObjectIdentifier(connection)] = connection
                    box.with { $0.connections += 1 }
                } catch {
                    preconditionFailure("\(error)")
                }
            }, failed: { error in preconditionFailure("\(error)") })
    }

    func run() {
        do { try loop.run() } catch { preconditionFailure("\(error)") }
        for connection in connections.values { connection.end() }
        listener?.close()
    }

    func ready(_ readiness: Readiness, role: UInt8) { loop.stop() }

    func forget(_ connection: ServerConnection) { connections[ObjectIdentifier(connection)] = nil }
}
