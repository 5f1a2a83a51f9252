internal import HTTP1

/// Whether whoever asks for `/status` is a browser (RFC 9110 section 12.5.1, as far as it matters for two kinds).
enum MediaPreference {
    /// Whether `text/html` is named in Accept and not wanted less than `application/json`. Wildcards are no wish for a
    /// page: curl and scripts send `*/*`, and get JSON.
    static func wantsPage(_ fields: HeaderFields) -> Bool {
        var html = 0
        var json = 0
        for range in fields.list("Accept") {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let type = parts.first else { continue }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { thousandths($0.dropFirst(2)) } ?? 1_000
            if type == "text/html" || type == "application/xhtml+xml" { html = max(html, quality) }
            if type == "application/json" { json = max(json, quality) }
        }
        return html > 0 && html >= json
    }

    /// A quality such as `0.8` in thousandths; what isn't one counts as 0.
    private static func thousandths(_ text: Substring) -> Int {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap({ Int($0) }), (0...1).contains(whole) else { return 0 }
        let digits = parts.count > 1 ? parts[1].prefix(3) : ""
        guard digits.allSatisfy({ ("0"..."9").contains($0) }) else { return 0 }
        let fraction = Int(digits + String(repeating: "0", count: 3 - digits.count)) ?? 0
        return min(1_000, whole * 1_000 + fraction)
    }
}
