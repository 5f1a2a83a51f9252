// A client that sends its last bytes and closes at once must not lose them: whatever it sent before its Close frame
// reaches the backend, then the backend sees an orderly FIN, and only then the Close is answered. Told many times, because
// what loses data here is a race. (SECURE_PROXY_REPEAT sets how many.)
import BridgeClient
import MockServers
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct ClientCloseTests {
    static let stage = Result {
        try Stage(["sink": .sink, "slow": .slowReader(bytes: 4000, every: .milliseconds(2))])
    }
    static let expected = BytePattern.sha256(count: 10_000)

    /// Ten messages of a thousand bytes and a Close right behind them.
    private func sendAndClose(_ name: String, times: Int) throws {
        let stage = try Self.stage.get()
        let application = try stage.application(name)
        let runtime = try ClientRuntime()
        for index in 0..<times {
            let client = try stage.connect(name, runtime: runtime)
            for part in 0..<10 {
                client.connection.sendFrame(.binary, BytePattern.bytes(at: UInt64(part * 1000), count: 1000))
            }
            let closure = try client.close()
            #expect(closure.code == .normalClosure && closure.isOrderly, "\(closure) in round \(index)")
            let reports = application.reports(index + 1)
            try #require(reports.count == index + 1, "the backend saw no end in round \(index)")
            #expect(reports[index].bytesReceived == 10_000, "round \(index)")
            #expect(reports[index].sha256 == Self.expected, "round \(index)")
            #expect(reports[index].peerFinished && reports[index].ending == .finished, "round \(index)")
        }
    }

    @Test func theBackendReceivesEverythingBeforeTheClose() throws {
        try sendAndClose("sink", times: Repetitions.count())
    }

    @Test func aSlowBackendReceivesEverythingBeforeTheClose() throws {
        try sendAndClose("slow", times: max(5, Repetitions.count() / 20))
    }

    /// More than the kernel's buffers hold: the proxy itself has to keep the tail until the backend takes it.
    @Test func aLongTailReachesASlowBackend() throws {
        let stage = try Stage(["slow": .slowReader(bytes: 256 * 1024, every: .milliseconds(2))])
        let client = try stage.connect("slow")
        let count = 8 * 1024 * 1024
        var offset = 0
        while offset < count {
            try client.send(BytePattern.bytes(at: UInt64(offset), count: 32_768))
            offset += 32_768
        }
        #expect(try client.close().code == .normalClosure)
        let report = try #require(try stage.application("slow").reports(1).first)
        #expect(report.bytesReceived == UInt64(count))
        #expect(report.sha256 == BytePattern.sha256(count: UInt64(count)))
        #expect(report.ending == .finished)
    }
}
