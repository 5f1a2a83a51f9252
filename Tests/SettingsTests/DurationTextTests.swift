import Testing

@testable import Settings

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("0", Duration.zero), ("30", .seconds(30)), ("500ms", .milliseconds(500)), ("30s", .seconds(30)),
        ("2m", .seconds(120)), ("1h", .seconds(3600)), ("1d", .seconds(86_400)), ("1h30m", .seconds(5400)),
        ("1m500ms", .milliseconds(60_500)), ("007s", .seconds(7)), ("9000000000", .seconds(9_000_000_000)),
    ])
    func reads(text: String, expected: Duration) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(arguments: [
        "", "s", "-1s", "+1s", "1.5s", "1 s", " 1s", "1s ", "1S", "1w", "1min", "1h30", "1e3", "٣s", "9000000001",
        "9223372036854775807s", "9223372036854775808", "9000000000s1ms",
    ])
    func refuses(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [
        (0.0, Duration.zero), (0.5, .milliseconds(500)), (90, .seconds(90)), (9e9, .seconds(9_000_000_000)),
    ])
    func readsSeconds(seconds: Double, expected: Duration) {
        #expect(DurationText.parse(seconds: seconds) == expected)
    }

    @Test(arguments: [-0.001, -1, 9.1e9, 1e300, .infinity, -.infinity, .nan])
    func refusesSeconds(seconds: Double) {
        #expect(DurationText.parse(seconds: seconds) == nil)
    }

    @Test(arguments: ["0s", "1ms", "1500ms", "1s", "60s", "90s", "2m", "119s", "1h", "36h", "1d", "365d"])
    func writesWhatItReads(text: String) {
        #expect(DurationText.parse(text).map(DurationText.format) == text)
    }
}
