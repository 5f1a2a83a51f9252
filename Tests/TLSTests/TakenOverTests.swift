import CLinux
import COpenSSL
import Testing

@testable import TLS

/// Connections whose records the server opens itself: what waits, whose bytes are whose, how they end.
@Suite struct TakenOverTests {
    /// Everything that a client may send right behind its last flight, cut anywhere.
    @Test func whatComesBehindTheHandshake() throws {
        for cut in [0, 1, 4, 5, 6, 30, 60] {
            let relay = try Relay(server: serverContext(), client: clientContext())
            let flight = try relay.lastFlight()
            relay.client.send("one")
            relay.client.send([UInt8](repeating: 2, count: 100))
            relay.client.shutdown()
            #expect(relay.client.flushed())
            let data = relay.takeFromClient()
            relay.giveToServer(flight + data[..<cut])
            #expect(relay.server.handshake().isComplete)
            #expect(unsafe relay.server.ssl == nil)
            #expect(relay.server.hasBufferedInput == (cut > 0) && relay.server.drained)
            var got = relay.server.readAll()
            #expect(got.end == .wouldBlock && relay.server.drained && !relay.server.hasBufferedInput)
            relay.giveToServer(data[cut...])
            let rest = relay.server.readAll()
            got.bytes += rest.bytes
            #expect(rest.end == .closed)
            #expect(got.bytes == Array("one".utf8) + [UInt8](repeating: 2, count: 100), "cut at \(cut)")
        }
    }

    @Test func theLastFlightInPieces() throws {
        let relay = try Relay(server: serverContext(), client: clientContext())
        let flight = try relay.lastFlight()
        relay.client.send("behind")
        #expect(relay.client.flushed())
        let all = flight + relay.takeFromClient()
        for byte in all.dropLast() {
            if !relay.server.handshake().isComplete {
                relay.giveToServer([byte])
            } else {
                #expect(relay.server.readOnce() == .wouldBlock)
                relay.giveToServer([byte])
            }
        }
        #expect(relay.server.readOnce() == .wouldBlock)
        relay.giveToServer(all.suffix(1))
        #expect(relay.server.readOnce() == .bytes(Array("behind".utf8)))
    }

    /// Two clients whose records arrive in halves, by turns, on one engine.
    @Test func halfRecordsOfTwoConnections() throws {
        let engine = try TLSEngine()
        let relays = try (0..<2).map { _ in
            try Relay(server: serverContext(), client: clientContext(), engine: engine)
        }
        for relay in relays { try relay.connect() }
        var noise = Noise(state: 23)
        var (sent, got) = ([[UInt8]](repeating: [], count: 2), [[UInt8]](repeating: [], count: 2))
        var wires = [[UInt8]](repeating: [], count: 2)
        for _ in 0..<30 {
            for (index, relay) in relays.enumerated() {
                let message = noise.bytes(Int.random(in: 1...3000, using: &noise))
                sent[index] += message
                relay.client.send(message)
                #expect(relay.client.flushed())
                wires[index] += relay.takeFromClient()
                let piece = Int.random(in: 1...wires[index].count, using: &noise)
                relay.giveToServer(wires[index].prefix(piece))
                wires[index].removeFirst(piece)
                // Room for less than a record: some of it stays inside.
                if case .bytes(let bytes) = relay.server.readOnce(limit: 700) { got[index] += bytes }
                relay.server.send([UInt8(index)])
            }
        }
        for (index, relay) in relays.enumerated() {
            relay.giveToServer(wires[index])
            got[index] += relay.server.readAll().bytes
            #expect(got[index] == sent[index])
            #expect(relay.server.flushed())
            relay.giveToClient(relay.takeFromServer())
            #expect(relay.client.readAll().bytes == [UInt8](repeating: UInt8(index), count: 30))
        }
    }

    @Test func aConnectionThatGoesTakesItsInputAlong() throws {
        let engine = try TLSEngine()
        do {
            let gone = try Relay(server: serverContext(), client: clientContext(), engine: engine)
            try gone.connect()
            gone.giveToServer([23, 3, 3, 0, 100, 1, 2, 3])
            #expect(gone.server.readOnce() == .wouldBlock)
        }
        let relay = try Relay(server: serverContext(), client: clientContext(), engine: engine)
        try relay.connect()
        relay.client.send("clean")
        #expect(relay.client.flushed())
        relay.giveToServer(relay.takeFromClient())
        #expect(relay.server.readOnce() == .bytes(Array("clean".utf8)))
    }

    /// A peer that asks for new keys again and again and reads nothing must not fill our queue.
    @Test func requestsAreAnsweredWithTheNextData() throws {
        let relay = try Relay(server: serverContext(), client: clientContext())
        try relay.connect()
        for _ in 0..<100 {
            #expect(unsafe SSL_key_update(relay.client.ssl, SSL_KEY_UPDATE_REQUESTED) == 1)
            #expect(relay.client.handshake().isComplete)
            #expect(relay.client.flushed())
            relay.giveToServer(relay.takeFromClient())
            #expect(relay.server.readOnce() == .wouldBlock)
        }
        #expect(relay.server.pendingOutput == 0)
        relay.server.send("now")
        #expect(relay.server.flushed())
        let wire = relay.takeFromServer()
        #expect(splitRecords(wire).map(\.count) == [5, 3].map { $0 + RecordProtection.overhead })
        relay.giveToClient(wire)
        #expect(relay.client.readOnce() == .bytes(Array("now".utf8)))
    }

    @Test func nothingFollowsCloseNotify() throws {
        let relay = try Relay(server: serverContext(), client: clientContext())
        try relay.connect()
        relay.server.shutdown()
        relay.server.shutdown()
        #expect(!relay.server.send([1]))
        #expect(unsafe SSL_key_update(relay.client.ssl, SSL_KEY_UPDATE_REQUESTED) == 1)
        relay.client.send("still")
        #expect(relay.client.flushed())
        relay.giveToServer(relay.takeFromClient())
        #expect(relay.server.readOnce() == .bytes(Array("still".utf8)))
        // Not even the alert for a broken rule.
        relay.giveToServer([21, 3, 3, 0, 2, 1, 0])
        #expect(relay.server.readOnce() == .failed(.protocolViolation))
        #expect(relay.server.flushed())
        let wire = relay.takeFromServer()
        #expect(splitRecords(wire).count == 1)
        relay.giveToClient(wire)
        #expect(relay.client.readOnce() == .closed)
    }

    @Test func theClientsPaddingIsTakenOff() throws {
        let relay = try Relay(server: serverContext(), client: clientContext())
        try relay.connect()
        #expect(unsafe SSL_set_block_padding(relay.client.ssl, 512) == 1)
        for count in [1, 511, 512, 16_384] {
            relay.client.send([UInt8](repeating: 0, count: count))
            #expect(relay.client.flushed())
            let wire = relay.takeFromClient()
            #expect(wire.count > 512)
            relay.giveToServer(wire)
            #expect(relay.server.readAll().bytes == [UInt8](repeating: 0, count: count))
        }
    }

    /// Each rule once, with the alert that the client is told and what our logs say.
    @Test(
        arguments: [
            ([21, 3, 3, 0, 2, 1, 0], 10, TLSFailure.Kind.protocolViolation),
            ([20, 3, 3, 0, 1, 1], 10, .protocolViolation),
            ([23, 3, 3, 0x41, 0x01], 22, .protocolViolation),
            ([23, 3, 3, 0, 17] + [UInt8](repeating: 1, count: 17), 20, .badRecord),
            ([23, 3, 3, 0, 16] + [UInt8](repeating: 1, count: 16), 20, .badRecord),
        ] as [([UInt8], Int, TLSFailure.Kind)])
    func brokenRulesAreTold(record: [UInt8], alert: Int, kind: TLSFailure.Kind) throws {
        let relay = try Relay(server: serverContext(), client: clientContext())
        try relay.connect()
        relay.client.send("before")
        #expect(relay.client.flushed())
        relay.giveToServer(relay.takeFromClient() + record + [23, 3, 3, 0, 1, 1])
        #expect(relay.server.readOnce() == .bytes(Array("before".utf8)))
        #expect(relay.server.hasBufferedInput)
        #expect(relay.server.readOnce() == .failed(kind))
        #expect(relay.server.readOnce() == .failed(kind))
        #expect(!relay.server.send([1]))
        relay.server.shutdown()
        guard case .failed(let failure) = relay.server.handshake() else {
            Issue.record("the connection is still good")
            return
        }
        #expect(failure.kind == kind && !failure.reason.isEmpty)
        #expect(relay.server.flushed())
        let wire = relay.takeFromServer()
        #expect(splitRecords(wire).count == 1)
        relay.giveToClient(wire)
        #expect(relay.client.readOnce() == .failed(.peerAlert))
        guard case .failed(let told) = relay.client.handshake() else { return }
        #expect(told.alert == alert)
    }

    @Test func theClientsAlertIsHeard() throws {
        let relay = try Relay(server: serverContext(), client: clientContext())
        try relay.connect()
        relay.giveToClient([23, 3, 3, 0, 20] + [UInt8](repeating: 1, count: 20))
        #expect(relay.client.readOnce() == .failed(.badRecord))
        #expect(relay.client.flushed())
        relay.giveToServer(relay.takeFromClient())
        #expect(relay.server.readOnce() == .failed(.peerAlert))
        guard case .failed(let failure) = relay.server.handshake() else {
            Issue.record("the connection is still good")
            return
        }
        #expect(failure.alert == 20)
        // Nobody answers an alert.
        #expect(relay.server.pendingOutput == 0)
    }
}
