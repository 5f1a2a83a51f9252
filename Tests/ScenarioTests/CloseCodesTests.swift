// How an open tunnel ends when the client breaks the protocol or the backend leaves: the close code of the design's table
// "What the peer sees", seen in a Close frame on the wire. What came before the misdeed still reaches the backend.
import BridgeClient
import MockServers
import TestSupport
import Testing
import WebSocket

/// One misdeed: bytes on the wire, and the code they are answered with.
struct Misdeed: CustomTestStringConvertible, Sendable {
    let name: String
    let code: UInt16
    let bytes: [UInt8]
    var testDescription: String { "\(name): \(code)" }

    init(_ code: UInt16, _ name: String, _ frames: RawFrame...) {
        (self.name, self.code, bytes) = (name, code, frames.flatMap(\.bytes))
    }

    static let text = Array("text".utf8)
    static let all: [Misdeed] =
        [
            Misdeed(1003, "text frame", RawFrame(.text, text)),
            Misdeed(1003, "empty text frame", RawFrame(.text)),
            Misdeed(
                1003, "data after a text start", RawFrame(.text, text).with { $0.isFinal = false },
                RawFrame(.binary, text)),
            Misdeed(1009, "frame over the limit", RawFrame(.binary).with { $0.announced = 65_536 }),
            Misdeed(1009, "frame of 4 GiB", RawFrame(.binary).with { $0.announced = 1 << 32 }),
            Misdeed(1009, "frame of 2^63 - 1 bytes", RawFrame(.binary).with { $0.announced = UInt64(Int64.max) }),
            Misdeed(
                1009, "long continuation", RawFrame(.binary, text).with { $0.isFinal = false },
                RawFrame(.continuation).with { $0.announced = 70_000 }),
            Misdeed(1002, "length with its top bit set", RawFrame(.binary).with { $0.announced = .max }),
            Misdeed(1002, "unmasked frame", RawFrame(.binary, text).with { $0.isMasked = false }),
            Misdeed(1002, "unmasked ping", RawFrame(.ping).with { $0.isMasked = false }),
            Misdeed(1002, "RSV1", RawFrame(.binary, text).with { $0.reserved = 0x40 }),
            Misdeed(1002, "RSV2", RawFrame(.binary, text).with { $0.reserved = 0x20 }),
            Misdeed(1002, "RSV3 in a ping", RawFrame(.ping).with { $0.reserved = 0x10 }),
            Misdeed(1002, "opcode 3", RawFrame(3, text)),
            Misdeed(1002, "opcode 7", RawFrame(7)),
            Misdeed(1002, "opcode 11", RawFrame(11)),
            Misdeed(1002, "opcode 15", RawFrame(15)),
            Misdeed(1002, "continuation without a start", RawFrame(.continuation, text)),
            Misdeed(1002, "continuation after the end", RawFrame(.binary, text), RawFrame(.continuation, text)),
            Misdeed(
                1002, "a message inside another", RawFrame(.binary, text).with { $0.isFinal = false },
                RawFrame(.binary, text)),
            Misdeed(1002, "fragmented ping", RawFrame(.ping).with { $0.isFinal = false }),
            Misdeed(1002, "fragmented close", RawFrame(.close).with { $0.isFinal = false }),
            Misdeed(1002, "ping of 126 bytes", RawFrame(.ping, [UInt8](repeating: 1, count: 126))),
            Misdeed(1002, "pong of 65,536 bytes", RawFrame(.pong).with { $0.announced = 65_536 }),
            Misdeed(
                1002, "length 125 in two bytes",
                RawFrame(.binary, [UInt8](repeating: 1, count: 125)).with { $0.lengthBytes = 2 }),
            Misdeed(
                1002, "length 65,535 in eight bytes",
                RawFrame(.binary).with {
                    $0.lengthBytes = 8
                    $0.announced = 65_535
                }),
            Misdeed(1002, "close with half a code", RawFrame(.close, [3])),
            Misdeed(1007, "close reason that isn't UTF-8", RawFrame(.close, [0x03, 0xE8, 0xC3, 0x28])),
            Misdeed(1007, "close reason cut inside a character", RawFrame(.close, [0x03, 0xE8, 0xE2, 0x82])),
        ]
        + [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map { code in
            Misdeed(1002, "close with code \(code)", RawFrame(.close, [UInt8(code >> 8), UInt8(code & 0xFF)]))
        }
}

@Suite(.serialized) struct CloseCodesTests {
    static let stage = Result {
        var leaves = TCPBehaviour.echo
        leaves.ending = .halfClose(afterReceiving: 5)
        return try Stage(["sink": .sink, "leaves": leaves, "resets": .resets(afterReceiving: 5)])
    }

    @Test(arguments: Misdeed.all) func aMisdeedIsAnsweredWithItsCode(_ misdeed: Misdeed) throws {
        let stage = try Self.stage.get()
        let sink = try stage.application("sink")
        let ended = sink.reports.count
        let client = try stage.connect("sink")
        try client.send("before")
        try client.sendRaw(misdeed.bytes)
        let closure = try client.closure()
        #expect(closure.code.rawValue == misdeed.code)
        #expect(!closure.reason.isEmpty, "the reason says what was wrong")
        let reports = sink.reports(ended + 1)
        try #require(reports.count == ended + 1)
        #expect(reports[ended].received.starts(with: Array("before".utf8)))
        #expect(reports[ended].ending == .finished, "the backend sees an orderly end")
    }

    /// The codes that a client may send come back; one without a code is answered without one.
    @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1011, 3000, 4999]) func aCloseIsAnsweredWithItsOwnCode(
        _ code: UInt16
    ) throws {
        let client = try Self.stage.get().connect()
        let closure = try client.close(CloseCode(rawValue: code), reason: "because")
        #expect(closure.code.rawValue == code)
        #expect(closure.isOrderly)
    }

    @Test func aCloseWithoutACodeIsAnsweredWithoutOne() throws {
        let closure = try Self.stage.get().connect().close(nil)
        #expect(closure.received != nil && closure.received?.code == nil)
        #expect(closure.isOrderly)
    }

    /// What follows a Close is nobody's, and some of it is still unread when the connection is closed, which resets it: the
    /// answer to the Close comes first all the same.
    @Test func anAnsweredCloseComesBeforeTheResetOfWhatFollowsIt() throws {
        let stage = try Self.stage.get()
        for _ in 0..<10 {
            let client = try stage.connect()
            try client.sendRaw(
                RawFrame(.close, [0x03, 0xE8]).bytes
                    + RawFrame(.binary, [UInt8](repeating: 7, count: 60_000)).bytes
                    + RawFrame(.binary, [UInt8](repeating: 7, count: 60_000)).bytes
                    + RawFrame(.binary, [UInt8](repeating: 7, count: 60_000)).bytes)
            #expect(try client.closure().code == .normalClosure)
        }
    }

    @Test func aBackendThatFinishesIs1000() throws {
        let client = try Self.stage.get().connect("leaves")
        try client.send("12345")
        #expect(try client.receiveToEnd() == Array("12345".utf8))
        #expect(try client.closure().code == .normalClosure)
    }

    @Test func aBackendThatResetsIs1011() throws {
        let client = try Self.stage.get().connect("resets")
        try client.send("12345")
        let closure = try client.closure()
        #expect(closure.code == .internalError)
        #expect(closure.isOrderly)
    }

    /// What a backend sent before it broke off is delivered first.
    @Test func whatCameBeforeAResetIsDelivered() throws {
        var behaviour = TCPBehaviour.resets(afterReceiving: 5)
        behaviour.pattern = 300_000
        let stage = try Stage(["resets": behaviour])
        let client = try stage.connect("resets")
        #expect(try client.receive(exactly: 300_000) == BytePattern.bytes(count: 300_000))
        try client.send("12345")
        #expect(try client.closure().code == .internalError)
        #expect(stage.daemon.waitForAccessLog("close_code=1011 closed_by=backend"))
    }
}
