internal import Bytes
internal import HTTP1
public import Reactor
public import System
public import Telemetry

/// Health, metrics and status over plain HTTP/1.1, beside the tunnels on a worker's event loop.
///
/// Several processes may accept on the same sockets. It has no access control of its own: who reaches the port may
/// read. What it does for one connection in one turn of the loop is bounded (one answer), and so is what all of them
/// may hold.
public final class AdminServer {
    private let loop: EventLoop
    private let routes: AdminRoutes
    private let log: Log
    private let limits: AdminLimits
    private var listeners: [Listener] = []
    private var connections: [ObjectIdentifier: AdminConnection] = [:]

    /// Starts to answer at `sockets`, which listen already and are its own from now on.
    ///
    /// - Parameters:
    ///   - source: where the answers come from; not kept alive.
    ///   - hostNames: names of this machine under which it may be asked, beside IP addresses and `localhost`.
    ///   - log: is told when connections can't be accepted.
    public convenience init(
        loop: EventLoop, sockets: [Descriptor], source: any AdminSource, hostNames: [String] = [], log: Log = .none
    ) throws(SystemError) {
        try self.init(
            loop: loop, sockets: sockets, source: source, hostNames: hostNames, log: log, limits: AdminLimits())
    }

    init(
        loop: EventLoop, sockets: [Descriptor], source: any AdminSource, hostNames: [String] = [], log: Log = .none,
        limits: AdminLimits
    ) throws(SystemError) {
        self.loop = loop
        self.log = log
        self.limits = limits
        _ = StatusReport.processors
        routes = AdminRoutes(source: source, hosts: HostGuard(names: hostNames))
        for socket in sockets {
            listeners.append(
                try Listener(
                    socket, loop: loop, accepted: { [weak self] descriptor, _ in self?.accept(descriptor) },
                    failed: { error in log(.error, "admin: \(error)") }))
        }
    }

    deinit { close() }

    /// Where it listens, with the ports that the kernel chose where 0 was asked for.
    public var addresses: [SocketAddress] { listeners.map(\.address) }

    /// How many connections are open.
    public var connectionCount: Int { connections.count }

    /// Accepts nothing more. Requests under way are answered, and then their connections end.
    public func stopAccepting() {
        for listener in listeners { listener.close() }
        listeners = []
        for connection in connections.values { connection.endAfterAnswer() }
    }

    /// Closes the sockets and all connections at once.
    public func close() {
        for listener in listeners { listener.close() }
        listeners = []
        for connection in connections.values { connection.close() }
    }

    private func accept(_ descriptor: Descriptor) {
        // Whoever holds connections without using them must not keep a health check out.
        if connections.count >= limits.connections,
            let oldest = connections.values.min(by: { $0.lastActivity < $1.lastActivity })
        {
            log(.info, "admin: more than \(limits.connections) connections; the one silent longest is closed")
            oldest.close()
        }
        let connection = AdminConnection(
            descriptor, loop: loop, routes: routes, limits: limits,
            ended: { [weak self] connection in self?.connections[ObjectIdentifier(connection)] = nil })
        connections[ObjectIdentifier(connection)] = connection
        connection.start()
    }
}
