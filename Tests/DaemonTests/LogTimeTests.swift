import Bytes
import Testing

@testable import Daemon

@Suite struct LogTimeTests {
    /// Seconds since 1970 and the same moment as other calendars have it.
    static let known: [(Int64, String)] = [
        (0, "1970-01-01T00:00:00"), (951_782_399, "2000-02-28T23:59:59"), (951_782_400, "2000-02-29T00:00:00"),
        (951_868_800, "2000-03-01T00:00:00"), (1_078_012_800, "2004-02-29T00:00:00"),
        (1_109_635_200, "2005-03-01T00:00:00"), (1_234_567_890, "2009-02-13T23:31:30"),
        (1_704_067_199, "2023-12-31T23:59:59"), (1_704_067_200, "2024-01-01T00:00:00"),
        (1_709_164_800, "2024-02-29T00:00:00"), (4_107_456_000, "2100-02-28T00:00:00"),
        (4_107_542_400, "2100-03-01T00:00:00"),
    ]

    @Test(arguments: known)
    func tellsKnownMoments(seconds: Int64, text: String) {
        #expect(LogTime(seconds * 1_000_000_000).description == "\(text).000Z")
        #expect(LogTime(UnixTime(seconds: seconds)).description == "\(text)Z")
    }

    @Test func cutsOffWhatIsBelowAMillisecond() {
        #expect(LogTime(1_007_999_999).description == "1970-01-01T00:00:01.007Z")
        #expect(LogTime(999_999_999).description == "1970-01-01T00:00:00.999Z")
    }

    @Test func tellsTimesThatOnlyCertificatesHave() {
        #expect(LogTime(UnixTime(seconds: -1)).description == "1969-12-31T23:59:59Z")
        #expect(LogTime(UnixTime(seconds: -631_152_000)).description == "1950-01-01T00:00:00Z")
        #expect(LogTime(UnixTime(seconds: 253_402_300_799)).description == "9999-12-31T23:59:59Z")
        #expect(LogTime(UnixTime(seconds: .max)).description == "9999-12-31T23:59:59Z")
        #expect(LogTime(UnixTime(seconds: .min)).description == "0000-01-01T00:00:00Z")
    }

    @Test(arguments: [
        (1_769_860_800, "2026-01-31T12:00:00+00:00", "31/Jan/2026:12:00:00 +0000", "Jan 31 12:00:00"),
        (1_772_668_799, "2026-03-04T23:59:59+00:00", "04/Mar/2026:23:59:59 +0000", "Mar  4 23:59:59"),
    ])
    func tellsThemAsOthersDo(seconds: Int64, iso8601: String, common: String, syslog: String) {
        let nanoseconds = seconds * 1_000_000_000 + 999_999_999
        #expect(LogTime.iso8601(nanoseconds) == iso8601)
        #expect(LogTime.common(nanoseconds) == common)
        #expect(LogTime.syslog(nanoseconds) == syslog)
    }
}
