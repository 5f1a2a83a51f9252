import CLinux
import Testing

@testable import TLS

/// A server and a client with somebody in between who holds every byte and may pass it on differently.
final class Relay {
    private let wires = (server: SocketPair(), client: SocketPair())
    let server: TLSConnection
    let client: TLSConnection

    init(server serverContext: TLSContext, client clientContext: TLSContext, engine: TLSEngine? = nil) throws {
        let engine = try engine ?? TLSEngine()
        server = try TLSConnection(serverContext, engine: engine, descriptor: wires.server.first)
        client = try TLSConnection(
            clientContext, engine: engine, descriptor: wires.client.first, serverName: "localhost")
    }

    /// What the client has sent since the last time.
    func takeFromClient() -> [UInt8] { Self.take(wires.client.second) }

    /// What the server has sent since the last time.
    func takeFromServer() -> [UInt8] { Self.take(wires.server.second) }

    func giveToServer(_ bytes: some Collection<UInt8>) { Self.give(bytes, wires.server.second) }

    func giveToClient(_ bytes: some Collection<UInt8>) { Self.give(bytes, wires.client.second) }

    /// Does the handshake up to the client's last flight, and answers that flight.
    func lastFlight() throws -> [UInt8] {
        try #require(client.handshake().isUnderWay)
        giveToServer(takeFromClient())
        try #require(server.handshake().isUnderWay)
        giveToClient(takeFromServer())
        try #require(client.handshake().isComplete)
        #expect(client.flushed())
        return takeFromClient()
    }

    /// Completes the handshake.
    func connect() throws {
        giveToServer(try lastFlight())
        try #require(server.handshake().isComplete)
        #expect(server.flushed())
        giveToClient(takeFromServer())
        #expect(client.readOnce() == .wouldBlock)
    }

    private static func take(_ descriptor: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe clinux_recv(descriptor, &buffer, buffer.count)
            guard count > 0 else { return all }
            all += buffer[..<count]
        }
    }

    private static func give(_ bytes: some Collection<UInt8>, _ descriptor: Int32) {
        let bytes = Array(bytes)
        #expect(unsafe clinux_send(descriptor, bytes, bytes.count) == bytes.count)
    }
}

/// The records that `bytes` is made of.
func splitRecords(_ bytes: [UInt8]) -> [[UInt8]] {
    var records: [[UInt8]] = []
    var rest = bytes[...]
    while let start = rest.indices.first, rest.count >= 5 {
        let length = min(5 + (Int(rest[start + 3]) << 8 | Int(rest[start + 4])), rest.count)
        records.append(Array(rest.prefix(length)))
        rest = rest.dropFirst(length)
    }
    return records
}
