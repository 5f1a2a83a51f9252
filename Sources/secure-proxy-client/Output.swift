internal import BridgeClient
internal import System

/// Where the program's words go.
enum Output {
    /// Results. A reader that has gone is no error.
    static func print(_ text: String) { try? File.writeAll(Array(text.utf8), to: 1) }

    /// Everything else.
    static func error(_ text: String) { try? File.writeAll(Array(text.utf8), to: 2) }

    /// An error with advice, each on a line.
    static func problem(_ text: String, _ advice: String?) -> String {
        "secure-proxy-client: \(text)\n" + (advice.map { "  \($0)\n" } ?? "")
    }

    /// The same of a client's error.
    static func problem(_ error: ClientError) -> String { problem(error.description, error.advice) }
}
