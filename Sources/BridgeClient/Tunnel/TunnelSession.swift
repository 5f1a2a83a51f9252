// One tunnel: a local byte stream on one side, a WebSocket at the bridge on the other.
//
// Rules:
// - The local side is not read before the WebSocket is open, so nothing is taken that could not be delivered.
// - While one side has more than `mark` bytes waiting, the other side is not read.
// - A WebSocket has no half-close: a Close ends both directions (RFC 6455 section 5.5.1), and what the application sends
//   after it is lost. So when the local side has finished, the tunnel sends a ping; the pong says that the proxy has
//   taken everything before it. Then it waits until nothing has moved in either direction for `linger`, and sends
//   Close 1000. A local side that broke is answered with Close 1001 at once.
// - When the WebSocket ends in order, the local side gets everything and then FIN; otherwise everything and then a reset.
internal import Bytes
internal import HTTP1
public import Reactor
internal import System
internal import WebSocket

/// How a tunnel went.
public struct TunnelSummary: Sendable {
    /// Bytes from the local side to the application.
    public var sent = 0
    /// Bytes from the application to the local side.
    public var received = 0
    /// How long it lasted.
    public var duration = Duration.zero
    /// How the WebSocket ended.
    public var end: BridgeEnd

    /// Whether both sides ended in order.
    public var isOrderly: Bool {
        guard case .closed(let closure) = end else { return false }
        return closure.code == .normalClosure
    }

    /// What went wrong, and what to do about it where that can be said; nil where nothing did.
    public var problem: (text: String, advice: String?)? {
        isOrderly ? nil : (end.error.description, end.error.advice)
    }
}

/// One tunnel.
public final class TunnelSession: TimerTarget {
    /// Bytes that may wait on one side while the other is still read.
    private static let mark = 128 * 1024
    /// The time for a local side to end once it has been given everything.
    private static let partingTime: Duration = .seconds(5)
    /// The least time between two looks at whether all is quiet.
    private static let quietCheck: Duration = .milliseconds(20)
    private enum Purpose {
        static let linger: UInt8 = 0
        static let parting: UInt8 = 1
    }

    private let runtime: ClientRuntime
    private let local: any LocalStream
    private let bridge: BridgeConnection
    private let linger: Duration
    private let started = Clock.monotonic
    private let ended: (TunnelSummary) -> Void
    private var sent = 0
    private var received = 0
    private var lastActivity = MonotonicTime(nanoseconds: 0)
    private var awaitsPong = false
    private var localHasFinished = false
    private var localIsGone = false
    private var result: BridgeEnd?
    private var isOver = false
    private var localSide: LocalSide?
    private var bridgeSide: BridgeSide?

    /// A tunnel between `local` and a new connection to the bridge; `ended` is called once.
    init(
        _ local: any LocalStream, options: BridgeOptions, linger: Duration, runtime: ClientRuntime,
        ended: @escaping (TunnelSummary) -> Void
    ) {
        self.runtime = runtime
        self.local = local
        self.linger = linger
        self.ended = ended
        bridge = BridgeConnection(options, runtime: runtime)
        let (localSide, bridgeSide) = (LocalSide(self), BridgeSide(self))
        (self.localSide, self.bridgeSide) = (localSide, bridgeSide)
        local.owner = localSide
        bridge.owner = bridgeSide
        bridge.connect()
    }

    /// Ends both sides at once; `ended` isn't called.
    public func cancel() {
        isOver = true
        bridge.disconnect()
        local.reset()
    }

    // MARK: From the local side to the application

    private func localReceived(_ bytes: [UInt8]) {
        guard bridge.isOpen else { return }
        sent += bytes.count
        bridge.send(bytes)
        if bridge.pendingOutput > Self.mark { local.pauseReading() }
    }

    private func localEnded(_ end: ChannelEnd) {
        guard !localHasFinished else { return }
        localHasFinished = true
        if case .failed = end {
            localIsGone = true
            local.close()
            if result != nil { return finish() }
            // Whoever gives up before the tunnel stands leaves nothing to close in order.
            if bridge.isOpen { bridge.close(.goingAway, reason: "the local side is gone") } else { abandon(end) }
            return
        }
        if result != nil { return finishWhenDelivered() }
        lastActivity = Clock.monotonic
        awaitsPong = bridge.ping()
        _ = runtime.loop.schedule(at: lastActivity + linger, self, purpose: Purpose.linger)
    }

    private func abandon(_ end: ChannelEnd) {
        bridge.disconnect()
        if case .failed(let error) = end { result = .failed(error) }
        finish()
    }

    // MARK: From the application to the local side

    private func bridgeReceived(_ bytes: [UInt8]) {
        received += bytes.count
        lastActivity = Clock.monotonic
        guard !localIsGone else { return }
        local.write(bytes)
        if local.pendingOutput > Self.mark { bridge.pauseReading() }
    }

    private func bridgeEnded(_ end: BridgeEnd) {
        guard result == nil else { return }
        result = end
        if localIsGone { return finish() }
        _ = runtime.loop.schedule(at: Clock.monotonic + Self.partingTime, self, purpose: Purpose.parting)
        // Its remaining bytes have nowhere to go, but reading them avoids a reset that would destroy what it has not
        // read yet.
        local.resumeReading()
        if isOrderly { local.finishWriting() }
        finishWhenDelivered()
    }

    private var isOrderly: Bool {
        guard case .closed(let closure) = result else { return false }
        return closure.code == .normalClosure
    }

    /// Ends the local side once it has been given everything and, after an orderly end, has finished too.
    private func finishWhenDelivered() {
        guard result != nil, local.pendingOutput == 0 || localIsGone else { return }
        if !isOrderly {
            local.reset()
            finish()
        } else if localHasFinished {
            local.close()
            finish()
        }
    }

    private func finish() {
        guard !isOver, let result else { return }
        isOver = true
        ended(
            TunnelSummary(
                sent: sent, received: received, duration: Clock.monotonic - started, end: result))
    }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        guard !isOver else { return }
        if purpose == Purpose.parting {
            local.close()
            return finish()
        }
        guard result == nil, bridge.isOpen else { return }
        let nothingWaits = !awaitsPong && bridge.pendingOutput == 0 && local.pendingOutput == 0
        let quietUntil = lastActivity + linger
        let now = Clock.monotonic
        if nothingWaits, quietUntil <= now { return bridge.close(.normalClosure) }
        // What waits now will be activity once it moves.
        _ = runtime.loop.schedule(
            at: max(quietUntil, now + Self.quietCheck), self, purpose: Purpose.linger)
    }

    // MARK: The two sides' calls

    private final class LocalSide: ClientChannelOwner {
        weak var session: TunnelSession?
        init(_ session: TunnelSession) { self.session = session }
        func channelOpened() {}
        func channelReceived(_ bytes: Span<UInt8>) { session?.localReceived(Array(copying: bytes)) }
        func channelDrained() {
            session?.lastActivity = Clock.monotonic
            session?.bridge.resumeReading()
            session?.finishWhenDelivered()
        }
        func channelEnded(_ end: ChannelEnd) { session?.localEnded(end) }
    }

    private final class BridgeSide: BridgeConnectionOwner {
        weak var session: TunnelSession?
        init(_ session: TunnelSession) { self.session = session }
        func bridgeOpened(_ answer: ResponseHead) { session?.local.resumeReading() }
        func bridgeReceived(_ bytes: [UInt8], endsMessage: Bool) { session?.bridgeReceived(bytes) }
        func bridgeReceivedPong(_ payload: [UInt8]) {
            session?.awaitsPong = false
            session?.lastActivity = Clock.monotonic
        }
        func bridgeDrained() {
            // Not for the request, which is drained before the WebSocket is open.
            guard let session, session.bridge.isOpen else { return }
            session.lastActivity = Clock.monotonic
            session.local.resumeReading()
        }
        func bridgeEnded(_ end: BridgeEnd) { session?.bridgeEnded(end) }
    }
}
