extension BlockingBridgeClient {
    /// Data that came and was not asked for yet, in bytes.
    public var available: Int { receiver.received.count }

    /// The sizes of all messages that have come so far.
    public var messageSizes: [Int] { receiver.received.messageSizes }

    /// The payloads of the server's pings so far; each was answered.
    public var pings: [[UInt8]] { receiver.pings }

    /// The payloads of the server's pongs so far.
    public var pongs: [[UInt8]] { receiver.pongs }

    /// Waits for at least `count` bytes and takes all that are there.
    public func receive(atLeast count: Int = 1, within patience: Duration = patience) throws(ClientError) -> [UInt8] {
        try awaitBytes(count, patience)
        return receiver.received.take(.max)
    }

    /// Waits for `count` bytes and takes them, and no more.
    public func receive(exactly count: Int, within patience: Duration = patience) throws(ClientError) -> [UInt8] {
        try awaitBytes(count, patience)
        return receiver.received.take(count)
    }

    /// Waits for `delimiter` and takes everything up to its end.
    public func receive(
        through delimiter: [UInt8], within patience: Duration = patience
    ) throws(ClientError) -> [UInt8] {
        demand(.max)
        defer { settle() }
        var found: Int?
        try wait("data up to a delimiter", patience) {
            found = receiver.received.count(through: delimiter)
            return found != nil
        }
        return receiver.received.take(found ?? 0)
    }

    /// Waits for the end of a message and takes it; what `receive` took of it before is not in it.
    public func receiveMessage(within patience: Duration = patience) throws(ClientError) -> [UInt8] {
        demand(.max)
        defer { settle() }
        try wait("message", patience) { receiver.received.hasMessage }
        return receiver.received.takeMessage() ?? []
    }

    /// Waits for the connection's end and takes everything up to it; ``end`` then says how it ended.
    public func receiveToEnd(within patience: Duration = patience) throws(ClientError) -> [UInt8] {
        demand(.max)
        try waitForEnd(patience)
        return receiver.received.take(.max)
    }

    private func awaitBytes(_ count: Int, _ patience: Duration) throws(ClientError) {
        demand(count)
        defer { settle() }
        try wait("data (\(count) bytes, \(available) are here)", patience) { receiver.received.count >= count }
    }
}
