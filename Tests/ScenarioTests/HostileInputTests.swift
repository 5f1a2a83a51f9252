// Hostile peers harm themselves at most. While one tunnel echoes, others send garbage, leave TLS handshakes half done by
// the thousand, announce frames of absurd lengths, or connect and leave; the tunnel goes on without a gap that one would
// notice, the daemon lives, and what it opened for them is given back.
import BridgeClient
import Bytes
import Glibc
import JSON
import MockServers
import System
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct HostileInputTests {
    static let stage = Result {
        _ = try ThisProcess.raiseDescriptorLimit()
        return try Stage { settings in
            settings["limits", "handshakeTimeout"] = "2s"
            settings["limits", "closeTimeout"] = "1s"
        }
    }

    /// Does harm in steps while a tunnel echoes between them; answers the longest round trip.
    private func harm(_ steps: Int, _ harm: (Int, Stage) throws -> Void) throws {
        let stage = try Self.stage.get()
        let client = try stage.connect()
        var longest = Duration.zero
        for step in 0..<steps {
            try harm(step, stage)
            let message = BytePattern.bytes(at: UInt64(step), count: 1 + step % 2000)
            let time = try Deadline.measure {
                try client.send(message)
                #expect(try client.receive(exactly: message.count) == message)
            }
            longest = max(longest, time)
        }
        #expect(longest < .seconds(2), "an echo took \(longest)")
        #expect(try client.close().code == .normalClosure)
        #expect(stage.daemon.process.isRunning, "\(stage.daemon.account)")
    }

    /// A TCP connection and some bytes, never read from.
    private func raw(_ port: UInt16, _ bytes: [UInt8]) throws -> Descriptor {
        let (descriptor, _) = try Socket.connect(to: FreePorts.loopback(port))
        let isSent = Deadline(in: .seconds(5)).poll {
            if case .bytes(let count) = unsafe bytes.withUnsafeBytes({ unsafe Socket.send(descriptor.number, $0) }) {
                return count == bytes.count
            }
            return false
        }
        #expect(isSent)
        return descriptor
    }

    @Test func garbageInsteadOfTLS() throws {
        var generator = Segmentation(sizes: 0...255, seed: 7)
        try harm(200) { step, stage in
            let bytes = (0..<(1 + step * 7)).map { _ in UInt8(generator.next() - 1 & 0xFF) }
            let descriptor = try raw(stage.daemon.port(), bytes)
            if step % 3 == 0 { Socket.setAbortOnClose(descriptor.number) }
            descriptor.close()
        }
    }

    /// The beginning of a ClientHello, and then nothing.
    @Test func halfOpenHandshakesByTheThousand() throws {
        let hello: [UInt8] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]
        let stage = try Self.stage.get()
        let before = stage.daemon.openDescriptors
        var held: [Descriptor] = []
        try harm(100) { _, stage in
            for _ in 0..<20 { held.append(try raw(stage.daemon.port(), hello)) }
        }
        // handshakeTimeout ends them, whether they leave or not.
        let isClean = Deadline(in: .seconds(20)).poll { stage.daemon.openDescriptors <= before + 10 }
        #expect(isClean, "\(stage.daemon.openDescriptors) descriptors, \(before) before")
        held.removeAll()
    }

    @Test func absurdFrameLengths() throws {
        let lengths: [UInt64] = [65_536, 1 << 31, 1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, .max]
        try harm(70) { step, stage in
            let client = try stage.connect()
            let opcode: UInt8 = step % 3 == 0 ? 0x8 : 0x2
            try client.sendRaw(RawFrame(opcode).with { $0.announced = lengths[step % lengths.count] }.bytes)
            let code = try client.closure().code.rawValue
            #expect(code == 1009 || code == 1002)
        }
    }

    /// Garbage in place of frames, on a good connection.
    @Test func garbageInsteadOfFrames() throws {
        var generator = Segmentation(sizes: 1...256, seed: 8)
        try harm(100) { step, stage in
            let client = try stage.connect()
            let bytes = (0..<(100 + step * 20)).map { _ in UInt8(generator.next() - 1) }
            client.connection.sendRaw(bytes)
            client.finishWritingAbruptlyIfOpen()
            // Whatever it was: it ends, and in the client's eyes not with an error of the server's making.
            let closure = try client.closure()
            #expect([1000, 1002, 1003, 1006, 1007, 1009].contains(closure.code.rawValue), "\(closure)")
        }
    }

    /// Health checks and port scans.
    @Test func connectionsThatLeaveAtOnce() throws {
        try harm(50) { step, stage in
            for _ in 0..<10 {
                let (descriptor, _) = try Socket.connect(to: FreePorts.loopback(stage.daemon.port()))
                if step % 2 == 0 { Socket.setAbortOnClose(descriptor.number) }
                descriptor.close()
            }
        }
    }

    /// Heads that never end, a byte at a time.
    @Test func slowHeads() throws {
        let stage = try Self.stage.get()
        let runtime = try ClientRuntime()
        let slow = try (0..<20).map { _ in
            let client = try BlockingBridgeClient(stage.options(), runtime: runtime)
            try client.open()
            return client
        }
        try harm(100) { step, _ in
            for client in slow { client.connection.sendRaw([UInt8(ascii: "A") + UInt8(step % 26)]) }
            try slow[0].idle(for: .milliseconds(1))
        }
        for client in slow { client.reset() }
    }
}

extension BlockingBridgeClient {
    /// Half-closes, where the server hasn't ended it all already.
    func finishWritingAbruptlyIfOpen() { try? finishWritingAbruptly() }
}
