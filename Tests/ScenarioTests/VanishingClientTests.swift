// A client that leaves without a word, by FIN or by reset. What it had sent reaches the backend, which then sees an orderly
// end as it would after a proper Close: for the backend there is no difference.
import BridgeClient
import MockServers
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct VanishingClientTests {
    enum Exit: CaseIterable { case closeNotify, bareFIN, disconnect, reset }

    static let stage = Result {
        try Stage(["sink": .sink, "slow": .slowReader(bytes: 64 * 1024, every: .milliseconds(2))])
    }

    @Test(arguments: Exit.allCases, ["sink", "slow"])
    func whatItSentReachesTheBackend(_ exit: Exit, _ name: String) throws {
        let stage = try Self.stage.get()
        let application = try stage.application(name)
        for _ in 0..<5 {
            let ended = application.reports.count
            let received = application.statistics.bytesReceived
            let client = try stage.connect(name)
            let count = 600_000
            try client.send(BytePattern.bytes(count: count))
            switch exit {
            case .closeNotify: try client.finishWriting()
            case .bareFIN: try client.finishWritingAbruptly()
            case .disconnect: client.disconnect()
            case .reset:
                // A reset takes what is still in the client's own buffers with it: wait until it isn't.
                #expect(application.wait { $0.bytesReceived >= received + UInt64(count) })
                client.reset()
            }
            let reports = application.reports(ended + 1)
            try #require(reports.count == ended + 1, "the backend isn't told")
            #expect(reports[ended].bytesReceived == UInt64(count))
            #expect(reports[ended].sha256 == BytePattern.sha256(count: UInt64(count)))
            #expect(reports[ended].peerFinished && reports[ended].ending == .finished)
        }
    }

    /// In the middle of a frame: its beginning was forwarded as it came.
    @Test func aFrameCutShortIsForwardedAsFarAsItCame() throws {
        let stage = try Self.stage.get()
        let application = try stage.application("sink")
        let ended = application.reports.count
        let client = try stage.connect("sink")
        try client.sendRaw(RawFrame(.binary, Array("half a fra".utf8)).with { $0.announced = 100 }.bytes)
        client.disconnect()
        let reports = application.reports(ended + 1)
        try #require(reports.count == ended + 1)
        #expect(reports[ended].received == Array("half a fra".utf8))
        #expect(reports[ended].ending == .finished)
    }

    /// Nothing stays behind: as many descriptors as before.
    @Test func nothingLeaks() throws {
        let stage = try Stage()
        let first = try stage.connect()
        let before = stage.daemon.openDescriptors
        for index in 0..<40 {
            let client = try stage.connect()
            try client.send("x")
            if index % 2 == 0 { client.reset() } else { client.disconnect() }
        }
        let isClean = Deadline(in: .seconds(10)).poll { stage.daemon.openDescriptors <= before }
        #expect(isClean, "\(stage.daemon.openDescriptors) descriptors, \(before) before")
        #expect(try first.close().code == .normalClosure)
    }
}
