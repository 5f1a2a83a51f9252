// Peers that don't read cost the proxy a bounded amount of memory, however much the others would like to send.
//
// The bound for each tunnel, from the limits' defaults (Sources/Bridge/LIFECYCLE.md):
//
//     to the backend    stalledBytes                               128 KiB
//     to the client     one payload buffer in TLS records          129 KiB
//     of one record     what has come of it, or what had no room    33 KiB
//     the connection    what an idle tunnel holds                    5 KiB
//     slack             bytes already sent at the queues' fronts    48 KiB
//
// together 343 KiB; 352 KiB is asserted. Many tunnels are stalled both ways at once; the growth of the daemon's resident memory is held
// against their number times the bound.
import BridgeClient
import Bytes
import MockServers
import TestSupport
import Testing

@Suite(.serialized) struct BoundedMemoryTests {
    static let tunnels = 32
    static let boundForEach = 352 * 1024

    @Test func stalledTunnelsHoldABoundedAmount() throws {
        var behaviour = TCPBehaviour.neverReads
        behaviour.pattern = 1 << 40
        behaviour.sendBufferBytes = 64 * 1024
        let stage = try Stage(["stalls": behaviour])
        let application = try stage.application("stalls")
        let runtime = try ClientRuntime()
        // One-time costs first: the first connection brings in code, keys and buffers.
        let first = try stage.connect(runtime: runtime)
        try first.send("warm")
        _ = try first.receive(exactly: 4)
        let before = stage.daemon.residentBytes

        var clients: [BlockingBridgeClient] = []
        for _ in 0..<Self.tunnels {
            var options = stage.options("stalls")
            options.endpoint.wire.receiveBufferBytes = 64 * 1024
            options.endpoint.wire.sendBufferBytes = 64 * 1024
            let client = try BlockingBridgeClient(options, runtime: runtime)
            client.readsOnDemand = true
            try client.connect()
            clients.append(client)
        }
        // Everybody sends until nobody gets anything through any more.
        let chunk = BytePattern.bytes(count: 32_768)
        var sent = [Int](repeating: 0, count: clients.count)
        let deadline = Deadline(in: .seconds(60))
        var quietRounds = 0
        while quietRounds < 5, !deadline.hasPassed {
            var moved = false
            for (index, client) in clients.enumerated() {
                for _ in 0..<8 where client.connection.pendingOutput < 65_536 {
                    try client.queue(chunk)
                    sent[index] += chunk.count
                    moved = true
                }
            }
            quietRounds = moved ? 0 : quietRounds + 1
            try clients[0].idle(for: .milliseconds(moved ? 1 : 100))
        }
        #expect(quietRounds == 5, "the proxy goes on taking what it can't give away")
        #expect(application.wait { $0.open == Self.tunnels })

        let growth = stage.daemon.residentBytes - before
        let each = growth / Self.tunnels
        print(
            "\(Self.tunnels) tunnels stalled both ways hold \(each / 1024) KiB each; they were sent "
                + "\(sent.reduce(0, +) / Self.tunnels / 1024) KiB each")
        #expect(each < Self.boundForEach, "\(each) bytes for each stalled tunnel")
        // The others don't feel it.
        try first.send("still")
        #expect(try first.receive(exactly: 5) == Array("still".utf8))
        for client in clients { client.reset() }
    }

    /// An idle tunnel holds no buffer of its own: little more than its TLS connection.
    @Test func idleTunnelsHoldNoBuffers() throws {
        let stage = try Stage()
        let runtime = try ClientRuntime()
        var clients = [try stage.connect(runtime: runtime)]
        let before = stage.daemon.residentBytes
        for _ in 0..<200 {
            let client = try stage.connect(runtime: runtime)
            try client.send(BytePattern.bytes(count: 20_000))
            _ = try client.receive(exactly: 20_000)
            clients.append(client)
        }
        let each = (stage.daemon.residentBytes - before) / 200
        print("an idle tunnel that has moved data holds \(each / 1024) KiB")
        #expect(each < 48 * 1024, "\(each) bytes for each idle tunnel")
    }
}
