internal import Bytes
internal import System

/// Standard input and output through the bridge, as netcat does it.
public struct StandardTunnel {
    private let options: BridgeOptions
    private let tokens: TokenSource
    private let linger: Duration

    /// A tunnel that ``run(runtime:)`` makes.
    ///
    /// - Parameters:
    ///   - options: the token is replaced.
    ///   - linger: how long the application must be quiet after standard input has ended.
    public init(_ options: BridgeOptions, tokens: TokenSource, linger: Duration = .seconds(1)) {
        self.options = options
        self.tokens = tokens
        self.linger = linger
    }

    /// Connects, and waits until it is over.
    ///
    /// - Parameters:
    ///   - input: the descriptor of standard input.
    ///   - output: the descriptor of standard output.
    public func run(runtime: ClientRuntime, input: Int32 = 0, output: Int32 = 1) throws(ClientError) -> TunnelSummary {
        var token: Result<String?, ClientError>?
        let supply = TokenSupply(tokens, timeout: options.endpoint.connectTimeout, runtime: runtime)
        supply.token { token = $0 }
        try runtime.run(until: { token != nil }, deadline: .distantFuture)
        var options = options
        options.token = try token?.get()

        let streams: StandardStreams
        do throws(SystemError) {
            streams = try StandardStreams(input: input, output: output, loop: runtime.loop)
        } catch {
            throw .setup(error.description)
        }
        var summary: TunnelSummary?
        let session = TunnelSession(streams, options: options, linger: linger, runtime: runtime) { summary = $0 }
        defer { session.cancel() }
        try runtime.run(until: { summary != nil }, deadline: .distantFuture)
        guard let summary else { throw .setup("the event loop ended") }
        return summary
    }
}
