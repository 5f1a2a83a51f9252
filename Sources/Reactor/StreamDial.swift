internal import Bytes
public import System
public import TLS

/// Why no stream came about.
public enum StreamDialError: Error, CustomStringConvertible {
    /// No TCP connection.
    case dial(DialError)
    /// A TCP connection, but no TLS over it.
    case tls(TransportError)

    /// The same in words.
    public var description: String {
        switch self {
        case .dial(let error): error.description
        case .tls(let error): error.description
        }
    }

    /// Whether time ran out.
    public var isTimeout: Bool { if case .dial(.timedOut) = self { true } else { false } }
}

/// How TLS is spoken to a server.
public struct StreamTLS {
    /// Trust, client certificate and versions.
    public var context: TLSContext
    /// The engine of the event loop.
    public var engine: TLSEngine
    /// The name (or address) that the server's certificate has to have.
    public var serverName: String

    /// TLS to `serverName`.
    public init(context: TLSContext, engine: TLSEngine, serverName: String) {
        self.context = context
        self.engine = engine
        self.serverName = serverName
    }
}

/// A dial and, where asked for, a TLS handshake, within one deadline: what everything but the bridge's hot path connects
/// with. ``cancel()`` ends it without a call; dropping it isn't enough, as the loop keeps what it watches.
public final class StreamDial: EventSource, TimerTarget {
    /// What it came to. The transport isn't registered with the loop.
    public typealias Completion = (Result<Transport, StreamDialError>) -> Void

    private let loop: EventLoop
    private let started: MonotonicTime
    private let tls: StreamTLS?
    private var completion: Completion?
    private var dial: Dial?
    private var transport: Transport?
    private var registration: Registration?
    private var timer: TimerID?

    /// Starts to connect to `host` at `port`; `completion` is called once, later than this call.
    public init(
        _ host: String, port: UInt16, tls: StreamTLS?, timeout: Duration, resolver: Resolver, loop: EventLoop,
        completion: @escaping Completion
    ) {
        self.loop = loop
        self.tls = tls
        self.completion = completion
        started = loop.now
        timer = loop.schedule(at: loop.now + timeout, self, purpose: 0)
        dial = Dial(host, port: port, timeout: timeout, resolver: resolver, loop: loop) { [weak self] result in
            guard let self else { return }
            dial = nil
            switch result {
            case .success(let descriptor): connected(descriptor)
            case .failure(let error): finish(.failure(.dial(error)))
            }
        }
    }

    deinit { cancel() }

    /// Ends the attempt; the completion isn't called.
    public func cancel() {
        completion = nil
        dial?.cancel()
        dial = nil
        if let timer { loop.cancel(timer) }
        timer = nil
        if let registration { loop.deregister(registration) }
        registration = nil
        transport = nil
    }

    private func connected(_ descriptor: Descriptor) {
        guard let tls else { return finish(.success(Transport(descriptor))) }
        do {
            let connection = try TLSConnection(
                tls.context, engine: tls.engine, descriptor: descriptor.number, serverName: tls.serverName)
            transport = Transport(descriptor, tls: connection)
            registration = try loop.register(descriptor.number, source: self, role: 0)
        } catch let error as SystemError {
            return finish(.failure(.tls(.socket(error))))
        } catch {
            return finish(.failure(.tls(.setup("\(error)"))))
        }
        shakeHands()
    }

    /// The event loop's call.
    public func ready(_ readiness: Readiness, role: UInt8) { shakeHands() }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        timer = nil
        finish(.failure(.dial(.timedOut(after: loop.now - started))))
    }

    private func shakeHands() {
        guard let transport else { return }
        switch transport.handshake() {
        case .inProgress: return
        case .failed(let error): finish(.failure(.tls(error)))
        case .complete: finish(.success(transport))
        }
    }

    private func finish(_ result: Result<Transport, StreamDialError>) {
        guard let completion else { return }
        cancel()
        loop.enqueue { completion(result) }
    }
}
