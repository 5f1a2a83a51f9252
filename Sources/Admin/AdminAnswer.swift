internal import HTTP1

/// An answer of the admin server, before it is known how it travels.
struct AdminAnswer: Sendable {
    /// The kinds of content, as Content-Type says them.
    enum Content: String, Sendable {
        case text = "text/plain; charset=utf-8"
        case json = "application/json"
        case html = "text/html; charset=utf-8"
        /// Prometheus' exposition format.
        case metrics = "text/plain; version=0.0.4; charset=utf-8"
    }

    var status: Int
    var content: Content
    var body: [UInt8]
    /// Fields beside those that every answer has.
    var fields: HeaderFields = [:]
    /// What the page's own style and script are named by in its policy; nil: nothing inline is allowed.
    var nonce: String?

    init(_ status: Int = 200, _ content: Content, _ body: [UInt8]) {
        self.status = status
        self.content = content
        self.body = body
    }

    /// A line of words.
    init(_ status: Int, _ words: String) { self.init(status, .text, Array((words + "\n").utf8)) }

    /// The bytes to send.
    ///
    /// - Parameter withoutBody: whether HEAD was asked: the head alone, with the length the body would have.
    /// - Parameter closes: whether the connection ends after it.
    func serialized(withoutBody: Bool, closes: Bool) -> [UInt8] {
        var all: HeaderFields = [
            "Content-Type": content.rawValue, "Content-Length": "\(body.count)", "Cache-Control": "no-store",
            "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        ]
        for index in 0..<fields.count { all.append(fields[index]) }
        if closes { all.append("Connection", "close") }
        var output = HeadSerializer.serialize(ResponseHead(status: status, fields: all))
        if !withoutBody { output += body }
        return output
    }

    /// The page may run its own script, use its own style and ask this server, nothing else; other answers may nothing.
    private var policy: String {
        let common = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        guard let nonce else { return "default-src 'none'; \(common)" }
        return "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; connect-src 'self'; "
            + "img-src data:; \(common)"
    }
}
