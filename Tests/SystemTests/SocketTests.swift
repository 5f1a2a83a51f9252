import System
import Testing

@Suite struct SocketTests {
    @Test func bytesCrossLoopback() throws {
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let listener = try Socket.listen(at: address)
        let bound = try Socket.localAddress(listener.number)
        #expect(bound.port != 0)
        let (client, progress) = try Socket.connect(to: bound)
        #expect(progress != .failed(Errno.connectionRefused))
        var accepted: (Descriptor, SocketAddress)?
        while accepted == nil { accepted = try Socket.accept(listener.number) }
        let (server, peer) = try #require(accepted)
        #expect(peer == (try Socket.localAddress(client.number)))

        let message: [UInt8] = [1, 2, 3]
        let sent = unsafe message.withUnsafeBytes { unsafe Socket.send(client.number, $0) }
        #expect(sent == .bytes(3))
        Socket.shutdownWrite(client.number)
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16)
        reading: while true {
            switch unsafe buffer.withUnsafeMutableBytes({ unsafe Socket.receive(server.number, into: $0) }) {
            case .bytes(0): break reading
            case .bytes(let count): received += buffer[..<count]
            case .wouldBlock: continue
            case .failed(let code):
                Issue.record("recv failed with \(code)")
                break reading
            }
        }
        #expect(received == message)
    }

    @Test func aRefusedPortSaysSo() throws {
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let listener = try Socket.listen(at: address)
        let bound = try Socket.localAddress(listener.number)
        listener.close()
        let (client, progress) = try Socket.connect(to: bound)
        let decided = progress == .failed(Errno.connectionRefused)
        #expect(decided || Socket.pendingError(client.number) == Errno.connectionRefused)
    }

    @Test func aPortInUseIsNamedInTheError() throws {
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let listener = try Socket.listen(at: address)
        let bound = try Socket.localAddress(listener.number)
        let error = #expect(throws: SystemError.self) { _ = try Socket.listen(at: bound) }
        #expect(error?.name == "EADDRINUSE")
        #expect(error?.description.contains(bound.description) == true)
    }

    @Test func unacknowledgedBytesAreSeen() throws {
        let (one, other) = try Socket.pair()
        #expect(Socket.unacknowledgedBytes(one.number) == 0)
        _ = unsafe [UInt8](repeating: 7, count: 100).withUnsafeBytes { unsafe Socket.send(one.number, $0) }
        #expect(Socket.unacknowledgedBytes(one.number) > 0)
        withExtendedLifetime(other) {}
    }
}
