internal import Reactor
public import System

/// What a tunnel listener tells whoever started it.
public enum TunnelEvent: Sendable {
    /// A connection was accepted; `number` names it in later events.
    case accepted(number: Int, peer: SocketAddress)
    /// It is over.
    case ended(number: Int, TunnelSummary)
    /// It could not be begun.
    case failed(number: Int, ClientError)
    /// A connection could not be accepted.
    case acceptFailed(SystemError)
}

/// Accepts local TCP connections and carries each through the bridge in a WebSocket of its own.
public final class TunnelListener {
    private let runtime: ClientRuntime
    private let options: BridgeOptions
    private let linger: Duration
    private let tokens: TokenSupply
    private let event: (TunnelEvent) -> Void
    private var listener: Listener?
    private var sessions: [Int: TunnelSession] = [:]
    private var accepted = 0

    /// The address it listens at.
    public private(set) var address: SocketAddress

    /// Starts to listen at `address`; the caller runs the runtime's loop.
    ///
    /// - Parameters:
    ///   - options: for each connection; the token is replaced.
    ///   - linger: how long the application must be quiet after the local side has finished.
    public init(
        at address: SocketAddress, options: BridgeOptions, tokens: TokenSource, linger: Duration = .seconds(1),
        runtime: ClientRuntime, event: @escaping (TunnelEvent) -> Void
    ) throws(SystemError) {
        self.runtime = runtime
        self.options = options
        self.linger = linger
        self.event = event
        self.tokens = TokenSupply(tokens, timeout: options.endpoint.connectTimeout, runtime: runtime)
        self.address = address
        let listener = try Listener(
            try Socket.listen(at: address), loop: runtime.loop,
            accepted: { [weak self] socket, peer in self?.accept(socket, peer) },
            failed: { [weak self] error in self?.event(.acceptFailed(error)) })
        self.listener = listener
        self.address = listener.address
    }

    deinit { close() }

    /// Stops listening and ends all tunnels.
    public func close() {
        listener?.close()
        listener = nil
        for session in sessions.values { session.cancel() }
        sessions = [:]
    }

    private func accept(_ socket: Descriptor, _ peer: SocketAddress) {
        accepted += 1
        let number = accepted
        event(.accepted(number: number, peer: peer))
        tokens.token { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(let token): begin(number, socket, peer, token: token)
            case .failure(let error):
                Socket.setAbortOnClose(socket.number)
                socket.close()
                event(.failed(number: number, error))
            }
        }
    }

    private func begin(_ number: Int, _ socket: Descriptor, _ peer: SocketAddress, token: String?) {
        var options = options
        options.token = token
        do throws(SystemError) {
            let local = try ClientChannel(accepted: socket, peer: peer, runtime: runtime)
            sessions[number] = TunnelSession(local, options: options, linger: linger, runtime: runtime) {
                [weak self] summary in self?.ended(number, summary)
            }
        } catch {
            event(.failed(number: number, .setup(error.description)))
        }
    }

    private func ended(_ number: Int, _ summary: TunnelSummary) {
        if case .refused(let response) = summary.end, [401, 403].contains(response.status) { tokens.forget() }
        // The session is in the middle of a call; it may go when the turn is over.
        let session = sessions.removeValue(forKey: number)
        runtime.loop.enqueue { withExtendedLifetime(session) {} }
        event(.ended(number: number, summary))
    }
}
