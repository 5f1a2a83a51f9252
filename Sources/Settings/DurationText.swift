/// Times as nginx and people write them: `500ms`, `30s`, `2m`, `1h`, `1d`, and `1h30m`.
enum DurationText {
    /// A day short of 300 years in seconds: everything below fits `Duration` and 64-bit nanoseconds.
    static let longestSeconds: Int64 = 9_000_000_000

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// The time that `text` says, or nil when it says none. A number without unit counts seconds.
    static func parse(_ text: String) -> Duration? {
        var rest = Substring(text)
        var total: Int64 = 0
        var parts = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(letters.count)
            guard let count = Int64(digits) else { return nil }
            // Only a number that stands alone may lack its unit.
            let name = letters.isEmpty && parts == 0 && rest.isEmpty ? "s" : String(letters)
            guard let unit = units.first(where: { $0.name == name }) else { return nil }
            let (part, tooLarge) = count.multipliedReportingOverflow(by: unit.milliseconds)
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !tooLarge, !overflow, sum <= longestSeconds * 1000 else { return nil }
            total = sum
            parts += 1
        }
        return parts == 0 ? nil : .milliseconds(total)
    }

    /// The time of `seconds`, or nil when that is no time: negative, not finite or longer than anybody waits.
    static func parse(seconds: Double) -> Duration? {
        guard seconds >= 0, seconds <= Double(longestSeconds) else { return nil }
        return .milliseconds(Int64((seconds * 1000).rounded()))
    }

    /// The time in the largest unit that says it in a whole number.
    static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        if attoseconds != 0 { return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms" }
        if seconds >= 86_400, seconds % 86_400 == 0 { return "\(seconds / 86_400)d" }
        if seconds >= 3600, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        if seconds >= 120, seconds % 60 == 0 { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }
}
