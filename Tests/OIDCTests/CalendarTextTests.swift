import Bytes
import Testing

@testable import OIDC

@Suite("CalendarText: times in words")
struct CalendarTextTests {
    @Test(
        "UTC as RFC 3339 has it",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"), (951_868_800, "2000-03-01T00:00:00Z"),
            (1_800_000_000, "2027-01-15T08:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"), (1_735_689_599, "2024-12-31T23:59:59Z"),
        ] as [(Int64, String)])
    func utc(seconds: Int64, text: String) {
        #expect(CalendarText.utc(UnixTime(seconds: seconds)) == text)
    }

    @Test("each day follows the one before, for 500 years")
    func everyDay() {
        let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var (year, month, date): (Int64, Int, Int64) = (1970, 1, 1)
        for day in 0..<182_621 as Range<Int64> {
            let text = "\(year)-\(month < 10 ? "0" : "")\(month)-\(date < 10 ? "0" : "")\(date)T12:00:00Z"
            if CalendarText.utc(UnixTime(seconds: day * 86_400 + 43_200)) != text {
                Issue.record("day \(day) should be \(text)")
                return
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            date += 1
            if date > lengths[month - 1] + (month == 2 && isLeap ? 1 : 0) { (month, date) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
    }

    @Test("any moment: no trap", arguments: [Int64.min, .min + 1, -62_135_596_801, .max - 1, .max])
    func extremes(seconds: Int64) {
        #expect(CalendarText.utc(UnixTime(seconds: seconds), from: UnixTime(seconds: 0)).contains("Z, "))
        #expect(CalendarText.utc(UnixTime(seconds: seconds), from: UnixTime(seconds: .max)).contains("Z, "))
    }

    @Test(
        "distances in the two largest units",
        arguments: [
            (0, "now"), (1, "in 1 s"), (-1, "1 s ago"), (60, "in 1 min"), (3599, "in 59 min 59 s"), (3600, "in 1 h"),
            (3601, "in 1 h"), (-3661, "1 h 1 min ago"), (86_400, "in 1 d"), (90_000, "in 1 d 1 h"), (86_460, "in 1 d"),
        ] as [(Int64, String)])
    func distance(delta: Int64, words: String) {
        let now = UnixTime(seconds: 1_800_000_000)
        #expect(CalendarText.utc(now.adding(seconds: delta), from: now).hasSuffix("Z, \(words)"))
    }
}
