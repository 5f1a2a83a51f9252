internal import Bytes

/// A moment in UTC as `2026-01-31T12:00:00.123Z` (RFC 3339).
struct LogTime: CustomStringConvertible {
    let description: String

    /// With milliseconds.
    ///
    /// - Parameter nanoseconds: since 1970-01-01 00:00 UTC.
    init(_ nanoseconds: Int64) {
        let milliseconds = nanoseconds / 1_000_000
        let fraction = String(1_000 + milliseconds % 1_000).dropFirst()
        description = "\(Self.text(seconds: milliseconds / 1_000)).\(fraction)Z"
    }

    /// Without a fraction, also for times before 1970 and far away, as certificates have them.
    init(_ time: UnixTime) {
        // The years from 0 to 9999: what four digits can say.
        let seconds = min(max(time.seconds, -62_167_219_200), 253_402_300_799)
        description = Self.text(seconds: seconds) + "Z"
    }

    /// As nginx's `$time_iso8601`: `2026-01-31T12:00:00+00:00`.
    static func iso8601(_ nanoseconds: Int64) -> String { text(seconds: nanoseconds / 1_000_000_000) + "+00:00" }

    /// As nginx's `$time_local`: `31/Jan/2026:12:00:00 +0000`.
    static func common(_ nanoseconds: Int64) -> String {
        let (year, month, day, clock) = parts(nanoseconds)
        return "\(day)/\(month)/\(year):\(clock) +0000"
    }

    /// As in syslog's lines (RFC 3164 section 4.1.2): `Jan 31 12:00:00`, days below ten with a space.
    static func syslog(_ nanoseconds: Int64) -> String {
        let (_, month, day, clock) = parts(nanoseconds)
        return "\(month) \(day.hasPrefix("0") ? " \(day.dropFirst())" : "\(day)") \(clock)"
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Year, the month's name, day and time of day.
    private static func parts(_ nanoseconds: Int64) -> (Substring, String, Substring, Substring) {
        let text = text(seconds: nanoseconds / 1_000_000_000)
        let date = text.split(separator: "T")[0].split(separator: "-")
        return (date[0], months[(Int(date[1]) ?? 1) - 1], date[2], text.split(separator: "T")[1])
    }

    private static func text(seconds: Int64) -> String {
        let second = Int((seconds % 86_400 + 86_400) % 86_400)
        let days = (seconds - Int64(second)) / 86_400
        // Howard Hinnant's days-to-civil algorithm: years begin in March, so the leap day is the last.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        let month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        let year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
            + "T\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
