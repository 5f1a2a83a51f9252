import HTTP1
import System
import TLS
import Testing

@testable import BridgeClient

extension TestServer {
    /// The server as a client sees it who trusts its certificate.
    var endpoint: ClientEndpoint {
        ClientEndpoint(
            host: "127.0.0.1", port: port, trust: .authorities(pem: Self.certificate.certificatePEM, label: "test"))
    }

    /// Options for a WebSocket at the server.
    var options: BridgeOptions { BridgeOptions(endpoint, token: "test-token") }

    /// A server whose WebSockets behave like `script`.
    static func socket(_ script: SocketScript = SocketScript()) throws -> TestServer {
        try TestServer { _, _ in .upgrade(script) }
    }
}

/// Bytes that are not the same everywhere.
func pattern(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var state: UInt32 = 1
    for index in 0..<count {
        state = state &* 1_664_525 &+ 1_013_904_223
        bytes[index] = UInt8(truncatingIfNeeded: state >> 24)
    }
    return bytes
}

/// What `body` throws, which has to be an error of the client.
func clientError(_ body: () throws(ClientError) -> Void) throws -> ClientError {
    do throws(ClientError) { try body() } catch { return error }
    try #require(Bool(false), "no error was thrown")
    return .misuse("")
}

/// Expects the same bytes without showing all of them where they differ.
func expectSame(_ seen: [UInt8], _ expected: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
    guard seen != expected else { return }
    let place = zip(seen, expected).enumerated().first { $1.0 != $1.1 }?.offset ?? min(seen.count, expected.count)
    Issue.record(
        "\(seen.count) bytes instead of \(expected.count), different from byte \(place) on",
        sourceLocation: sourceLocation)
}
