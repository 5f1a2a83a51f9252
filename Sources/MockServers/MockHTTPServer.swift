internal import Bytes
internal import HTTP1
internal import Reactor
public import System
public import TLS

/// What a ``MockHTTPServer`` has seen so far.
public struct MockHTTPStatistics: Sendable, Equatable {
    /// Connections accepted.
    public var connectionsAccepted = 0
    /// Connections that are open now.
    public var connectionsOpen = 0
    /// Requests received whole.
    public var requests = 0
    /// TLS handshakes that failed.
    public var handshakesFailed = 0
}

/// A small HTTP/1.1 server for tests: it collects each request whole and lets a closure answer. Keep-alive, pipelining,
/// chunked requests, `Expect: 100-continue` and HTTPS are served; how an answer is delivered, and whether, is part of
/// the answer. Lives on a ``MockHost``; may be asked and told things from any thread. Stops when it is released.
public final class MockHTTPServer: Sendable {
    /// Where it listens.
    public let address: SocketAddress
    /// Whether it speaks TLS.
    public let isSecure: Bool
    private let host: MockHost
    private let record: Monitor<MockHTTPStatistics>
    private let service: LoopBound<MockHTTPService>

    /// Starts to listen at `address`.
    ///
    /// - Parameter tls: how to do TLS; nil: plain HTTP.
    /// - Parameter handler: answers each request; called on the host's thread, one at a time.
    public init(
        on host: MockHost, address: SocketAddress = .anyLoopbackPort, tls: TLSContext? = nil,
        handler: @escaping @Sendable (MockRequest) -> MockAnswer
    ) throws(SystemError) {
        let record = Monitor(MockHTTPStatistics())
        let started = host.perform { loop in
            Result { () throws(SystemError) in
                LoopBound(try MockHTTPService(at: address, tls: tls, loop: loop, record: record, handler: handler))
            }
        }
        // ECANCELED
        guard let started else { throw SystemError("listen", "on a stopped host", code: 125) }
        service = try started.get()
        self.address = service.address
        self.host = host
        self.record = record
        isSecure = tls != nil
    }

    deinit { stop() }

    /// What was seen so far.
    public var statistics: MockHTTPStatistics { record.with { $0 } }

    /// Waits until `condition` is true of what was seen, at most for `timeout`, and answers whether it is.
    public func wait(_ timeout: Duration = .seconds(10), until condition: (MockHTTPStatistics) -> Bool) -> Bool {
        record.wait(timeout, until: condition)
    }

    /// Closes the listening socket, so that attempts to connect are refused; open connections go on.
    public func stopListening() { onService { $0.stopListening() } }

    /// Listens again at the same address.
    public func listenAgain() throws(SystemError) {
        let service = service
        let result = host.perform { _ in Result { () throws(SystemError) in try service.value.listen() } }
        try result?.get()
    }

    /// Closes all open connections.
    public func closeConnections() { onService { $0.closeConnections() } }

    /// Closes the listening socket and every connection.
    public func stop() {
        onService { service in
            service.stopListening()
            service.closeConnections()
        }
    }

    private func onService(_ action: @escaping @Sendable (MockHTTPService) -> Void) {
        let service = service
        host.command { action(service.value) }
    }
}

extension LoopBound<MockHTTPService> {
    /// Constant, so it may be read anywhere.
    var address: SocketAddress { value.address }
}

/// The part of a ``MockHTTPServer`` that lives on the host's thread.
final class MockHTTPService {
    let loop: EventLoop
    let address: SocketAddress
    let record: Monitor<MockHTTPStatistics>
    let handler: @Sendable (MockRequest) -> MockAnswer
    let isSecure: Bool
    private let tls: (context: TLSContext, engine: TLSEngine)?
    private var listener: Listener?
    private var connections: [ObjectIdentifier: MockHTTPConnection] = [:]

    init(
        at address: SocketAddress, tls context: TLSContext?, loop: EventLoop, record: Monitor<MockHTTPStatistics>,
        handler: @escaping @Sendable (MockRequest) -> MockAnswer
    ) throws(SystemError) {
        self.loop = loop
        self.record = record
        self.handler = handler
        isSecure = context != nil
        do throws(TLSError) {
            if let context { tls = (context, try TLSEngine()) } else { tls = nil }
        } catch {
            throw SystemError("TLSEngine", "\(error)", code: Errno.noMemory)
        }
        let socket = try Socket.listen(at: address)
        self.address = try Socket.localAddress(socket.number)
        try serve(socket)
    }

    func listen() throws(SystemError) {
        if listener == nil { try serve(try Socket.listen(at: address)) }
    }

    private func serve(_ socket: Descriptor) throws(SystemError) {
        listener = try Listener(
            socket, loop: loop, accepted: { [weak self] descriptor, _ in self?.accept(descriptor) }, failed: { _ in })
    }

    private func accept(_ descriptor: Descriptor) {
        record.with {
            $0.connectionsAccepted += 1
            $0.connectionsOpen += 1
        }
        Socket.setNoDelay(descriptor.number)
        // Without memory for TLS the connection is dropped, which its peer notices.
        let session = tls.map { tls in
            try? TLSConnection(tls.context, engine: tls.engine, descriptor: descriptor.number)
        }
        if let session, session == nil {
            record.with { $0.connectionsOpen -= 1 }
            return
        }
        let connection = MockHTTPConnection(Transport(descriptor, tls: session ?? nil), service: self)
        connections[ObjectIdentifier(connection)] = connection
        connection.start()
    }

    func forget(_ connection: MockHTTPConnection) {
        connections[ObjectIdentifier(connection)] = nil
        record.with { $0.connectionsOpen -= 1 }
    }

    func stopListening() {
        listener?.close()
        listener = nil
    }

    func closeConnections() {
        for connection in Array(connections.values) { connection.close() }
    }
}
