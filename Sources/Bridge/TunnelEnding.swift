// What happens around the bytes: control frames, deadlines, and how a tunnel ends without losing its tail.
internal import Bytes
internal import Reactor
internal import System
internal import TLS
internal import Telemetry
internal import WebSocket

/// Why a tunnel ends; the first cause counts.
struct Ending {
    var cause: TunnelEnd?
    var reason = ""
    var violation: WebSocketError?
    var closeSent: CloseCode?
    var closeReceived: CloseStatus?
    /// Bytes in the kernel that the peers had not acknowledged when closing was last looked at.
    var unacknowledged = Int.max

    mutating func note(_ cause: TunnelEnd, _ reason: String) {
        guard self.cause == nil else { return }
        self.cause = cause
        self.reason = reason
    }
}

extension Tunnel {
    // MARK: What peers do

    /// A control frame came.
    func handle(_ event: FrameDecoder.Event) {
        switch event {
        case .ping(let payload):
            // RFC 6455 section 5.5.3: where several pings wait, the last one's answer is enough. So a client that
            // sends pings and reads nothing makes one answer wait, not many.
            if tls.pendingOutput > 0 { pongOwed = payload.bytes } else { sendPong(payload.bytes) }
        case .close(let status):
            ending.closeReceived = status
            ending.note(.clientClose, "client closed with \(status.code?.description ?? "no code")")
            state.formUnion([.closeReceived, .clientFinished])
            deadlines.closeProgress = context.loop.now
            rearmTimer()
        case .pong, .frameEnd:
            break
        }
    }

    /// Nothing more comes from the client, and it sent no Close frame.
    func clientEnded(_ reason: String) {
        ending.note(.clientGone, reason)
        state.insert(.clientFinished)
        deadlines.closeProgress = context.loop.now
    }

    /// The client can't be written any more. What it sent may still wait in the socket, so reading goes on.
    func clientBroke(_ error: SystemError) {
        ending.note(.clientGone, "\(error)")
        state.formUnion([.clientBroken, .clientFinished, .discardingBackend])
        deadlines.closeProgress = context.loop.now
    }

    /// The backend finished its side in order. Its other direction stays open until the client has finished.
    func backendEnded() {
        ending.note(.backendFinished, "backend finished")
        state.insert(.backendFinished)
        deadlines.closeProgress = context.loop.now
    }

    /// The backend's connection broke: what waits for it can't be delivered.
    func backendFailed(_ error: SystemError) {
        ending.note(.backendReset, "backend: \(error)")
        pendingBackend.removeAll()
        state.formUnion([.backendBroken, .backendShut])
        // A reset on sending may leave bytes to be read; a failed read is the last of it.
        if error.call == "recv" { state.insert(.backendFinished) } else { state.insert(.backendReadable) }
        deadlines.closeProgress = context.loop.now
    }

    // MARK: What follows

    /// Takes the next steps that the state allows; called after each event that was not plain forwarding.
    func settle() {
        if let payload = pongOwed, tls.pendingOutput == 0, !state.contains(.closeSent) {
            pongOwed = nil
            sendPong(payload)
        }
        if let violation = ending.violation, !state.contains(.closeSent) {
            ending.note(.clientViolation, violation.description)
            sendClose(violation.closeCode, violation.description)
        }
        // The client has finished and the backend has all of it: pass the end on (an orderly FIN, never a lost tail).
        if state.contains(.clientFinished), pendingBackend.isEmpty, !state.contains(.backendShut) {
            Socket.shutdownWrite(backend.number)
            state.insert(.backendShut)
        }
        // The backend has finished and the client was given all of it.
        if state.contains(.backendFinished), !state.contains(.closeSent), !state.contains(.clientBroken) {
            state.contains(.backendBroken)
                ? sendClose(.internalError, "the backend's connection broke")
                : sendClose(.normalClosure, "")
        }
        // A Close is answered when the data before it has reached the backend (RFC 6455 section 5.5.1).
        if state.contains(.closeReceived), state.contains(.backendShut), !state.contains(.closeSent) {
            sendClose(ending.closeReceived?.code, "")
        }
        // After a Close the peer may drop what comes (section 1.4): don't let a full pipe to it keep the backend from
        // reading the rest of what the client sent.
        if state.contains(.clientFinished), tls.pendingOutput > 0 { state.insert(.discardingBackend) }
        settleClient()
        if state.isSuperset(of: [.clientGone, .backendShut, .backendFinished]) { end() }
        if !state.contains(.ended) { rearmTimer() }
    }

    /// Ends the client's connection once both Close frames are through, or there is nobody to send one to.
    private func settleClient() {
        if state.contains(.clientGone) { return }
        if state.contains(.clientLingering) { return dropClientInput() }
        if state.contains(.clientBroken) { return closeClient() }
        guard tls.pendingOutput == 0, state.contains(.clientFinished) else { return }
        if state.contains(.closeReceived) {
            if state.contains(.closeSent) { closeClient() }
        } else if ending.violation != nil {
            // Failing the connection (section 7.1.7): its bytes are dropped until it ends, because closing a socket
            // with unread bytes resets the connection, and the Close frame with the reason would be lost.
            tls.shutdown()
            flushClient(isLast: true)
            Socket.shutdownWrite(client.number)
            state.insert(.clientLingering)
            dropClientInput()
        } else {
            closeClient()
        }
    }

    /// Reads and drops what a failed client still sends, so that it gets to see why it failed.
    private func dropClientInput() {
        let buffer = unsafe context.buffers.plaintext
        for _ in 0..<context.turnBudget {
            switch unsafe Socket.receive(client.number, into: buffer) {
            case .wouldBlock: return
            case .bytes(let count) where count > 0: continue
            case .bytes, .failed: return closeClient()
            }
        }
        context.loop.continueLater(clientRegistration, [])
    }

    private func closeClient() {
        if state.contains(.clientGone) { return }
        if !state.contains(.clientBroken), !state.contains(.clientLingering) {
            tls.shutdown()
            _ = tls.flush(isLast: true)
            // Closing a socket with unread bytes resets the connection, and what waits for the FIN would be lost.
            Socket.shutdownWrite(client.number)
        }
        context.loop.deregister(clientRegistration)
        client.close()
        state.formUnion([.clientGone, .clientFinished, .clientBroken, .discardingBackend, .backendReadable])
        // The backend may have waited for room at the client: read it on, for its end.
        context.loop.continueLater(backendRegistration, [])
    }

    private func sendPong(_ payload: [UInt8]) {
        write(ControlPayload(payload).frame(.pong))
    }

    /// Sends a Close frame; nothing that the backend says later is sent.
    func sendClose(_ code: CloseCode?, _ reason: String) {
        if state.contains(.closeSent) || state.contains(.clientBroken) { return }
        ending.closeSent = code
        state.formUnion([.closeSent, .discardingBackend])
        deadlines.closeProgress = context.loop.now
        // Behind the answer to a Close nothing comes but the end, at once where the socket takes it: all in one packet.
        write(
            ControlPayload.close(code, reason: reason).frame(.close),
            isLast: state.isSuperset(of: [.closeReceived, .backendShut]))
        rearmTimer()
    }

    private func write(_ frame: [UInt8], isLast: Bool = false) {
        unsafe frame.withUnsafeBytes { bytes in _ = unsafe tls.write(bytes) }
        if isLast { tls.shutdown() }
        flushClient(isLast: isLast)
    }

    /// Closes both sides and reports.
    func end() {
        if state.contains(.ended) { return }
        if !state.contains(.clientGone) {
            context.loop.deregister(clientRegistration)
            client.close()
        }
        context.loop.deregister(backendRegistration)
        backend.close()
        if let timer { context.loop.cancel(timer) }
        timer = nil
        pendingBackend.removeAll()
        state.formUnion([.clientGone, .ended])
        connectionPhase = nil
        context.tunnelEnded(self, report())
    }

    private func report() -> TunnelReport {
        TunnelReport(
            client: identity.client, route: identity.route, request: identity.request, tls: TLSFacts(tls),
            timeToUpgrade: .milliseconds(Int64(identity.upgradeMilliseconds)),
            timeToConnect: .milliseconds(Int64(identity.dialMilliseconds)),
            duration: context.loop.now - identity.opened,
            bytesToBackend: bytesToBackend, bytesToClient: bytesToClient, closeCodeSent: ending.closeSent,
            closeCodeReceived: ending.closeReceived?.code, end: ending.cause ?? .proxy, reason: ending.reason)
    }

    // MARK: Time

    private var isClosing: Bool {
        !state.isDisjoint(with: [
            .closeSent, .closeReceived, .clientFinished, .backendFinished, .clientGone, .backendBroken,
        ])
    }

    private var situation: Deadlines.Situation {
        Deadlines.Situation(
            backendBlocked: !pendingBackend.isEmpty, clientBlocked: tls.pendingOutput > 0, isClosing: isClosing)
    }

    /// Sets the tunnel's one timer to its next deadline.
    func rearmTimer() {
        if let timer { context.loop.cancel(timer) }
        let next = deadlines.next(situation, limits)
        timer = context.loop.scheduleHolding(at: next.at, self, purpose: 0)
    }

    /// The event loop's call.
    public func timerFired(purpose: UInt8) {
        timer = nil
        if state.contains(.ended) { return }
        let (at, action) = deadlines.next(situation, limits)
        if at <= context.loop.now { perform(action) }
        if !state.contains(.ended) { advance() }
        if !state.contains(.ended), timer == nil { rearmTimer() }
    }

    private func perform(_ action: DueAction) {
        if action != .closeOverdue { context.metrics.add(.due(action)) }
        switch action {
        case .ping:
            deadlines.pingSent = context.loop.now
            write(ControlPayload().frame(.ping))
        case .pingUnanswered:
            drop("ping not answered within \(limits.pingTimeout)")
        case .idle:
            close(.goingAway, "idle timeout")
        case .backendStalled:
            close(.internalError, "the backend takes no data")
        case .clientStalled:
            drop("client took no data for \(limits.sendTimeout)")
        case .tokenExpired:
            close(.policyViolation, "token expired")
        case .lifetimeReached:
            close(.policyViolation, "maximum lifetime reached")
        case .closeOverdue:
            closeOverdue()
        }
    }

    /// Ends the tunnel from this side: a Close frame, then as if the client had asked.
    func close(_ code: CloseCode, _ reason: String) {
        ending.note(.proxy, reason)
        sendClose(code, reason)
    }

    /// Gives the client up; the backend still gets what the client sent.
    private func drop(_ reason: String) {
        ending.note(.proxy, reason)
        state.formUnion([.clientBroken, .clientFinished, .discardingBackend])
        deadlines.closeProgress = context.loop.now
    }

    /// A step of closing took too long, unless the kernel is still getting bytes through to a slow reader.
    private func closeOverdue() {
        var waiting = Socket.unacknowledgedBytes(backend.number)
        if !state.contains(.clientGone) { waiting += Socket.unacknowledgedBytes(client.number) }
        if waiting > 0, waiting < ending.unacknowledged {
            ending.unacknowledged = waiting
            deadlines.closeProgress = context.loop.now
            return
        }
        context.metrics.add(.due(.closeOverdue))
        ending.note(.proxy, "close not completed within \(limits.closeTimeout)")
        if state.contains(.clientGone) || state.contains(.clientFinished) { return end() }
        // The client never answered the Close. The backend still gets its orderly end.
        state.formUnion([.clientBroken, .clientFinished])
        deadlines.closeProgress = context.loop.now
    }
}
