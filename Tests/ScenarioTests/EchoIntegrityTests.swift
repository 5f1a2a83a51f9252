// What goes in comes out: 64 MiB through the proxy and an echo application and back, in frames of sizes from 0 to 65,535
// and in TCP segments that have nothing to do with them, while one side or the other is slow. The order of sizes is
// random but the same in every run. Each boundary of the frame header, of TLS records and of the proxy's buffers is among
// them; SECURE_PROXY_REPEAT=1000 sends every single size once (2 GiB).
import BridgeClient
import Bytes
import MockServers
import TestSupport
import Testing
import WebSocket

/// The sizes of the frames that carry `total` bytes.
struct FrameSizes {
    /// Both ends of each form of the length, whole TLS records (16,384) less the header, the proxy's payload buffer
    /// (65,528), the largest frame.
    static let boundaries =
        [0, 1, 2, 3, 4, 7, 8, 9, 63, 64, 65, 124, 125, 126, 127, 128, 255, 256, 257]
        + [16_384, 32_768, 49_152].flatMap { around in (-18...18).map { around + $0 } }
        + [65_519, 65_520, 65_521, 65_526, 65_527, 65_528, 65_529, 65_530, 65_531, 65_532, 65_533, 65_534, 65_535]

    private var first: [Int]
    private var generator: Segmentation
    private var remaining: Int

    init(total: Int, seed: UInt64, largest: Int = 65_535) {
        first = Self.boundaries.filter { $0 <= largest }.reversed()
        generator = Segmentation(sizes: 1...largest + 1, seed: seed)
        remaining = total
    }

    mutating func next() -> Int? {
        guard remaining > 0 else { return nil }
        let wanted = first.popLast() ?? generator.next() - 1
        let size = min(wanted, remaining)
        remaining -= size
        return size
    }
}

@Suite(.serialized) struct EchoIntegrityTests {
    static let stage = Result {
        var slow = TCPBehaviour.echo
        slow.reading = .slowly(bytes: 256 * 1024, every: .milliseconds(4))
        slow.receiveBufferBytes = 128 * 1024
        return try Stage(["slow": slow])
    }

    /// Sends the pattern in frames of `sizes` and holds what comes back against it as it comes.
    private func echo(
        _ name: String = "wss", total: Int, sizes: FrameSizes, afterEach: (BlockingBridgeClient) -> Void = { _ in },
        adjust: (inout BridgeOptions) -> Void = { _ in }
    ) throws {
        var options = try Self.stage.get().options(name)
        adjust(&options)
        let client = try BlockingBridgeClient(connecting: options)
        var sizes = sizes
        var sent = 0
        var received = 0
        var firstDifference: Int?
        try client.exchange(
            sending: {
                guard let size = sizes.next() else { return nil }
                defer { sent += size }
                return BytePattern.bytes(at: UInt64(sent), count: size)
            },
            receiving: { bytes in
                if firstDifference == nil, bytes != BytePattern.bytes(at: UInt64(received), count: bytes.count) {
                    firstDifference = received
                }
                received += bytes.count
                afterEach(client)
            }, count: total, within: .seconds(120))
        #expect(firstDifference == nil, "the echo differs within the chunk at \(firstDifference ?? 0)")
        #expect(sent == total && received == total)
        #expect(client.messageSizes.allSatisfy { (1...32_768).contains($0) }, "no empty and no overlong frames")
        #expect(try client.close().code == .normalClosure)
    }

    @Test func sixtyFourMebibytesInFramesOfAllSizes() throws {
        let total = 64 * 1024 * 1024
        try echo(total: total, sizes: FrameSizes(total: total, seed: 1))
    }

    @Test(.enabled(if: Repetitions.count() >= 1000)) func everySingleSize() throws {
        let client = try Self.stage.get().connect()
        for size in 0...65_535 {
            let message = BytePattern.bytes(at: UInt64(size), count: size)
            try client.send(message, frameSize: 65_535)
            #expect(try client.receive(exactly: size) == message, "\(size) bytes")
        }
    }

    /// Frame headers, TLS records and segments are cut at unrelated places; most segments are tiny.
    @Test(arguments: [1...60, 1...1400, 1000...60_000])
    func randomSegmentation(_ segments: ClosedRange<Int>) throws {
        let total = segments.upperBound < 100 ? 512 * 1024 : 4 * 1024 * 1024
        try echo(
            total: total, sizes: FrameSizes(total: total, seed: 2),
            adjust: { $0.endpoint.wire.segmentation = Segmentation(sizes: segments, seed: 3) })
    }

    /// Many frames in one TLS record, and headers cut by its end.
    @Test func smallFrames() throws {
        let total = 1024 * 1024
        try echo(total: total, sizes: FrameSizes(total: total, seed: 4, largest: 150))
    }

    @Test func aSlowClient() throws {
        let total = 8 * 1024 * 1024
        try echo(
            total: total, sizes: FrameSizes(total: total, seed: 5),
            afterEach: { client in try? client.idle(for: .milliseconds(2)) },
            adjust: { $0.endpoint.wire.receiveBufferBytes = 128 * 1024 })
    }

    @Test func aSlowBackend() throws {
        let total = 8 * 1024 * 1024
        try echo("slow", total: total, sizes: FrameSizes(total: total, seed: 6))
    }

    /// A message in several frames is forwarded fragment by fragment, with control frames in between.
    @Test func fragmentedMessages() throws {
        let client = try Self.stage.get().connect()
        try client.sendFrame(.binary, Array("frag".utf8), isFinal: false)
        #expect(try client.receive(exactly: 4) == Array("frag".utf8))
        try client.ping(Array("in between".utf8))
        try client.sendFrame(.continuation, Array("men".utf8), isFinal: false)
        try client.sendFrame(.continuation, [], isFinal: false)
        try client.sendFrame(.continuation, Array("ted".utf8))
        #expect(try client.receive(exactly: 6) == Array("mented".utf8))
        #expect(try client.close().code == .normalClosure)
    }
}
