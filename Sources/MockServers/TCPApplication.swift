internal import Bytes
internal import Reactor
public import System

/// A TCP application that stands in for the real one behind the proxy: an echo by default, otherwise whatever its
/// ``TCPBehaviour`` says. Lives on a ``MockHost``; may be asked and told things from any thread. Stops when it is
/// released.
public final class TCPApplication: Sendable {
    /// Where it listens.
    public let address: SocketAddress
    private let host: MockHost
    private let record: Monitor<TCPRecord>
    private let server: LoopBound<TCPServer>

    /// Starts to listen at `address`.
    public init(
        _ behaviour: TCPBehaviour = .echo, on host: MockHost, address: SocketAddress = .anyLoopbackPort
    ) throws(SystemError) {
        let record = Monitor(TCPRecord())
        let started = host.perform { loop in
            Result { () throws(SystemError) in
                LoopBound(try TCPServer(behaviour, at: address, loop: loop, record: record))
            }
        }
        // ECANCELED
        guard let started else { throw SystemError("listen", "on a stopped host", code: 125) }
        server = try started.get()
        self.address = server.address
        self.host = host
        self.record = record
    }

    deinit { stop() }

    // MARK: Looking

    /// What was seen so far.
    public var statistics: TCPStatistics { record.with { $0.statistics } }

    /// Reports of the connections that have ended, in the order in which they did.
    public var reports: [ConnectionReport] { record.with { $0.reports } }

    /// Waits until `condition` is true of what was seen, at most for `timeout`, and answers whether it is.
    public func wait(_ timeout: Duration = .seconds(10), until condition: (TCPStatistics) -> Bool) -> Bool {
        record.wait(timeout) { condition($0.statistics) }
    }

    /// Waits until so many connections have ended, at most for `timeout`, and answers the reports there are.
    public func reports(_ count: Int, within timeout: Duration = .seconds(10)) -> [ConnectionReport] {
        _ = record.wait(timeout) { $0.reports.count >= count }
        return reports
    }

    // MARK: Telling. Each order is carried out when the call returns.

    /// Sends `bytes` on every open connection.
    public func send(_ bytes: [UInt8]) { onServer { $0.forEachConnection { $0.send(bytes) } } }

    /// Finishes its own side of every open connection once what waits is sent.
    public func finishSending() { onServer { $0.forEachConnection { $0.finishSending() } } }

    /// Aborts (RST) every open connection.
    public func resetConnections() { onServer { $0.forEachConnection { $0.reset() } } }

    /// Reads differently from now on: open connections and those that come.
    public func setReading(_ reading: TCPBehaviour.Reading) { onServer { $0.setReading(reading) } }

    /// Closes the listening socket, so that attempts to connect are refused; open connections go on.
    public func stopListening() { onServer { $0.stopListening() } }

    /// Listens again at the same address.
    public func listenAgain() throws(SystemError) {
        let server = server
        let result = host.perform { _ in Result { () throws(SystemError) in try server.value.listen() } }
        try result?.get()
    }

    /// Closes the listening socket and every connection.
    public func stop() {
        onServer { server in
            server.stopListening()
            server.forEachConnection { $0.close(.closedHere) }
        }
    }

    private func onServer(_ action: @escaping @Sendable (TCPServer) -> Void) {
        let server = server
        host.command { action(server.value) }
    }
}

extension LoopBound<TCPServer> {
    /// Constant, so it may be read anywhere.
    var address: SocketAddress { value.address }
}

/// The part of a ``TCPApplication`` that lives on the host's thread.
final class TCPServer {
    let loop: EventLoop
    let address: SocketAddress
    private(set) var behaviour: TCPBehaviour
    let record: Monitor<TCPRecord>
    /// Shared by all connections: where they read into and make their pattern.
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    private var listener: Listener?
    /// The listening socket and the connections that fill its queue, when nothing shall be accepted.
    private var unserved: [Descriptor] = []
    private var connections: [Int: TCPConnection] = [:]
    private var nextNumber = 0

    init(
        _ behaviour: TCPBehaviour, at address: SocketAddress, loop: EventLoop, record: Monitor<TCPRecord>
    ) throws(SystemError) {
        self.behaviour = behaviour
        self.loop = loop
        self.record = record
        let socket = try Socket.listen(at: address, backlog: behaviour.accepts ? 4096 : 0)
        self.address = try Socket.localAddress(socket.number)
        try serve(socket)
    }

    func listen() throws(SystemError) {
        guard listener == nil, unserved.isEmpty else { return }
        try serve(try Socket.listen(at: address, backlog: behaviour.accepts ? 4096 : 0))
    }

    private func serve(_ socket: Descriptor) throws(SystemError) {
        if behaviour.accepts {
            // Failures to accept (no descriptors left) show in the peers, and the listener goes on by itself.
            listener = try Listener(
                socket, loop: loop, accepted: { [weak self] in self?.accept($0, $1) }, failed: { _ in })
        } else {
            // A queue of length 0 holds one connection; the second makes sure of it.
            unserved = [socket]
            for _ in 0..<2 { unserved.append(try Socket.connect(to: address).0) }
        }
    }

    private func accept(_ descriptor: Descriptor, _ peer: SocketAddress) {
        let number = nextNumber
        nextNumber += 1
        record.with {
            $0.statistics.accepted += 1
            $0.statistics.open += 1
        }
        let connection = TCPConnection(descriptor, number: number, server: self)
        connections[number] = connection
        connection.start()
    }

    func forget(_ connection: TCPConnection) { connections[connection.number] = nil }

    func forEachConnection(_ action: (TCPConnection) -> Void) {
        for connection in Array(connections.values) { action(connection) }
    }

    func setReading(_ reading: TCPBehaviour.Reading) {
        behaviour.reading = reading
        forEachConnection { $0.setReading(reading) }
    }

    func stopListening() {
        listener?.close()
        listener = nil
        unserved = []
    }
}
