internal import HTTP1

/// Collects what a connection tells, for ``BlockingBridgeClient``.
final class BridgeReceiver: BridgeConnectionOwner {
    private unowned let connection: BridgeConnection
    var isConnected = false
    var answer: ResponseHead?
    var received = ReceivedBytes()
    var pings: [[UInt8]] = []
    var pongs: [[UInt8]] = []
    var end: BridgeEnd?
    /// Reading pauses when this many bytes wait.
    var demand = Int.max

    init(_ connection: BridgeConnection) {
        self.connection = connection
        connection.owner = self
    }

    /// Why the connection takes nothing more.
    var cannotSend: ClientError { end?.error ?? .misuse("the WebSocket is not open, or was closed here") }

    func bridgeConnected() { isConnected = true }
    func bridgeOpened(_ answer: ResponseHead) {
        self.answer = answer
        if demand == 0 { connection.pauseReading() }
    }
    func bridgeReceived(_ bytes: [UInt8], endsMessage: Bool) {
        received.append(bytes, endsMessage: endsMessage)
        if received.count >= demand { connection.pauseReading() }
    }
    func bridgeReceivedPing(_ payload: [UInt8]) { pings.append(payload) }
    func bridgeReceivedPong(_ payload: [UInt8]) { pongs.append(payload) }
    func bridgeEnded(_ end: BridgeEnd) { self.end = end }
}
