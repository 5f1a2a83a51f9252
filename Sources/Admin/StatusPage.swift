/// The status page: one document with its own style and script, which asks this server for `status.json` and no other.
///
/// Its parts are in files of their own: markup, style, and a script of two parts (numbers, and what shows them).
enum StatusPage {
    /// The answer with the page. Style and script carry a name made up for this answer, and the answer's policy lets
    /// nothing else run, so nothing that got into the page could.
    static func answer() -> AdminAnswer {
        var generator = SystemRandomNumberGenerator()
        let nonce = (0..<2).map { _ in hex(generator.next()) }.joined()
        var answer = AdminAnswer(200, .html, document(nonce: nonce))
        answer.nonce = nonce
        return answer
    }

    /// The whole script.
    static var script: String { numbersScript + "\n" + liveScript }

    /// The document, its style and script named by `nonce`.
    static func document(nonce: String) -> [UInt8] {
        Array(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Secure Proxy</title>
            <link rel="icon" href="data:image/svg+xml,\(icon)">
            <style nonce="\(nonce)">
            \(style)
            </style>
            </head>
            <body>
            \(markup)
            <script nonce="\(nonce)">
            \(script)
            </script>
            </body>
            </html>

            """.utf8)
    }

    /// The shield of the page's head, as a data URL's content.
    private static let icon =
        "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath fill='%230f7173' d='M16 2.5 27 6.4v8.4"
        + "c0 7-4.6 12.3-11 14.7C9.6 27.1 5 21.8 5 14.8V6.4Z'/%3E%3C/svg%3E"

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
