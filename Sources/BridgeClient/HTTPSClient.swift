internal import Bytes
internal import Reactor
internal import System

/// Requests one after the other, waiting for each in the calling thread.
public final class HTTPSClient {
    /// The server that is asked.
    public let endpoint: ClientEndpoint
    private let runtime: ClientRuntime

    /// A client of the server at `endpoint`.
    ///
    /// - Parameter runtime: shared with other clients of this thread; nil: one of its own.
    public init(_ endpoint: ClientEndpoint, runtime: ClientRuntime? = nil) throws(ClientError) {
        self.endpoint = endpoint
        if let runtime { self.runtime = runtime } else { self.runtime = try ClientRuntime() }
    }

    /// Sends `request` and waits for the response, whatever its status.
    public func perform(
        _ request: HTTPRequest, within timeout: Duration = .seconds(30)
    ) throws(ClientError) -> HTTPResponse {
        var result: Result<HTTPResponse, ClientError>?
        let exchange = HTTPExchange(request, to: endpoint, timeout: timeout, runtime: runtime) { result = $0 }
        defer { exchange.cancel() }
        try runtime.run(until: { result != nil }, deadline: .distantFuture)
        guard let result else { throw .setup("the event loop ended") }
        return try result.get()
    }

    /// GETs `target` and waits for the response.
    public func get(_ target: String, within timeout: Duration = .seconds(30)) throws(ClientError) -> HTTPResponse {
        try perform(HTTPRequest(target: target), within: timeout)
    }

    /// POSTs a form to `target` and waits for the response.
    public func post(
        _ target: String, form parameters: [(name: String, value: String)], within timeout: Duration = .seconds(30)
    ) throws(ClientError) -> HTTPResponse {
        try perform(.form(target, parameters), within: timeout)
    }
}

extension ClientRuntime {
    /// Turns the loop for ever.
    public func run() throws(ClientError) { try run(until: { false }, deadline: .distantFuture) }

    /// Turns the loop until `condition` holds or `deadline` has come; answers whether it holds.
    @discardableResult
    func run(until condition: () -> Bool, deadline: MonotonicTime) throws(ClientError) -> Bool {
        while !condition() {
            let left = deadline == .distantFuture ? .seconds(60) : deadline - Clock.monotonic
            if left <= .zero { return false }
            do throws(SystemError) { try loop.turn(maximumWait: min(left, .seconds(60))) } catch {
                throw .setup(error.description)
            }
        }
        return true
    }
}
