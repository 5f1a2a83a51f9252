import Bytes
import System
import Testing

@testable import BridgeClient

/// A TCP program that knows nothing of WebSockets, on a client's event loop.
final class LocalProgram: ClientChannelOwner {
    let channel: ClientChannel
    private let runtime: ClientRuntime
    var received: [UInt8] = []
    var end: ChannelEnd?
    var isOpen = false

    init(port: UInt16, runtime: ClientRuntime) {
        var endpoint = ClientEndpoint(host: "127.0.0.1", port: port)
        endpoint.security = .plain
        self.runtime = runtime
        channel = ClientChannel(endpoint, runtime: runtime)
        channel.owner = self
        channel.open()
    }

    deinit { channel.close() }

    func channelOpened() { isOpen = true }
    func channelReceived(_ bytes: Span<UInt8>) { received += Array(copying: bytes) }
    func channelDrained() {}
    func channelEnded(_ end: ChannelEnd) { self.end = end }

    /// Turns the loop until `condition` holds.
    func wait(_ what: String, until condition: () -> Bool) throws {
        let isThere = try runtime.run(until: condition, deadline: Clock.monotonic + .seconds(20))
        try #require(isThere, "never seen: \(what)")
    }

    var hasFinished: Bool { if case .finished = end { true } else { false } }
    var wasReset: Bool { if case .failed = end { true } else { false } }
}
