internal import Bytes
internal import HTTP1
internal import Settings
internal import System

/// Why the daemon's admin port gave no answer, in words with what to do.
struct AdminClientError: Error, CustomStringConvertible {
    let description: String
}

/// Asks the admin port of a daemon on this machine; blocks until the answer is there or the time is over.
struct AdminClient {
    /// The time for everything.
    static let timeout: Duration = .seconds(5)
    /// The largest answer taken, in bytes.
    static let limit = 4 * 1024 * 1024

    private let addresses: [SocketAddress]

    /// A client of the daemon with these settings.
    init(_ settings: Settings) {
        addresses = Self.reachable(settings.admin.address, port: settings.admin.port)
    }

    /// Where to connect to: `address` itself, or the machine's own where it stands for all.
    static func reachable(_ address: BindAddress, port: UInt16) -> [SocketAddress] {
        // A socket at :: takes IPv4 too where the machine has no IPv6.
        let literals = address.candidates.flatMap { literal -> [String] in
            guard let parsed = SocketAddress(literal: literal, port: port) else { return [] }
            guard parsed.high == 0, parsed.low == 0 else { return [literal] }
            return parsed.family == .ipv4 ? ["127.0.0.1"] : ["127.0.0.1", "::1"]
        }
        var known: Set<SocketAddress> = []
        return literals.compactMap { SocketAddress(literal: $0, port: port) }.filter { known.insert($0).inserted }
    }

    /// The body of the answer to `GET path`, which has to be 200.
    func get(_ path: String) throws(AdminClientError) -> [UInt8] {
        var failure = AdminClientError(description: "the settings name no address for the admin port")
        for address in addresses {
            do throws(AdminClientError) {
                return try get(path, at: address)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private func get(_ path: String, at address: SocketAddress) throws(AdminClientError) -> [UInt8] {
        do {
            var exchange = try AdminExchange(path, at: address)
            let deadline = Clock.monotonic + Self.timeout
            while !exchange.isComplete, exchange.received.count <= Self.limit {
                let left = (deadline - Clock.monotonic).saturatedNanoseconds / 1_000_000
                guard left > 0 else {
                    throw AdminClientError(
                        description:
                            "no answer from http://\(address) within \(Self.timeout.components.seconds) seconds: "
                            + "the daemon may hang, see its error log")
                }
                try exchange.wait(milliseconds: Int32(clamping: left + 1))
            }
            guard let body = exchange.body else {
                throw AdminClientError(
                    description:
                        "http://\(address) did not answer as the admin port does: another program may have the "
                        + "port, or the daemon is of another version")
            }
            return body
        } catch let error as AdminClientError {
            throw error
        } catch let error as SystemError where error.code == Errno.connectionRefused {
            throw AdminClientError(
                description:
                    "nothing listens at http://\(address): start the daemon with \"secure-proxy run\", or name "
                    + "the settings that it runs with (--config)")
        } catch {
            throw AdminClientError(description: "no answer from http://\(address): \(error)")
        }
    }
}

/// One request and its answer on a connection of its own.
private struct AdminExchange {
    private let descriptor: Descriptor
    private let epoll: Epoll
    private var unsent: [UInt8]
    private(set) var received: [UInt8] = []
    private(set) var isComplete = false
    private var isConnected = false

    init(_ path: String, at address: SocketAddress) throws(SystemError) {
        let head = RequestHead(
            method: "GET", target: path,
            fields: ["Host": address.description, "Accept": "application/json", "Connection": "close"])
        unsent = HeadSerializer.serialize(head)
        let progress: Socket.ConnectProgress
        (descriptor, progress) = try Socket.connect(to: address)
        if case .failed(let code) = progress { throw SystemError("connect", code: code) }
        epoll = try Epoll(capacity: 4)
        try epoll.add(descriptor.number, [.writable], edgeTriggered: false, tag: 0)
    }

    mutating func wait(milliseconds: Int32) throws(SystemError) {
        guard try epoll.wait(timeoutMilliseconds: milliseconds) > 0 else { return }
        if !isConnected {
            let code = Socket.pendingError(descriptor.number)
            guard code == 0 else { throw SystemError("connect", code: code) }
            isConnected = true
        }
        try send()
        if unsent.isEmpty { try epoll.modify(descriptor.number, [.readable, .peerFinished], tag: 0) }
        try receive()
    }

    private mutating func send() throws(SystemError) {
        while !unsent.isEmpty {
            switch unsafe unsent.withUnsafeBytes({ unsafe Socket.send(descriptor.number, $0) }) {
            case .bytes(let count): unsent.removeFirst(count)
            case .wouldBlock: return
            case .failed(let code): throw SystemError("send", code: code)
            }
        }
    }

    private mutating func receive() throws(SystemError) {
        // The caller looks at limits between such helpings.
        for _ in 0..<64 where !isComplete {
            var result = Socket.Transfer.wouldBlock
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 16 * 1024) { buffer, count in
                result = unsafe Socket.receive(descriptor.number, into: UnsafeMutableRawBufferPointer(buffer))
                if case .bytes(let number) = result { count = number }
            }
            switch result {
            case .bytes(0): isComplete = true
            case .bytes: received += bytes
            case .wouldBlock: return
            case .failed(let code): throw SystemError("recv", code: code)
            }
        }
    }

    /// The content of an answer 200 that is all there; it ended with the connection, as was asked for.
    var body: [UInt8]? {
        var parser = ResponseHeadParser()
        guard isComplete, case .head(let head, let consumed)? = try? parser.receive(received.span), head.status == 200,
            (try? BodyFraming.response(head, to: "GET")) == .length(UInt64(received.count - consumed))
        else { return nil }
        return Array(received[consumed...])
    }
}
