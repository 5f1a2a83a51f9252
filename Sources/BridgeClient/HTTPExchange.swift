internal import Bytes
internal import HTTP1
public import Reactor
internal import System

/// One request and its response over a connection of its own, on an event loop.
///
/// Redirects are not followed. Releasing the exchange, or ``cancel()``, ends it without a call.
public final class HTTPExchange: ClientChannelOwner, TimerTarget {
    /// What an exchange came to.
    public typealias Completion = (Result<HTTPResponse, ClientError>) -> Void

    private let channel: ClientChannel
    private let runtime: ClientRuntime
    private let requestBytes: [UInt8]
    private let timeout: Duration
    private var reader: ResponseReader
    private var timer: TimerID?
    private var completion: Completion?

    /// Starts the exchange; `completion` is called once, later than this call.
    ///
    /// - Parameter timeout: for everything from the first packet to the last byte of the response.
    public init(
        _ request: HTTPRequest, to endpoint: ClientEndpoint, timeout: Duration = .seconds(30),
        runtime: ClientRuntime, completion: @escaping Completion
    ) {
        self.runtime = runtime
        self.timeout = timeout
        self.completion = completion
        requestBytes = request.bytes(for: endpoint)
        reader = ResponseReader(method: request.method)
        channel = ClientChannel(endpoint, runtime: runtime)
        channel.owner = self
        timer = runtime.loop.schedule(at: Clock.monotonic + timeout, self, purpose: 0)
        channel.open()
    }

    deinit { cancel() }

    /// Ends the exchange without calling anybody.
    public func cancel() {
        completion = nil
        if let timer { runtime.loop.cancel(timer) }
        timer = nil
        channel.close()
    }

    private func finish(_ result: Result<HTTPResponse, ClientError>) {
        guard let completion else { return }
        cancel()
        completion(result)
    }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        timer = nil
        finish(.failure(.timedOut(awaiting: "answer from \(channel.endpoint)", after: timeout)))
    }

    func channelOpened() { channel.write(requestBytes) }

    func channelReceived(_ bytes: Span<UInt8>) {
        guard completion != nil else { return }
        do throws(HTTPError) {
            // Bytes behind the response belong to nobody; the connection is closed.
            if case .complete(let response, _) = try reader.receive(bytes) { finish(.success(response)) }
        } catch {
            finish(.failure(.http(error)))
        }
    }

    func channelDrained() {}

    func channelEnded(_ end: ChannelEnd) {
        if case .failed(let error) = end { return finish(.failure(error)) }
        do throws(HTTPError) {
            // RFC 9112 section 9.8: without close_notify an answer that only the connection's end ends is incomplete.
            if case .finished = end, let response = try reader.receiveEnd() { return finish(.success(response)) }
            finish(.failure(.closedEarly(awaiting: reader.isIdle ? "an answer" : "the rest of its answer")))
        } catch {
            finish(.failure(.http(error)))
        }
    }
}
