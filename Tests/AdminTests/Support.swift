import Bytes
import HTTP1
import JSON
import Reactor
import System
import Telemetry
import Testing

@testable import Admin

/// A source whose numbers the test sets: a master's slot and those of two workers.
final class TestSource: AdminSource {
    let board: MetricsBoard
    let memory: TestMemory
    var facts = AdminFacts(version: "1.2.3", startedAt: UnixTime(seconds: 1_700_000_000))
    var problem: String?
    var unixNanoseconds: Int64 = 1_700_000_100_250_000_000

    init(servingWorkers: Int = 2) {
        memory = TestMemory(byteCount: MetricsBoard.byteCount(slots: 3))
        unsafe board = MetricsBoard(memory: memory.base, slots: 3, owner: memory)
        board.noteUse(of: 2)
        for index in 0..<servingWorkers {
            let slot = board.slot(index + 1)
            slot.set(.workerProcessID, 100 + Int64(index))
            slot.set(.workerIndex, Int64(index))
            slot.set(.workerGeneration, 1)
            slot.set(.workerState, WorkerState.serving.rawValue)
            slot.set(.workerStartTime, 1_700_000_010)
        }
    }

    func backendProblem() -> String? { problem }

    /// The answer to a request without a connection.
    func answer(
        _ target: String, _ fields: HeaderFields = ["Host": "localhost"], method: String = "GET"
    ) -> AdminAnswer {
        AdminRoutes(source: self, hosts: HostGuard(names: ["proxy.example"]))
            .answer(RequestHead(method: method, target: target, fields: fields))
    }
}

/// Memory for a board, zero at first.
@safe
final class TestMemory {
    let base: UnsafeMutableRawPointer

    init(byteCount: Int) {
        unsafe base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 128)
        unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    deinit { unsafe base.deallocate() }
}

extension AdminAnswer {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A server on a port from the kernel and its clients, all turned by the test itself.
final class TestStage {
    let loop: EventLoop
    let source: TestSource
    let server: AdminServer
    let address: SocketAddress

    init(_ source: TestSource = TestSource(), limits: AdminLimits = AdminLimits()) throws {
        self.source = source
        loop = try EventLoop()
        let anyPort = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        server = try AdminServer(loop: loop, sockets: [Socket.listen(at: anyPort)], source: source, limits: limits)
        address = try #require(server.addresses.first)
    }

    /// Turns the loop until `condition` holds; whether it did in time.
    func turn(within time: Duration = .seconds(10), until condition: () -> Bool) throws -> Bool {
        let deadline = Clock.monotonic + time
        while !condition() {
            if Clock.monotonic > deadline { return false }
            try loop.turn(maximumWait: .milliseconds(2))
        }
        return true
    }

    func connect() throws -> RawClient { try RawClient(address) }

    /// Sends `text` on a new connection and answers what came until the server ended it.
    func ask(_ text: String) throws -> String {
        let client = try connect()
        client.send(text)
        #expect(
            try turn {
                client.receive(); return client.hasEnded
            }, "the connection did not end: \(client.text)")
        return client.text
    }
}

/// A socket without any knowledge of HTTP.
final class RawClient {
    private(set) var received: [UInt8] = []
    private(set) var hasEnded = false
    private(set) var wasReset = false
    private let descriptor: Descriptor
    private var unsent: [UInt8] = []

    init(_ address: SocketAddress, receiveBuffer: Int32 = 0) throws {
        descriptor = try Socket.connect(to: address).0
        if receiveBuffer > 0 { Socket.setBuffers(descriptor.number, receive: receiveBuffer, send: 0) }
    }

    var text: String { String(decoding: received, as: UTF8.self) }

    /// Sends as much as the kernel takes, and the rest with the next call.
    func send(_ text: String) {
        unsent += Array(text.utf8)
        flush()
    }

    private func flush() {
        while !unsent.isEmpty {
            let result = unsafe unsent.withUnsafeBytes { unsafe Socket.send(descriptor.number, $0) }
            guard case .bytes(let count) = result, count > 0 else { return }
            unsent.removeFirst(count)
        }
    }

    /// Takes what came, at most `limit` bytes.
    func receive(atMost limit: Int = .max) {
        flush()
        var taken = 0
        while !hasEnded, taken < limit {
            let size = min(4096, limit - taken)
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                switch unsafe Socket.receive(descriptor.number, into: UnsafeMutableRawBufferPointer(buffer)) {
                case .bytes(let number): count = number; if number == 0 { hasEnded = true }
                case .wouldBlock: count = 0
                case .failed: (count, hasEnded, wasReset) = (0, true, true)
                }
            }
            if bytes.isEmpty { return }
            received += bytes
            taken += bytes.count
        }
    }

    func finish() { Socket.shutdownWrite(descriptor.number) }
    func close() { descriptor.close() }
}

/// Answers in what a server sent.
struct Answers {
    struct Answer {
        let status: Int
        let fields: HeaderFields
        let body: String
    }

    private(set) var all: [Answer] = []
    /// Bytes behind the last complete answer.
    private(set) var rest = ""

    /// Reads answers to requests of which those at `heads` were HEAD.
    init(_ text: String, heads: Set<Int> = []) throws {
        var bytes = Array(text.utf8)
        while !bytes.isEmpty {
            var parser = ResponseHeadParser()
            guard case .head(let head, let consumed) = try parser.receive(bytes.span) else { break }
            let length = heads.contains(all.count) ? 0 : head.fields.first("Content-Length").flatMap { Int($0) } ?? 0
            guard bytes.count >= consumed + length else { break }
            let body = String(decoding: bytes[consumed..<consumed + length], as: UTF8.self)
            all.append(Answer(status: head.status, fields: head.fields, body: body))
            bytes.removeFirst(consumed + length)
        }
        rest = String(decoding: bytes, as: UTF8.self)
    }
}
