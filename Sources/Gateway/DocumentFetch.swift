internal import Bytes
internal import HTTP1
internal import OIDC
public import Reactor
internal import System
public import TLS
internal import Telemetry

/// What fetching from a provider needs of its worker.
public struct FetchContext {
    /// The worker's loop.
    public var loop: EventLoop
    /// The worker's resolver.
    public var resolver: Resolver
    /// The worker's TLS engine.
    public var engine: TLSEngine
    /// Trust and client certificate for `https` addresses.
    public var tls: TLSContext
    /// From the start of a fetch to its complete answer.
    public var timeout: Duration
    /// What the worker counts; its gate sees to that.
    var metrics = MetricsSlot()

    /// The context of one worker's fetches.
    public init(loop: EventLoop, resolver: Resolver, engine: TLSEngine, tls: TLSContext, timeout: Duration) {
        self.loop = loop
        self.resolver = resolver
        self.engine = engine
        self.tls = tls
        self.timeout = timeout
    }
}

/// One GET of a small document, with bounds on time and size; redirects are answers like any other.
///
/// While it is connected the loop keeps it alive: ``cancel()`` ends it without a call, dropping it doesn't.
final class DocumentFetch: EventSource, TimerTarget {
    private let context: FetchContext
    private let url: HTTPURL
    private let limit: Int
    private var completion: ((FetchOutcome) -> Void)?
    private var dial: StreamDial?
    private var transport: Transport?
    private var registration: Registration?
    private var timer: TimerID?
    private var parser = ResponseHeadParser()
    private var head: ResponseHead?
    private var decoder: BodyDecoder?
    private var body: [UInt8] = []

    /// Starts to fetch `url`; `completion` is called once, later than this call.
    ///
    /// - Parameter limit: the largest body, in bytes.
    init(_ url: HTTPURL, limit: Int, context: FetchContext, completion: @escaping (FetchOutcome) -> Void) {
        self.context = context
        self.url = url
        self.limit = limit
        self.completion = completion
        timer = context.loop.schedule(at: context.loop.now + context.timeout, self, purpose: 0)
        let tls =
            url.scheme == .https
            ? StreamTLS(context: context.tls, engine: context.engine, serverName: url.host) : nil
        dial = StreamDial(
            url.host, port: url.port, tls: tls, timeout: context.timeout, resolver: context.resolver,
            loop: context.loop
        ) { [weak self] result in
            self?.connected(result)
        }
    }

    deinit { release() }

    /// Ends the fetch; the completion isn't called.
    func cancel() {
        completion = nil
        release()
    }

    private func connected(_ result: Result<Transport, StreamDialError>) {
        dial = nil
        context.metrics.count(result, of: .provider)
        switch result {
        case .failure(let error): finish(.failure(Self.failure(error)))
        case .success(let transport):
            self.transport = transport
            let fields: HeaderFields = [
                "Host": url.authority, "Accept": "application/json", "User-Agent": "secure-proxy",
                "Connection": "close",
            ]
            transport.write(HeadSerializer.serialize(RequestHead(method: "GET", target: url.target, fields: fields)))
            do throws(SystemError) {
                registration = try context.loop.register(transport.descriptor.number, source: self, role: 0)
            } catch {
                return finish(.failure(.unreachable(reason: "\(error)")))
            }
            advance()
        }
    }

    private static func failure(_ error: StreamDialError) -> FetchFailure {
        switch error {
        case .dial(.unresolvable): .unresolvable
        case .dial(.timedOut): .timedOut
        case .dial(let error): .unreachable(reason: "\(error)")
        case .tls(let error): .tls(reason: "\(error)")
        }
    }

    /// A broken connection. Some servers tell only after the handshake that they miss a client certificate.
    private static func failure(_ error: TransportError) -> FetchFailure {
        switch error {
        case .socket: .unreachable(reason: "\(error)")
        case .tls, .setup: .tls(reason: "\(error)")
        }
    }

    /// The event loop's call.
    func ready(_ readiness: Readiness, role: UInt8) {
        if !readiness.isDisjoint(with: [.peerFinished, .hungUp, .failed]) { transport?.tls?.probeUntilEmpty = true }
        advance()
    }

    /// The event loop's call.
    func timerFired(purpose: UInt8) {
        timer = nil
        finish(.failure(.timedOut))
    }

    private func advance() {
        guard let transport else { return }
        if case .failed(let error) = transport.flush() { return finish(.failure(Self.failure(error))) }
        while completion != nil {
            var failure: FetchFailure?
            let result = transport.read { bytes in
                do throws(HTTPError) { try self.take(bytes) } catch {
                    if case .contentTooLarge = error {
                        failure = .tooLarge(limit: limit)
                    } else {
                        failure = .malformedAnswer(reason: "\(error)")
                    }
                }
            }
            if let failure { return finish(.failure(failure)) }
            switch result {
            case .bytes: if decoder?.isFinished == true { return finishWithAnswer() }
            case .wouldBlock: return
            case .finished: return connectionEnded(inOrder: true)
            case .truncated: return connectionEnded(inOrder: false)
            case .failed(let error): return finish(.failure(Self.failure(error)))
            }
        }
    }

    private func take(_ bytes: Span<UInt8>) throws(HTTPError) {
        var position = 0
        while decoder == nil {
            guard case .head(let head, let consumed) = try parser.receive(bytes.extracting(position..<bytes.count))
            else { return }
            position += consumed
            if head.isInterim {
                if position == bytes.count { return }
                continue
            }
            self.head = head
            // A length above the limit is refused with the first byte, one that shows later where it passes the limit.
            let limits = BodyLimits(maxContentBytes: UInt64(limit))
            decoder = BodyDecoder(try BodyFraming.response(head, to: "GET"), limits: limits)
        }
        guard var decoder else { return }
        while position < bytes.count, !decoder.isFinished {
            let step = try decoder.decode(bytes, from: position)
            let piece = bytes.extracting(step.content)
            unsafe piece.withUnsafeBufferPointer { unsafe body.append(contentsOf: $0) }
            position = step.position
        }
        self.decoder = decoder
    }

    private func connectionEnded(inOrder: Bool) {
        guard var decoder else { return finish(.failure(.malformedAnswer(reason: "it ended before its head did"))) }
        // A body that ends with the connection can be cut short by anyone, unless TLS says that it is complete.
        if decoder.endsWithConnection, !inOrder {
            return finish(.failure(.malformedAnswer(reason: "it was cut short")))
        }
        do throws(HTTPError) {
            try decoder.receiveEnd()
            finishWithAnswer()
        } catch {
            finish(.failure(.malformedAnswer(reason: "\(error)")))
        }
    }

    private func finishWithAnswer() {
        guard let head else { return }
        finish(.response(status: head.status, fields: head.fields, body: body))
    }

    private func finish(_ outcome: FetchOutcome) {
        guard let completion else { return }
        self.completion = nil
        release()
        context.loop.enqueue { completion(outcome) }
    }

    private func release() {
        dial?.cancel()
        dial = nil
        if let timer { context.loop.cancel(timer) }
        timer = nil
        if let registration { context.loop.deregister(registration) }
        registration = nil
        transport = nil
    }
}
