internal import Bytes

/// Times in words for reports: UTC, and how far away.
enum CalendarText {
    /// `time` as RFC 3339 has it: `2026-01-31T09:05:00Z`.
    static func utc(_ time: UnixTime) -> String {
        let (day, second) = time.seconds.floored(by: 86_400)
        let (year, month, date) = civil(day)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2))T"
            + "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))Z"
    }

    /// `time` and its distance from `now`: `2026-01-31T09:05:00Z, in 12 min 3 s`.
    static func utc(_ time: UnixTime, from now: UnixTime) -> String {
        let distance = time.seconds.subtractingReportingOverflow(now.seconds).partialValue
        let words =
            distance == 0 ? "now" : distance > 0 ? "in \(span(distance))" : "\(span(0 &- distance)) ago"
        return "\(utc(time)), \(words)"
    }

    /// A number of seconds in its two largest units.
    static func span(_ seconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")]
        var rest = seconds
        var parts: [String] = []
        for (size, name) in units where parts.count < 2 {
            let count = rest / size
            rest %= size
            if count > 0 { parts.append("\(count) \(name)") } else if !parts.isEmpty { break }
        }
        return parts.isEmpty ? "0 s" : parts.joined(separator: " ")
    }

    /// The Gregorian date of a day counted from 1970-01-01. Years are counted from March, so that the leap day is the
    /// last of its year, and in cycles of 400 years, which all have 146,097 days.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, date: Int64) {
        let daysBefore1970: Int64 = 719_468  // from 0000-03-01
        let (cycle, dayOfCycle) = day.addingReportingOverflow(daysBefore1970).partialValue.floored(by: 146_097)
        let leapDays = dayOfCycle / 1460 - dayOfCycle / 36_524 + dayOfCycle / 146_096
        let yearOfCycle = (dayOfCycle - leapDays) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        // Months from March on have 31, 30, 31, 30, 31 days, over and over: 153 in five months.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0), month, date)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int64 {
    /// Quotient and remainder with the remainder never negative.
    fileprivate func floored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
