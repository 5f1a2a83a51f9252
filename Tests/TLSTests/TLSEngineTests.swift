import CLinux
import TLS
import Testing

/// One engine under several connections: whose bytes are whose.
@Suite struct TLSEngineTests {
    @Test func aConnectionThatGoesTakesItsOutputAlong() throws {
        let engine = try TLSEngine()
        do {
            let gone = try Link(server: serverContext(), client: clientContext(), engines: (engine, engine))
            try gone.connect()
            gone.server.send("unsent")
        }
        let link = try Link(server: serverContext(), client: clientContext(), engines: (engine, engine))
        try link.connect()
        #expect(link.server.pendingOutput == 0)
        link.server.send("clean")
        #expect(link.server.flushed())
        #expect(link.client.readOnce() == .bytes(Array("clean".utf8)))
    }

    @Test func manyConnectionsShareOneEngine() throws {
        let engine = try TLSEngine()
        let contexts = try (serverContext(), clientContext())
        let links = try (0..<20).map { _ in
            try Link(server: contexts.0, client: contexts.1, engines: (engine, engine))
        }
        // Handshakes interleaved step by step.
        for _ in 0..<4 { for link in links { _ = link.client.handshake(); _ = link.server.handshake() } }
        for (index, link) in links.enumerated() { link.client.send([UInt8(index)]) }
        for link in links { #expect(link.client.flushed()) }
        for (index, link) in links.enumerated() { #expect(link.server.readOnce() == .bytes([UInt8(index)])) }
        for (index, link) in links.enumerated() { link.server.send([UInt8(index), 1]) }
        for link in links.reversed() { #expect(link.server.flushed()) }
        for (index, link) in links.enumerated() { #expect(link.client.readOnce() == .bytes([UInt8(index), 1])) }
    }

    @Test func outputLargerThanTheBufferKeepsItsOrder() throws {
        let link = try Link(
            server: serverContext(), client: clientContext(), engines: (TLSEngine(outputCapacity: 0), TLSEngine()))
        try link.connect()
        var noise = Noise(state: 11)
        let pieces = (0..<6).map { _ in noise.bytes(15_000) }
        for piece in pieces { link.server.send(piece) }
        #expect(link.server.pendingOutput > 90_000)
        var got: [UInt8] = []
        for _ in 0..<100 where got.count < 90_000 {
            link.server.flushed()
            if case .bytes(let bytes) = link.client.readOnce() { got += bytes }
        }
        #expect(got == pieces.flatMap { $0 })
        #expect(link.server.pendingOutput == 0)
    }
}
