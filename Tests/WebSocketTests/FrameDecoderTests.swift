import Testing
import WebSocket

@Suite struct FrameDecoderTests {
    @Test("RFC 6455 5.7: the examples of masked frames, as a server receives them")
    func examples() throws {
        var driver = DecoderDriver()
        let pong: [UInt8] = [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(try driver.feed(pong[...]))
        #expect(driver.items == [.pong(Array("Hello".utf8))])
    }

    @Test("RFC 6455 5.7: the examples of unmasked frames, as a client receives them")
    func clientExamples() throws {
        for size in [256, 65_536] {
            var driver = DecoderDriver(role: .client, maxFrameSize: 65_536)
            let payload = [UInt8](repeating: 0xAB, count: size)
            let head: [UInt8] =
                size == 256 ? [0x82, 0x7E, 0x01, 0x00] : [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]
            #expect(try driver.feed((head + payload)[...]))
            #expect(driver.items == [.data(payload)])
        }
    }

    @Test func everySmallSizeAndTheBorders() throws {
        var random = SeededGenerator(seed: 3)
        let sizes = Array(0...300) + [1023, 1024, 16_384, 32_767, 32_768, 65_533, 65_534, 65_535]
        for size in sizes + (0..<40).map({ _ in Int.random(in: 301...65_535, using: &random) }) {
            let payload = random.bytes(size)
            var driver = DecoderDriver()
            #expect(try driver.feed(WireFrame.binary(payload, key: random.bytes(4))[...], headroom: 9, gap: 7))
            #expect(driver.items == (size == 0 ? [] : [.data(payload)]))
        }
    }

    @Test func manyFramesLeaveInOneStep() throws {
        let frames = (0..<50).map { WireFrame.binary([UInt8](repeating: UInt8($0), count: $0)) }
        var buffer = frames.flatMap { $0 }
        let end = buffer.count
        var decoder = FrameDecoder(role: .server)
        var span = buffer.mutableSpan
        var raw = unsafe span.mutableBytes
        let step = try decoder.step(&raw, from: 0, to: end, compactingTo: 0)
        #expect(step.position == end)
        #expect(step.event == nil)
        #expect(Array(buffer[..<step.output]) == (0..<50).flatMap { [UInt8](repeating: UInt8($0), count: $0) })
    }

    @Test("A frame is never awaited whole: each byte of payload leaves as it comes")
    func payloadLeavesAsItComes() throws {
        let wire = WireFrame.binary([10, 20, 30, 40, 50])
        var decoder = FrameDecoder(role: .server)
        for (index, byte) in wire.enumerated() {
            var buffer = [byte]
            var span = buffer.mutableSpan
            var raw = unsafe span.mutableBytes
            let step = try decoder.step(&raw, from: 0, to: 1, compactingTo: 0)
            #expect(step.output == (index < 6 ? 0 : 1))
            if index >= 6 { #expect(buffer == [UInt8(10 * (index - 5))]) }
        }
    }

    @Test("RFC 6455 5.4: control frames between fragments, fragments of size 0")
    func fragments() throws {
        let wire =
            WireFrame.binary([1], final: false) + WireFrame.ping([7]) + WireFrame.continuation([], final: false)
            + WireFrame.continuation([2, 3], final: false) + WireFrame.pong() + WireFrame.continuation([4])
            + WireFrame.binary([5])
        for cuts in [[], Array(1..<wire.count)] {
            var driver = DecoderDriver(reportsFrames: true)
            try driver.feed(wire, cuts: cuts)
            #expect(driver.items == [.data([1]), .ping([7]), .data([2, 3]), .pong([]), .data([4, 5])])
            #expect(driver.frameEnds == [false, false, false, true, true])
        }
    }

    @Test("RFC 6455 5.5.1: nothing counts after a Close")
    func nothingAfterClose() throws {
        let wire = WireFrame.binary([1]) + WireFrame.close(code: 1000, "bye") + WireFrame.binary([2]) + [0xFF, 0xFF]
        for cuts in [[], Array(1..<wire.count)] {
            var driver = DecoderDriver()
            try driver.feed(wire, cuts: cuts)
            #expect(driver.items == [.data([1]), .close(.normalClosure, "bye")])
        }
    }

    @Test func closeWithoutCode() throws {
        var driver = DecoderDriver()
        #expect(try driver.feed(WireFrame.close()[...]))
        #expect(driver.items == [.close(nil, "")])
    }

    @Test func largestControlFrame() throws {
        var driver = DecoderDriver()
        let payload = (0..<125).map { UInt8($0) }
        try driver.feed(WireFrame.ping(payload) + WireFrame.pong(payload), cuts: [3, 60, 131, 140])
        #expect(driver.items == [.ping(payload), .pong(payload)])
    }

    @Test func smallerAndLargerLimits() throws {
        var small = DecoderDriver(maxFrameSize: 4)
        _ = try small.feed((WireFrame.binary([1, 2, 3, 4]) + WireFrame.binary([1, 2, 3, 4, 5]))[...])
        #expect(small.items == [.data([1, 2, 3, 4]), .misdeed(.frameTooLarge(length: 5, limit: 4))])
        var large = DecoderDriver(maxFrameSize: .max)
        let payload = [UInt8](repeating: 3, count: 70_000)
        #expect(try large.feed(WireFrame.binary(payload)[...]))
        #expect(large.items == [.data(payload)])
    }

    @Test func emptyReadIsHarmless() throws {
        var decoder = FrameDecoder(role: .server)
        var buffer: [UInt8] = [0]
        var span = buffer.mutableSpan
        var raw = unsafe span.mutableBytes
        let step = try decoder.step(&raw, from: 1, to: 1, compactingTo: 0)
        #expect(step.position == 1)
        #expect(step.output == 0)
        #expect(step.event == nil)
    }
}
