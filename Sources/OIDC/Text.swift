/// Text from outside made fit for a log line or a terminal.
enum Printable {
    /// `text` with control characters and others that move the cursor or change direction written as `\u{…}`, cut
    /// after `limit` characters.
    static func text(_ text: some StringProtocol, limit: Int = 200) -> String {
        var safe = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else { return safe + "…" }
            count += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                safe += "\\u{\(String(scalar.value, radix: 16))}"
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// ``text(_:limit:)`` in quotation marks.
    static func quoted(_ text: some StringProtocol, limit: Int = 200) -> String {
        "\"\(Self.text(text, limit: limit))\""
    }

    /// `texts` in quotation marks, the first few of many, joined with commas.
    static func list(_ texts: some Collection<String>, limit: Int = 8) -> String {
        let shown = texts.prefix(limit).map { quoted($0, limit: 80) }.joined(separator: ", ")
        return texts.count > limit ? "\(shown), … (\(texts.count) in all)" : shown
    }
}

extension StringProtocol {
    /// Whether both texts are the same code points. Swift's `==` also takes canonically equivalent texts for equal, which
    /// RFC 7519 section 7.3 forbids: one issuer or scope must not pass for another.
    func isExactly(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}
