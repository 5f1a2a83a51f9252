internal import Bridge
internal import Reactor
internal import System
internal import TLS
internal import Telemetry

/// What the exchange of the request at hand asks its connection for.
extension GatewaySession {
    var loop: EventLoop { context.loop }
    var resolver: Resolver { context.resolver }
    var limits: GatewayLimits { context.limits }
    var upstreamRoute: GatewayRoute { route }
    var clientAddress: SocketAddress { peer }
    var clientPending: Int { client.pendingOutput }
    var log: Log { context.log }
    var metrics: MetricsSlot { context.metrics }

    /// The next bytes of the request's body, as far as `consume` takes them; it answers how many it took.
    ///
    /// `consume` must not end the session.
    func takeInput(_ consume: (Span<UInt8>) -> Int) -> Transport.ReadResult {
        if phase == .ended { return .wouldBlock }
        if input.isEmpty {
            let result = input.fill(from: client)
            guard case .bytes = result else { return result }
        }
        input.take(consume)
        return .bytes
    }

    func write(_ bytes: [UInt8]) {
        if phase != .ended { client.write(bytes) }
    }

    /// Sends what was written; false when the session is over, because the client's connection broke.
    func flush() -> Bool {
        if phase == .ended { return false }
        if case .failed(let error) = client.flush() {
            close("\(error)")
            return false
        }
        return true
    }

    /// The exchange is over and its response is with the client's transport.
    func exchangeFinished(status: Int, keepsConnection: Bool) {
        guard phase == .exchange else { return }
        report(status, exchange?.requestHead, bodyBytes: exchange?.bodyBytesToClient ?? 0, "")
        releaseExchange()
        clearDeadline()
        guard keepsConnection, !context.isDraining else { return finish() }
        // Through a job, so that pipelined requests don't recurse.
        context.loop.enqueue { [weak self] in
            guard let self, phase == .exchange else { return }
            awaitRequest()
        }
    }

    /// The exchange failed before anything of its response was sent.
    func exchangeFailed(_ failure: GatewayFailure) { refuse(failure, to: exchange?.requestHead) }

    /// The exchange failed in the middle of its response: the client is told by an early end without close_notify.
    ///
    /// - Parameter aborts: whether the client must see a reset, because it takes an orderly end for the body's.
    func exchangeBroke(_ reason: String, aborts: Bool) {
        if phase == .ended { return }
        context.log(.warn, "client \(peer): response cut short: \(reason)")
        report(
            502, exchange?.requestHead, bodyBytes: exchange?.bodyBytesToClient ?? 0, "response cut short: \(reason)")
        if aborts { Socket.setAbortOnClose(client.descriptor.number) }
        close(reason)
    }
}
