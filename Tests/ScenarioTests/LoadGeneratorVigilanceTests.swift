// Does the load generator notice? A relay between it and its backend changes, loses or adds one byte, or holds all of
// them up.
import JSON
import TestSupport
import Testing

@Suite struct LoadGeneratorVigilanceTests {
    private let backend: BenchBackend

    init() throws { backend = try BenchBackend() }

    private func run(_ mode: String, _ relay: MeddlingRelay, _ arguments: [String]) throws -> BenchRun {
        try BenchRun(
            [mode, "--tcp", "127.0.0.1:\(relay.port)", "--tunnels", "1", "--warm-up", "0", "--json"] + arguments)
    }

    private func echo(_ misdeed: MeddlingRelay.Misdeed, _ arguments: [String] = ["--verify"]) throws -> BenchRun {
        try run("echo", MeddlingRelay(to: backend.echo, misdeed), ["--count", "2000", "--timeout", "2"] + arguments)
    }

    @Test func aRelayThatDoesNothingIsNotNoticed() throws {
        let echo = try echo(.none)
        #expect(echo.code == 0 && echo.count("messages") == 2000, "\(echo.account)")
        for mode in ["upload", "download"] {
            let relay = try MeddlingRelay(to: backend.any)
            let bulk = try run(mode, relay, ["--count", "9", "--bytes", "100k", "--verify"])
            #expect(bulk.code == 0 && bulk.count("requests") == 9, "\(bulk.account)")
        }
    }

    @Test(arguments: [MeddlingRelay.Direction.toApplication, .toClient])
    func theFirstWrongByteOfAnEchoIsNamed(_ direction: MeddlingRelay.Direction) throws {
        for misdeed in [
            MeddlingRelay.Misdeed.flip(direction, at: 70001), .drop(direction, at: 70001), .add(direction, at: 70001),
        ] {
            let run = try echo(misdeed)
            #expect(run.code == 1 && run.report["ok"]?.bool == false, "\(misdeed): \(run.account)")
            #expect(run.errors.contains("byte 70001 that came back is"), "\(misdeed): \(run.account)")
        }
    }

    @Test func lostAndAddedBytesAreNoticedWithoutComparing() throws {
        let lost = try echo(.drop(.toClient, at: 70001), [])
        #expect(lost.code == 1 && lost.errors.contains("did not come within 2 s"), "\(lost.account)")
        let added = try echo(.add(.toClient, at: 70001), [])
        #expect(added.code == 1 && added.errors.contains("came back, and only"), "\(added.account)")
        let late = try echo(.addAtTheEnd, [])
        #expect(late.code == 1 && late.errors.contains("came after everything was answered"), "\(late.account)")
        // Changed bytes are, as the count is right; that is what --verify is for.
        #expect(try echo(.flip(.toClient, at: 70001), []).code == 0)
    }

    @Test func theFirstWrongByteOfBulkIsNamed() throws {
        let asked = ["--count", "9", "--bytes", "100k", "--timeout", "2", "--verify"]
        // Behind the request's 24 bytes.
        for misdeed in [
            MeddlingRelay.Misdeed.flip(.toApplication, at: 24 + 5000), .drop(.toApplication, at: 24 + 5000),
            .add(.toApplication, at: 24 + 5000),
        ] {
            let upload = try run("upload", MeddlingRelay(to: backend.any, misdeed), asked)
            #expect(upload.code == 1, "\(misdeed): \(upload.account)")
            #expect(upload.errors.contains("byte 5000 of an upload arrived changed"), "\(misdeed): \(upload.account)")
        }
        for misdeed in [
            MeddlingRelay.Misdeed.flip(.toClient, at: 123_456), .drop(.toClient, at: 123_456),
            .add(.toClient, at: 123_456),
        ] {
            let download = try run("download", MeddlingRelay(to: backend.any, misdeed), asked)
            #expect(download.code == 1, "\(misdeed): \(download.account)")
            #expect(download.errors.contains("byte 123456 that came back is"), "\(misdeed): \(download.account)")
        }
        // The backend saw it too.
        #expect(backend.stop() == 1)
    }

    /// A thousand messages a second, and an application that says nothing while 400 of them come: the last of them has
    /// its answer at once, the first one 0.4 s late. A client that waited for answers would have had one late message.
    @Test func aStallIsInTheLatenciesOfAllThatWereDue() throws {
        let relay = try MeddlingRelay(to: backend.echo, .holdClient(from: 300 * 64, untilSaid: 700 * 64))
        let run = try run("echo", relay, ["--rate", "1000", "--count", "1000", "--verify"])
        #expect(run.code == 0 && run.count("messages") == 1000, "\(run.account)")
        let latency = run.report["latency_us"]
        func microseconds(_ name: String) -> Double { latency?[name]?.number ?? 0 }
        #expect(latency?["count"]?.integer == 1000, "\(run.account)")
        #expect(microseconds("max") >= 399_000, "\(run.account)")
        // 40 % of all were due meanwhile, and waited for 0.2 s on average.
        #expect(microseconds("p90") >= 299_000 && microseconds("mean") >= 79_000, "\(run.account)")
        #expect(run.count("due_but_not_begun") == 0, "\(run.account)")
    }

    /// With one place for connections and a backend that is slow to answer, what was due and not begun is reported.
    @Test func whatCouldNotBeBegunIsReported() throws {
        let relay = try MeddlingRelay(to: backend.echo)
        let run = try run("connect", relay, ["--rate", "1000000", "--seconds", "0.2", "--after", "1", "--verify"])
        #expect(run.code == 0, "\(run.account)")
        let made = run.count("connections") ?? 0, left = run.count("due_but_not_begun") ?? 0
        #expect(made > 0 && left > 0, "\(run.account)")
        // In all it is the rate times the time.
        #expect(Double(made + left) >= 0.95 * 0.2 * 1_000_000, "\(run.account)")
    }
}
