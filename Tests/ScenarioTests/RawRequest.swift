import BridgeClient

/// An upgrade request as text, to be spoilt line by line.
struct RawRequest {
    var requestLine = "GET / HTTP/1.1"
    var lines: [String]

    /// A good request with `token`.
    init(token: String?) {
        lines = [
            "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
        ]
        if let token { lines.append("Authorization: Bearer \(token)") }
    }

    /// Puts `line` in the place of the field of that name; nil takes the field out.
    mutating func replace(_ name: String, with line: String?) {
        lines = lines.flatMap { $0.hasPrefix("\(name):") ? line.map { [$0] } ?? [] : [$0] }
    }

    mutating func append(_ line: String) { lines.append(line) }

    /// All of it, behind an empty line.
    var bytes: [UInt8] { Array(([requestLine] + lines + ["", ""]).joined(separator: "\r\n").utf8) }
}
