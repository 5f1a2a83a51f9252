import Bytes
import CLinux
import COpenSSL
import Testing

@testable import TLS

/// Both roles over a socket pair: handshake, data, backpressure, the several ways to end.
@Suite struct TLSConnectionTests {
    @Test(arguments: [TLSVersion.tls12, .tls13])
    func handshakeAndEcho(version: TLSVersion) throws {
        let link = try Link(
            server: serverContext { $0.maximumVersion = version }, client: clientContext { $0.minimumVersion = .tls12 })
        try link.connect()
        #expect(link.server.protocolVersion == version)
        #expect(link.client.protocolVersion == version)
        #expect(link.server.cipherName?.contains("AES") == true)
        #expect(link.server.applicationProtocol == "http/1.1")
        #expect(link.server.serverName == "localhost")
        #expect(!link.server.hasPeerCertificate && link.client.hasPeerCertificate)
        link.client.send("ping")
        #expect(link.client.pendingOutput > 4)
        #expect(link.client.flushed())
        #expect(link.client.pendingOutput == 0)
        #expect(link.server.readOnce() == .bytes(Array("ping".utf8)))
        #expect(link.server.drained && !link.server.hasBufferedInput)
        link.server.send("pong")
        #expect(link.server.flushed())
        #expect(link.client.readOnce() == .bytes(Array("pong".utf8)))
    }

    @Test func nothingIsPickedUpUnflushed() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        try link.connect()
        link.client.send("held")
        #expect(link.server.readOnce() == .wouldBlock)
        // The server has claimed the engine meanwhile, so the bytes are in the client's own queue.
        #expect(link.client.pendingOutput > 0)
        link.client.send(" back")
        #expect(link.client.flushed())
        #expect(link.server.readOnce() == .bytes(Array("held back".utf8)))
    }

    @Test(arguments: [true, false])
    func recordsAreReadTogetherAndTheRestLater(opensRecords: Bool) throws {
        let link = try Link(server: serverContext { $0.opensRecords = opensRecords }, client: clientContext())
        try link.connect()
        for _ in 0..<10 { link.client.send([UInt8](repeating: 7, count: 1000)) }
        #expect(link.client.flushed())
        // Whole records where they are opened here, unless even one is more than the buffer; OpenSSL fills the buffer.
        var limits = [2500, 7499, 300, 64 * 1024]
        var taken = 0
        while taken < 10_000 {
            let limit = limits.count > 1 ? limits.removeFirst() : limits[0]
            guard case .bytes(let bytes) = link.server.readOnce(limit: limit) else {
                Issue.record("nothing more after \(taken) bytes")
                return
            }
            #expect(bytes.count <= limit && bytes.count > limit - 1000 - 1 || taken + bytes.count == 10_000)
            #expect(bytes.allSatisfy { $0 == 7 })
            taken += bytes.count
            #expect(link.server.hasBufferedInput == (taken < 10_000))
        }
        #expect(link.server.readOnce() == .wouldBlock)
        #expect(!link.server.hasBufferedInput)
    }

    @Test func dataBehindTheHandshakeIsReadWithoutAnotherEvent() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        guard case .wantRead = link.client.handshake() else { return }
        guard case .wantRead = link.server.handshake() else { return }
        guard case .complete = link.client.handshake() else { return }
        link.client.send("at once")
        #expect(link.client.flushed())
        guard case .complete = link.server.handshake() else { return }
        // OpenSSL 3.2 and newer don't read ahead in the handshake: then the socket is known not to be empty.
        #expect(link.server.hasBufferedInput == link.server.drained)
        #expect(link.server.readOnce() == .bytes(Array("at once".utf8)))
        #expect(link.server.drained && !link.server.hasBufferedInput)
    }

    /// The bytes of one end arrive at the other in pieces of any size; every record is cut somewhere.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func randomCuts(seed: UInt64) throws {
        var noise = Noise(state: seed)
        let wires = (SocketPair(), SocketPair())
        let engine = try TLSEngine()
        let server = try TLSConnection(serverContext(), engine: engine, descriptor: wires.0.first)
        let client = try TLSConnection(
            clientContext(), engine: engine, descriptor: wires.1.first, serverName: "localhost")
        var toServer = ByteQueue()
        var toClient = ByteQueue()
        let message = noise.bytes(60_000)
        var sent = 0
        var got: [UInt8] = []
        var isServerReady = false
        var isClientReady = false
        for _ in 0..<2_000_000 where got.count < message.count {
            if isClientReady, sent < message.count {
                let next = min(Int.random(in: 1...9000, using: &noise), message.count - sent)
                client.send(Array(message[sent..<(sent + next)]))
                sent += next
                #expect(client.flushed())
            } else if !isClientReady {
                isClientReady = client.handshake().isComplete
                client.flushed()
            }
            if isServerReady {
                if case .bytes(let bytes) = server.readOnce() { got += bytes }
            } else {
                isServerReady = server.handshake().isComplete
                server.flushed()
                if server.hasBufferedInput, case .bytes(let bytes) = server.readOnce() { got += bytes }
            }
            pump(from: wires.1.second, through: &toServer, to: wires.0.second, &noise)
            pump(from: wires.0.second, through: &toClient, to: wires.1.second, &noise)
        }
        #expect(got == message)
    }

    private func pump(from: Int32, through queue: inout ByteQueue, to: Int32, _ noise: inout Noise) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe clinux_recv(from, &buffer, buffer.count)
        if count > 0 { queue.append(Array(buffer[..<count])) }
        guard !queue.isEmpty else { return }
        let piece = min(queue.count, Int.random(in: 1...700, using: &noise))
        #expect(unsafe queue.withUnsafeBytes { unsafe clinux_send(to, $0.baseAddress, piece) } == piece)
        queue.removeFirst(piece)
    }

    /// One MiB each way at once, through sockets that hold little, with gather buffers that spill.
    @Test func aMebibyteBothWaysWithBlockedPeers() throws {
        var noise = Noise(state: 99)
        let engines = try (TLSEngine(outputCapacity: 1), TLSEngine())
        let link = try Link(server: serverContext(), client: clientContext(), engines: engines)
        _ = clinux_set_buffers(link.sockets.first, 8192, 8192)
        _ = clinux_set_buffers(link.sockets.second, 8192, 8192)
        try link.connect()
        let down = noise.bytes(1 << 20)
        let up = noise.bytes(1 << 20)
        link.server.send(down)
        link.client.send(up)
        var wasBlocked = false
        var gotDown: [UInt8] = []
        var gotUp: [UInt8] = []
        for _ in 0..<100_000 where gotDown.count < down.count || gotUp.count < up.count {
            if case .blocked(let pending) = link.server.flush() {
                wasBlocked = true
                #expect(pending == link.server.pendingOutput)
            }
            link.client.flushed()
            if case .bytes(let bytes) = link.client.readOnce() { gotDown += bytes }
            if case .bytes(let bytes) = link.server.readOnce() { gotUp += bytes }
        }
        #expect(wasBlocked)
        #expect(gotDown == down)
        #expect(gotUp == up)
        #expect(link.server.pendingOutput == 0 && link.client.pendingOutput == 0)
    }

    @Test func closeNotifyIsToldFromTruncation() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        try link.connect()
        link.client.send("last words")
        link.client.shutdown()
        #expect(link.client.flushed())
        #expect(!link.client.send([1]))
        #expect(link.server.readOnce() == .bytes(Array("last words".utf8)))
        #expect(link.server.hasBufferedInput)
        #expect(link.server.readOnce() == .closed)
        #expect(link.server.readOnce() == .closed)
        // The other direction is still open (RFC 8446 section 6.1).
        link.server.send("farewell")
        #expect(link.server.flushed())
        #expect(link.client.readOnce() == .bytes(Array("farewell".utf8)))

        let cut = try Link(server: serverContext(), client: clientContext())
        try cut.connect()
        cut.client.send("last words")
        #expect(cut.client.flushed())
        _ = clinux_shutdown_write(cut.sockets.second)
        #expect(cut.server.readOnce() == .bytes(Array("last words".utf8)))
        #expect(cut.server.readOnce() == .endOfStream)
        #expect(cut.server.readOnce() == .endOfStream)
        cut.server.send("still there?")
        #expect(cut.server.flushed())
        #expect(cut.client.readOnce() == .bytes(Array("still there?".utf8)))
    }

    @Test func probingFindsTheEndBehindAShortRead() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        try link.connect()
        link.client.send("x")
        #expect(link.client.flushed())
        _ = clinux_shutdown_write(link.sockets.second)
        link.server.probeUntilEmpty = true
        #expect(link.server.readOnce() == .bytes([UInt8(ascii: "x")]))
        #expect(!link.server.drained || link.server.hasBufferedInput)
        #expect(link.server.readOnce() == .endOfStream)
    }

    @Test func aRecordCutByTheEndIsATruncation() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        try link.connect()
        let half: [UInt8] = [23, 3, 3, 0, 100, 1, 2, 3]
        #expect(unsafe clinux_send(link.sockets.second, half, half.count) == half.count)
        _ = clinux_shutdown_write(link.sockets.second)
        #expect(link.server.readOnce() == .wouldBlock)
        #expect(link.server.readOnce() == .endOfStream)
    }

    @Test func aForgedRecordFailsForGood() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        try link.connect()
        link.client.send("genuine")
        #expect(link.client.flushed())
        let forged: [UInt8] = [23, 3, 3, 0, 40] + [UInt8](repeating: 9, count: 40)
        #expect(unsafe clinux_send(link.sockets.second, forged, forged.count) == forged.count)
        #expect(link.server.readOnce() == .bytes(Array("genuine".utf8)))
        #expect(link.server.hasBufferedInput)
        #expect(link.server.readOnce() == .failed(.badRecord))
        #expect(link.server.readOnce() == .failed(.badRecord))
        #expect(!link.server.send("no more".utf8.map { $0 }))
        // The alert (bad_record_mac) is there to be sent, and the other end understands it.
        #expect(link.server.flushed())
        #expect(link.client.readOnce() == .failed(.peerAlert))
    }

    @Test func aResetIsReportedWithItsErrno() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        try link.connect()
        link.client.send("never read")
        #expect(link.client.flushed())
        // Closing with unread input resets the peer.
        let other = link.sockets.first
        _ = clinux_shutdown_write(other)
        link.server.send("x")
        guard case .failed(let error) = link.server.flush() else {
            Issue.record("sending after shutdown worked")
            return
        }
        #expect(error == 32)
    }

    @Test func keyUpdatesAreAnswered() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        try link.connect()
        #expect(unsafe SSL_key_update(link.client.ssl, SSL_KEY_UPDATE_REQUESTED) == 1)
        link.client.send("new keys")
        #expect(link.client.flushed())
        #expect(link.server.readOnce() == .bytes(Array("new keys".utf8)))
        link.server.send("mine too")
        #expect(link.server.flushed())
        #expect(link.client.readOnce() == .bytes(Array("mine too".utf8)))
        link.client.send("and on")
        #expect(link.client.flushed())
        #expect(link.server.readOnce() == .bytes(Array("and on".utf8)))
    }

    @Test func recordsWithoutDataAndWithoutEndAreAnAttack() throws {
        let link = try Link(server: serverContext { $0.readBufferBytes = 0 }, client: clientContext())
        try link.connect()
        for _ in 0..<7000 {
            #expect(unsafe SSL_key_update(link.client.ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1)
            guard case .complete = link.client.handshake() else { return }
        }
        #expect(link.client.pendingOutput > 9 * 17 * 1024)
        #expect(link.client.flushed())
        #expect(link.server.readOnce(limit: 1000) == .failed(.recordFlood))
    }

    @Test func shuttingDownTwiceThrowsNothingAway() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        try link.connect()
        link.server.send("still coming")
        #expect(link.server.flushed())
        link.client.shutdown()
        link.client.shutdown()
        #expect(link.client.readOnce() == .bytes(Array("still coming".utf8)))
    }

    @Test func whatOthersLeftInTheErrorQueueChangesNothing() throws {
        let link = try Link(server: serverContext(), client: clientContext())
        let bystander = try serverContext()
        func litter() {
            #expect(unsafe SSL_CTX_set_cipher_list(bystander.pointer, "NONSENSE") == 0)
            #expect(ERR_peek_error() != 0)
        }
        defer { ERR_clear_error() }
        litter()
        try link.connect()
        litter()
        #expect(link.server.readOnce() == .wouldBlock)
        link.client.send("bye")
        link.client.shutdown()
        #expect(link.client.flushed())
        litter()
        #expect(link.server.readOnce() == .bytes(Array("bye".utf8)))
        #expect(link.server.readOnce() == .closed)
    }
}
