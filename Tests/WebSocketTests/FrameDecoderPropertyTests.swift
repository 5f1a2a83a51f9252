import Testing
import WebSocket

/// The decoder against the oracle, on random conversations cut at random places. A failure names its seed.
@Suite struct FrameDecoderPropertyTests {
    /// A conversation of mostly good frames; sometimes one that is wrong, sometimes a last one that is cut.
    static func conversation(_ random: inout SeededGenerator, role: Role) -> [UInt8] {
        var wire: [UInt8] = []
        var insideMessage = false
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let key: [UInt8]? = role == .server ? random.bytes(4) : nil
            switch Int.random(in: 0..<40, using: &random) {
            case 0..<22:
                let size = Int.random(in: 0...2, using: &random) == 0 ? 300 : 20
                let payload = random.bytes(Int.random(in: 0...size, using: &random))
                let final = Bool.random(using: &random)
                wire +=
                    insideMessage
                    ? WireFrame.continuation(payload, final: final, key: key)
                    : WireFrame.binary(payload, final: final, key: key)
                insideMessage = !final
            case 22..<32:
                let payload = random.bytes(Int.random(in: 0...125, using: &random))
                wire +=
                    Bool.random(using: &random) ? WireFrame.ping(payload, key: key) : WireFrame.pong(payload, key: key)
            case 32:
                wire += WireFrame.close(code: UInt16.random(in: 998...1016, using: &random), "bye", key: key)
            case 33:
                wire += WireFrame.close(random.bytes(Int.random(in: 0...5, using: &random)), key: key)
            case 34:
                wire += WireFrame.make(
                    first: 0x82, random.bytes(3), key: key, lengthBytes: [0, 2, 8].randomElement(using: &random))
            case 35:
                wire += WireFrame.make(
                    first: 0x82, key: key, announcing: UInt64.random(in: 0 ... .max, using: &random))
            case 36:
                wire += random.bytes(Int.random(in: 1...20, using: &random))
            default:
                let first = UInt8.random(in: 0...255, using: &random)
                wire += WireFrame.make(first: first, random.bytes(4), key: Bool.random(using: &random) ? key : nil)
            }
        }
        if Int.random(in: 0...3, using: &random) == 0 {
            wire.removeLast(Int.random(in: 0...wire.count, using: &random))
        }
        return wire
    }

    @Test(arguments: [Role.server, .client], [65_535, 100])
    func agreesWithTheOracle(_ role: Role, _ maxFrameSize: Int) throws {
        for seed in UInt64(0)..<1500 {
            var random = SeededGenerator(seed: seed)
            let wire = Self.conversation(&random, role: role)
            let expected = ReferenceDecoder(role: role, maxFrameSize: maxFrameSize).decode(wire)

            var whole = DecoderDriver(role: role, maxFrameSize: maxFrameSize)
            try whole.feed(wire, cuts: [])
            #expect(whole.items == expected, "seed \(seed), whole")

            let cuts = (0..<Int.random(in: 1...20, using: &random))
                .map { _ in Int.random(in: 0...wire.count, using: &random) }.sorted()
            let headroom = Int.random(in: 0...70, using: &random)
            var cut = DecoderDriver(
                role: role, maxFrameSize: maxFrameSize, reportsFrames: Bool.random(using: &random))
            try cut.feed(wire, cuts: cuts, headroom: headroom, gap: Int.random(in: 0...headroom, using: &random))
            #expect(cut.items == expected, "seed \(seed), cut at \(cuts)")

            if seed % 5 == 0 {
                var single = DecoderDriver(role: role, maxFrameSize: maxFrameSize)
                try single.feed(wire, cuts: Array(0..<wire.count))
                #expect(single.items == expected, "seed \(seed), byte by byte")
            }
        }
    }

    /// One long upload: frames of sizes sampled over the whole range, reads of sizes that have nothing to do with them.
    @Test func longUploadComesThroughIdentical() throws {
        var random = SeededGenerator(seed: 4)
        var sent: [UInt8] = []
        var wire: [UInt8] = []
        for index in 0..<60 {
            let size =
                index % 3 == 0 ? Int.random(in: 0...65_535, using: &random) : Int.random(in: 0...200, using: &random)
            let payload = random.bytes(size)
            sent += payload
            wire += WireFrame.binary(payload, key: random.bytes(4))
        }
        var driver = DecoderDriver()
        var start = 0
        while start < wire.count {
            let end = min(wire.count, start + Int.random(in: 1...40_000, using: &random))
            #expect(try driver.feed(wire[start..<end]))
            start = end
        }
        #expect(driver.items == [.data(sent)])
    }
}
