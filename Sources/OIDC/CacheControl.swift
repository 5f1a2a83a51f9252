internal import HTTP1

/// How long an answer may be reused, as its fields say (RFC 9111 sections 4.2 and 5.2.2).
enum CacheControl {
    /// The remaining freshness in seconds: `max-age` less `Age`, 0 for `no-store` or `no-cache`, nil when the answer
    /// says nothing that can be understood.
    ///
    /// `Expires` is not read: it needs a calendar date from a clock that isn't ours, and callers bound the result anyway.
    static func freshness(in fields: HeaderFields) -> Int64? {
        var maxAge: Int64?
        for directive in fields.list("Cache-Control") {
            let parts = directive.split(separator: "=", maxSplits: 1)
            guard let name = parts.first?.lowercased() else { continue }
            switch name {
            case "no-store", "no-cache": return 0
            case "max-age":
                guard parts.count == 2, let seconds = deltaSeconds(parts[1]) else { continue }
                // Of several the shortest counts: the cautious reading of a contradiction (RFC 9111 section 4.2.1).
                maxAge = min(maxAge ?? seconds, seconds)
            default: continue
            }
        }
        guard let maxAge else { return nil }
        let age = fields.first("Age").flatMap { deltaSeconds(Substring($0)) } ?? 0
        return max(0, maxAge - age)
    }

    /// RFC 9111 section 1.2.2: digits only (senders may quote them); a number too large to hold means 2^31.
    private static func deltaSeconds(_ text: Substring) -> Int64? {
        var digits = text
        if digits.count >= 2, digits.first == "\"", digits.last == "\"" { digits = digits.dropFirst().dropLast() }
        guard !digits.isEmpty, digits.utf8.allSatisfy(Grammar.isDigit) else {
            return nil
        }
        return min(Int64(digits) ?? 1 << 31, 1 << 31)
    }
}
