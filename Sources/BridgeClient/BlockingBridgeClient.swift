// The bridge's client for programs and tests that read from top to bottom: each call turns the event loop until it has
// what it was asked for, or its deadline has come. Not shared between threads.
internal import Bytes
public import HTTP1
internal import Reactor
internal import System
public import WebSocket

/// A WebSocket connection to the bridge that waits.
///
/// What comes while a call waits for something else is kept: data for `receive`, pings and pongs in ``pings`` and
/// ``pongs``. Where the connection ends while a call waits for more, the call throws what ended it
/// (``ClientError/refused(_:)``, ``ClientError/ended(_:)``, …).
public final class BlockingBridgeClient {
    /// The time that calls wait unless told otherwise.
    public static let patience: Duration = .seconds(20)

    /// The connection behind it, for what has no method here.
    public let connection: BridgeConnection
    let runtime: ClientRuntime
    let receiver: BridgeReceiver

    /// Whether data is taken from the socket only while `receive` waits for it: a slow reader, together with a small
    /// ``WireShape/receiveBufferBytes``.
    public var readsOnDemand = false {
        didSet { settle() }
    }

    /// A client that is not connected yet.
    ///
    /// - Parameter runtime: shared with other clients of this thread, which then make progress while any of them waits;
    ///   nil: one of its own.
    public init(_ options: BridgeOptions, runtime: ClientRuntime? = nil) throws(ClientError) {
        if let runtime { self.runtime = runtime } else { self.runtime = try ClientRuntime() }
        connection = BridgeConnection(options, runtime: self.runtime)
        receiver = BridgeReceiver(connection)
    }

    /// A client with an open WebSocket.
    public convenience init(
        connecting options: BridgeOptions, runtime: ClientRuntime? = nil, within patience: Duration = patience
    ) throws(ClientError) {
        try self.init(options, runtime: runtime)
        try connect(within: patience)
    }

    deinit { connection.disconnect() }

    // MARK: Opening

    /// Connects (unless ``open(within:)`` has) and upgrades.
    ///
    /// - Returns: the server's 101.
    /// - Throws: ``ClientError/refused(_:)`` where it answers otherwise.
    @discardableResult
    public func connect(within patience: Duration = patience) throws(ClientError) -> ResponseHead {
        connection.connect()
        return try answer(within: patience)
    }

    /// Waits for the 101 to a request that is on its way.
    public func answer(within patience: Duration = patience) throws(ClientError) -> ResponseHead {
        try wait("answer to the upgrade", patience) { receiver.answer != nil }
        guard let answer = receiver.answer else { throw .misuse("no answer") }
        return answer
    }

    /// Waits for an answer other than 101; asks for the upgrade first where that has not been done.
    ///
    /// - Throws: ``ClientError/unexpected(_:)`` where the server upgrades.
    public func refusal(within patience: Duration = patience) throws(ClientError) -> HTTPResponse {
        do throws(ClientError) {
            if !hasStarted { connection.connect() }
            _ = try answer(within: patience)
        } catch {
            if case .refused(let response) = error { return response }
            throw error
        }
        throw .unexpected("the server answered 101 where a refusal was expected")
    }

    /// Connects with TCP and TLS only: ``sendRaw(_:within:)`` or ``connect(within:)`` go on from there.
    public func open(within patience: Duration = patience) throws(ClientError) {
        connection.open()
        try wait("TLS connection", patience) { receiver.isConnected }
    }

    private var hasStarted: Bool { receiver.isConnected || receiver.answer != nil || receiver.end != nil }

    // MARK: Ending

    /// How the connection ended; nil while it has not, as far as was read.
    public var end: BridgeEnd? { receiver.end }

    /// Closes the WebSocket and waits for its end; data that comes meanwhile is kept.
    @discardableResult
    public func close(
        _ code: CloseCode? = .normalClosure, reason: String = "", within patience: Duration = patience
    ) throws(ClientError) -> BridgeClosure {
        connection.close(code, reason: reason)
        return try closure(within: patience)
    }

    /// Waits for the end of an open WebSocket and answers how it ended; data that comes meanwhile is kept.
    ///
    /// - Throws: ``ClientError/refused(_:)`` and others where it was never open or the server broke the protocol.
    public func closure(within patience: Duration = patience) throws(ClientError) -> BridgeClosure {
        demand(.max)
        try waitForEnd(patience)
        guard case .closed(let closure) = receiver.end else { throw receiver.cannotSend }
        return closure
    }

    /// Ends the sending direction with close_notify and FIN, and waits until the kernel knows.
    public func finishWriting(within patience: Duration = patience) throws(ClientError) {
        connection.finishWriting()
        try waitForRoom(1, patience, until: Clock.monotonic + patience)
    }

    /// Ends the sending direction with a bare FIN (TCP half-close).
    public func finishWritingAbruptly(within patience: Duration = patience) throws(ClientError) {
        connection.finishWritingAbruptly()
        try waitForRoom(1, patience, until: Clock.monotonic + patience)
    }

    /// Ends the TCP connection without a Close frame.
    public func disconnect() { connection.disconnect() }

    /// Ends the TCP connection with a reset.
    public func reset() { connection.reset() }

    func waitForEnd(_ patience: Duration) throws(ClientError) {
        let deadline = Clock.monotonic + patience
        let isOver = try runtime.run(until: { receiver.end != nil }, deadline: deadline)
        guard isOver else { throw .timedOut(awaiting: "end of the connection", after: patience) }
    }

    // MARK: Waiting

    /// Serves the connection for `time`: pings are answered, data is collected.
    public func idle(for time: Duration) throws(ClientError) {
        _ = try runtime.run(until: { false }, deadline: Clock.monotonic + time)
    }

    /// Serves the connection until `condition` holds.
    public func wait(
        _ awaited: String, _ patience: Duration = patience, until condition: () -> Bool
    ) throws(ClientError) {
        let deadline = Clock.monotonic + patience
        _ = try runtime.run(until: { condition() || receiver.end != nil }, deadline: deadline)
        if condition() { return }
        if let end = receiver.end { throw end.error }
        throw .timedOut(awaiting: awaited, after: patience)
    }

    func turn(until deadline: MonotonicTime) throws(ClientError) -> Bool {
        let left = deadline - Clock.monotonic
        guard left > .zero else { return false }
        do throws(SystemError) { try runtime.loop.turn(maximumWait: min(left, .seconds(60))) } catch {
            throw .setup(error.description)
        }
        return true
    }

    /// Reading goes on until `count` bytes wait.
    func demand(_ count: Int) {
        receiver.demand = count
        if receiver.received.count < count { connection.resumeReading() }
    }

    /// Back to reading all the time, or not at all.
    func settle() {
        demand(readsOnDemand ? 0 : .max)
        // The answer to the upgrade is read in any case.
        if readsOnDemand, receiver.answer != nil { connection.pauseReading() }
    }
}
