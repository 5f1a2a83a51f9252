// The hot path: an open WebSocket on one side, a TCP connection on the other. See LIFECYCLE.md.
//
// Rules:
// - Nothing is lost: bytes read from one side are given to the other side or kept in its pending output, in order.
// - A side isn't read while the other doesn't take: pendingBackend.count <= max(stalledBytes, one plaintext buffer);
//   the client's pending output is at most one payload buffer's worth of frames and a few control frames.
// - No heap memory while nothing is pending, and none is allocated for a message that is forwarded at once.
// - Control frames, deadlines and endings leave this file early: TunnelEnding.swift.
internal import Bytes
public import Reactor
public import System
internal import TLS
internal import Telemetry
internal import WebSocket

/// One tunnel: WebSocket frames from a client to raw bytes for a backend, and back.
public final class Tunnel: EventSource, TimerTarget {
    enum Role {
        static let client: UInt8 = 0
        static let backend: UInt8 = 1
    }

    /// What has happened so far; each bit is set at most once, but for the first two.
    struct State: OptionSet {
        let rawValue: UInt16
        /// The client's socket may hold bytes.
        static let clientReadable = State(rawValue: 1 << 0)
        /// The backend's socket may hold bytes.
        static let backendReadable = State(rawValue: 1 << 1)
        /// The backend's socket may hold its end: read until that is found.
        static let backendProbe = State(rawValue: 1 << 2)
        /// The client sent a Close frame.
        static let closeReceived = State(rawValue: 1 << 3)
        /// Nothing more will come from the client: Close, end of stream, failure or violation.
        static let clientFinished = State(rawValue: 1 << 4)
        /// The client's connection can't be written any more.
        static let clientBroken = State(rawValue: 1 << 5)
        /// A Close frame was sent.
        static let closeSent = State(rawValue: 1 << 6)
        /// The client's connection is being ended: its remaining bytes are read and dropped.
        static let clientLingering = State(rawValue: 1 << 7)
        /// The client's descriptor is closed.
        static let clientGone = State(rawValue: 1 << 8)
        /// Nothing more will come from the backend.
        static let backendFinished = State(rawValue: 1 << 9)
        /// The backend's connection broke.
        static let backendBroken = State(rawValue: 1 << 10)
        /// The backend was told that nothing more will come.
        static let backendShut = State(rawValue: 1 << 11)
        /// What the backend still sends is read and dropped; once begun, it stays so, lest there be a gap.
        static let discardingBackend = State(rawValue: 1 << 12)
        /// The tunnel is over.
        static let ended = State(rawValue: 1 << 13)
    }

    let context: BridgeContext
    let identity: TunnelIdentity
    let tls: TLSConnection
    let client: Descriptor
    let backend: Descriptor
    var clientRegistration: Registration
    var backendRegistration: Registration
    var state: State = [.clientReadable, .backendReadable]
    var decoder: FrameDecoder
    /// Bytes for the backend that it has not taken yet.
    var pendingBackend = ByteQueue()
    /// The payload of the last ping that could not be answered yet: output to the client was blocked.
    var pongOwed: [UInt8]?
    var deadlines: Deadlines
    var timer: TimerID?
    var bytesToBackend: UInt64 = 0
    var bytesToClient: UInt64 = 0
    var ending = Ending()
    /// Counts the connection as open until the tunnel has ended.
    var connectionPhase: ConnectionPhase?

    var limits: BridgeLimits { context.limits }

    /// Data after a pause this long, in nanoseconds, begins with small records again.
    private static let burstPause: Int64 = 1_000_000_000

    /// Takes over two connections, both registered with the loop, right after the 101 was written.
    init(
        context: BridgeContext, identity: TunnelIdentity, tls: TLSConnection,
        client: (Descriptor, Registration), backend: (Descriptor, Registration), connectionPhase: ConnectionPhase?
    ) {
        self.context = context
        self.identity = identity
        self.tls = tls
        self.connectionPhase = connectionPhase
        (self.client, clientRegistration) = client
        (self.backend, backendRegistration) = backend
        decoder = FrameDecoder(role: .server, maxFrameSize: context.limits.maxFrameSize)
        deadlines = Deadlines(
            openedAt: context.loop.now, tokenEnd: identity.tokenEnd, limits: context.limits)
    }

    /// Begins to forward; `early` are bytes that the client sent behind its upgrade request.
    func start(early: [UInt8]) {
        context.tunnelOpened(self)
        context.loop.transfer(clientRegistration, to: self, role: Role.client)
        context.loop.transfer(backendRegistration, to: self, role: Role.backend)
        if !early.isEmpty { decodeEarly(early) }
        advance()
        if !state.contains(.ended) { rearmTimer() }
    }

    // MARK: Events

    /// The event loop's call.
    public func ready(_ readiness: Readiness, role: UInt8) {
        // Anything but plain readiness may hide an end of stream or an error behind the last bytes.
        let odd = !readiness.isDisjoint(with: [.peerFinished, .hungUp, .failed])
        if role == Role.client {
            if odd { tls.probeUntilEmpty = true }
            if odd || readiness.contains(.readable) { state.insert(.clientReadable) }
        } else {
            if odd { state.insert(.backendProbe) }
            if odd || readiness.contains(.readable) { state.insert(.backendReadable) }
        }
        advance()
    }

    /// Moves what can be moved, then sees what follows from the state.
    func advance() {
        if state.contains(.ended) { return }
        if tls.pendingOutput > 0 { flushClient() }
        if !pendingBackend.isEmpty { flushBackend() }
        var budget = context.turnBudget
        while budget > 0 {
            var moved = false
            if wantsClient { moved = forwardToBackend() }
            if wantsBackend { moved = forwardToClient() || moved }
            if !moved { break }
            budget -= 1
        }
        if isUnusual { settle() }
        if state.contains(.ended) { return }
        if budget == 0, wantsClient || wantsBackend {
            context.loop.continueLater(wantsClient ? clientRegistration : backendRegistration, [])
        }
    }

    /// Whether the client is to be read now.
    private var wantsClient: Bool {
        state.contains(.clientReadable)
            && state.isDisjoint(with: [.clientFinished, .clientBroken])
            && pendingBackend.count < limits.stalledBytes
    }

    /// Whether the backend is to be read now.
    private var wantsBackend: Bool {
        state.contains(.backendReadable) && !state.contains(.backendFinished)
            && (tls.pendingOutput == 0 || state.contains(.discardingBackend))
    }

    /// Whether anything but forwarding is going on.
    private var isUnusual: Bool {
        !state.isSubset(of: [.clientReadable, .backendReadable]) || ending.violation != nil || pongOwed != nil
    }

    // MARK: Client to backend

    /// Reads the client once until its socket is drained or the buffer is full, and gives the payload to the backend.
    ///
    /// - Returns: whether anything moved.
    private func forwardToBackend() -> Bool {
        let buffer = unsafe context.buffers.plaintext
        let room = min(buffer.count, max(0, limits.stalledBytes - pendingBackend.count))
        let capacity = pendingBackend.isEmpty ? buffer.count : room
        var filled = 0
        switch unsafe tls.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<capacity])) {
        case .bytes(let count):
            filled = count
            if tls.drained, !tls.hasBufferedInput { state.remove(.clientReadable) }
        case .wouldBlock:
            state.remove(.clientReadable)
        case .closed:
            clientEnded("TLS close_notify without a Close frame")
        case .endOfStream:
            clientEnded("connection ended without a Close frame")
        case .failed(let failure):
            // The alert that tells the client why, as far as the socket takes it.
            _ = tls.flush()
            clientEnded("\(failure)")
            state.insert(.clientBroken)
        }
        if filled > 0 {
            deadlines.lastFromClient = context.loop.now
            decode(filled)
        }
        // Reading can make TLS answer by itself (a key update, an alert).
        if tls.pendingOutput > 0 { flushClient() }
        return filled > 0
    }

    /// Takes the frames in the first `filled` bytes of the plaintext buffer apart and delivers their payload.
    private func decode(_ filled: Int) {
        let buffer = unsafe context.buffers.plaintext
        var output = 0
        do throws(WebSocketError) {
            var span = unsafe buffer.mutableBytes
            var position = 0
            while position < filled {
                let step = try decoder.step(&span, from: position, to: filled, compactingTo: output)
                position = step.position
                output = step.output
                if let event = step.event { handle(event) }
            }
        } catch {
            ending.violation = error
            state.insert(.clientFinished)
        }
        if output > 0 { unsafe deliver(UnsafeRawBufferPointer(rebasing: buffer[..<output])) }
    }

    private func decodeEarly(_ early: [UInt8]) {
        let buffer = unsafe context.buffers.plaintext
        var rest = early[...]
        while !rest.isEmpty {
            let count = min(rest.count, buffer.count)
            unsafe buffer.copyBytes(from: rest.prefix(count))
            rest = rest.dropFirst(count)
            decode(count)
        }
    }

    /// Gives payload to the backend; what it doesn't take now is kept.
    private func deliver(_ payload: UnsafeRawBufferPointer) {
        deadlines.lastData = context.loop.now
        if state.contains(.backendBroken) { return }
        bytesToBackend &+= UInt64(payload.count)
        context.metrics.add(.bytesToBackend, UInt64(payload.count))
        guard pendingBackend.isEmpty else { return unsafe pendingBackend.append(payload) }
        var sent = 0
        while sent < payload.count {
            switch unsafe Socket.send(backend.number, UnsafeRawBufferPointer(rebasing: payload[sent...])) {
            case .bytes(let count):
                sent += count
            case .wouldBlock:
                deadlines.backendProgress = context.loop.now
                unsafe pendingBackend.append(UnsafeRawBufferPointer(rebasing: payload[sent...]))
                return rearmTimer()
            case .failed(let code):
                return backendFailed(SystemError("send", code: code))
            }
        }
    }

    /// Sends pending bytes to the backend as far as it takes them.
    func flushBackend() {
        while !pendingBackend.isEmpty {
            switch unsafe pendingBackend.withUnsafeBytes({ unsafe Socket.send(backend.number, $0) }) {
            case .bytes(let count):
                pendingBackend.removeFirst(count)
                deadlines.backendProgress = context.loop.now
                deadlines.closeProgress = context.loop.now
            case .wouldBlock:
                return
            case .failed(let code):
                return backendFailed(SystemError("send", code: code))
            }
        }
    }

    // MARK: Backend to client

    /// Reads the backend once and sends what it said as frames.
    ///
    /// - Returns: whether anything moved.
    private func forwardToClient() -> Bool {
        let buffer = unsafe context.buffers.payload
        let start = WorkerBuffers.headroom
        switch unsafe Socket.receive(backend.number, into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...])) {
        case .bytes(0):
            backendEnded()
            return false
        case .bytes(let count):
            // A short read means that the socket is drained, unless its end may be waiting behind the bytes.
            if count < WorkerBuffers.payloadCapacity, !state.contains(.backendProbe) { state.remove(.backendReadable) }
            // What is dropped is no progress of closing: a backend that talks on for ever would keep the tunnel for ever.
            if !state.contains(.discardingBackend) { sendFrames(count) }
            return true
        case .wouldBlock:
            state.remove(.backendReadable)
            return false
        case .failed(let code):
            backendFailed(SystemError("recv", code: code))
            return false
        }
    }

    /// Sends `count` bytes of the payload buffer to the client in as few frames as the limit allows.
    ///
    /// Each header is written right in front of its payload: over the headroom, then over the end of the payload that
    /// was encrypted before it.
    private func sendFrames(_ count: Int) {
        let buffer = unsafe context.buffers.payload
        if context.loop.now.nanoseconds &- deadlines.lastData.nanoseconds > Self.burstPause { tls.beginBurst() }
        var span = unsafe buffer.mutableBytes
        var start = WorkerBuffers.headroom
        let end = start + count
        var frames: UInt64 = 0
        while start < end {
            let length = min(context.outgoingPayload, end - start)
            let header = FrameHeader(.binary, payloadLength: length).encode(before: start, in: &span)
            _ = unsafe tls.write(UnsafeRawBufferPointer(rebasing: buffer[header..<start + length]))
            start += length
            frames &+= 1
        }
        bytesToClient &+= UInt64(count)
        context.metrics.add(.bytesToClient, UInt64(count))
        context.metrics.add(.framesSent, frames)
        deadlines.lastData = context.loop.now
        flushClient()
        if tls.pendingOutput > 0 {
            deadlines.clientProgress = context.loop.now
            rearmTimer()
        }
    }

    /// Sends what is encrypted as far as the client takes it; `isLast`: the client's connection is ended right afterwards.
    func flushClient(isLast: Bool = false) {
        // What waited when the client was given up stays behind; its descriptor's number may be somebody else's by now.
        if state.contains(.clientBroken) { return }
        let before = tls.pendingOutput
        switch tls.flush(isLast: isLast) {
        case .done:
            if before > 0 { clientMoved() }
        case .blocked(let pending):
            if pending < before { clientMoved() }
        case .failed(let code):
            clientBroke(SystemError("send", code: code))
        }
    }

    private func clientMoved() {
        deadlines.clientProgress = context.loop.now
        deadlines.closeProgress = context.loop.now
    }
}
