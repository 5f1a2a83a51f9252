internal import CLinux
internal import COpenSSL
internal import CRemoteKey
internal import Synchronization

/// A worker's way to the key holder: asks, and waits for the answer.
///
/// A request stops the worker's event loop until it is answered, usually for less than a tenth of a millisecond more
/// than the signature itself takes. A holder that doesn't answer is waited for once; until it answers in time again,
/// further requests get ``impatience``, so that the tunnels of this worker don't stand still at each handshake.
public final class KeyHolderChannel: Sendable {
    /// How long one request may take.
    public let timeout: Duration
    /// How long one may take while the holder is late.
    static let impatience = Duration.milliseconds(50)

    private let socket: DatagramSocket
    /// Watches `socket` alone. Not `poll`: a worker's sandbox knows `epoll` anyway.
    private let epoll: Int32
    private let state: Mutex<State>

    private struct State {
        /// Starts anywhere, so that the predecessor's answers on an inherited channel are nobody's.
        var identifier: UInt64
        /// Whether answers to other requests may be there: at first a predecessor's, later those that came too late.
        var mayHoldStaleAnswers = true
        var isLate = false
        var isGone = false
        /// What `epoll` waits for now.
        var awaited: UInt32 = 0
        var buffer = [UInt8](repeating: 0, count: KeyAnswer.maxCount)
    }

    /// Why there is no signature.
    enum Failure: Error, Equatable {
        case timeout
        case gone
        case refused(KeyAnswer.Outcome)
    }

    /// Takes over one end of a SOCK_SEQPACKET pair, the other end of which the key holder serves.
    ///
    /// - Parameters:
    ///   - descriptor: closed when this object goes; nobody else may receive from it.
    ///   - timeout: how long a request may take before the handshake fails.
    public init(owning descriptor: Int32, timeout: Duration = .seconds(5)) {
        socket = DatagramSocket(descriptor: descriptor)
        epoll = clinux_epoll_create()
        // Without it the first wait fails, as it should.
        _ = clinux_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, 0, 0)
        self.timeout = timeout
        var start: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
        unsafe _ = RAND_bytes(&start, Int32(start.count))
        state = Mutex(State(identifier: start.reduce(0) { $0 << 8 | UInt64($1) }))
    }

    deinit {
        _ = clinux_close(epoll)
        _ = clinux_close(socket.descriptor)
    }

    /// Asks for a signature and waits.
    func sign(_ message: [UInt8], scheme: SignatureScheme, key: UInt32) throws(Failure) -> [UInt8] {
        let result = state.withLock { state -> Result<[UInt8], Failure> in
            state.identifier &+= 1
            let header = KeyRequest(identifier: state.identifier, key: key, scheme: scheme)
            guard let request = header.encoded(message: message) else { return .failure(.refused(.notTLS)) }
            do throws(Failure) { return .success(try exchange(request, &state)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private func exchange(_ request: [UInt8], _ state: inout State) throws(Failure) -> [UInt8] {
        guard !state.isGone else { throw .gone }
        let deadline = ContinuousClock.now + (state.isLate ? min(Self.impatience, timeout) : timeout)
        if state.mayHoldStaleAnswers { try throwAwayAnswers(&state) }
        state.mayHoldStaleAnswers = true
        send: while true {
            switch socket.send(request) {
            case .done: break send
            case .wouldBlock: try wait(for: EPOLLOUT, until: deadline, &state)
            case .ended:
                state.isGone = true
                throw .gone
            }
        }
        try wait(for: EPOLLIN, until: deadline, &state)
        while true {
            switch socket.receive(into: &state.buffer) {
            case .wouldBlock: try wait(for: EPOLLIN, until: deadline, &state)
            // The holder sends no empty datagrams.
            case .ended, .done(0):
                state.isGone = true
                throw .gone
            case .done(let count):
                guard count <= state.buffer.count,
                    let answer = KeyAnswer(decoding: state.buffer.span.extracting(first: count)),
                    answer.identifier == state.identifier
                else { continue }
                state.isLate = false
                state.mayHoldStaleAnswers = false
                guard answer.outcome == .signed else { throw .refused(answer.outcome) }
                return answer.signature
            }
        }
    }

    /// Makes room: the holder drops answers that find none.
    private func throwAwayAnswers(_ state: inout State) throws(Failure) {
        while true {
            switch socket.receive(into: &state.buffer) {
            case .wouldBlock: return
            case .done(let count) where count > 0: continue
            case .done, .ended:
                state.isGone = true
                throw .gone
            }
        }
    }

    /// Waits until the socket is ready, or has ended.
    private func wait(
        for events: EPOLL_EVENTS, until deadline: ContinuousClock.Instant, _ state: inout State
    ) throws(Failure) {
        let left = ContinuousClock.now.duration(to: deadline)
        // Rounded up, so that the last wait doesn't end before its time and spin.
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
        guard left > .zero else {
            state.isLate = true
            throw .timeout
        }
        var event = unsafe epoll_event()
        if state.awaited != events.rawValue {
            guard clinux_epoll_control(epoll, EPOLL_CTL_MOD, socket.descriptor, events.rawValue, 0) == 0 else {
                throw .gone
            }
            state.awaited = events.rawValue
        }
        guard unsafe clinux_epoll_wait(epoll, &event, 1, Int32(clamping: milliseconds)) >= 0 else { throw .gone }
    }
}
