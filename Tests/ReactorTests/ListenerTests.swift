import Reactor
import System
import Testing

@Suite struct ListenerTests {
    @Test func everyConnectionIsHandedOnWithItsPeer() throws {
        let loop = try EventLoop()
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        var peers: [SocketAddress] = []
        var held: [Descriptor] = []
        let listener = try Listener(
            try Socket.listen(at: address), loop: loop,
            accepted: { descriptor, peer in
                held.append(descriptor)
                peers.append(peer)
            }, failed: { Issue.record($0) })
        let clients = try (0..<200).map { _ in try Socket.connect(to: listener.address).0 }
        while peers.count < clients.count { try loop.turn(maximumWait: .seconds(1)) }
        let expected = try clients.map { try Socket.localAddress($0.number) }
        #expect(Set(peers) == Set(expected))
        listener.close()
        #expect(loop.watched == 0)
        let (late, progress) = try Socket.connect(to: listener.address)
        #expect(progress != .connected || Socket.pendingError(late.number) != 0)
    }
}
