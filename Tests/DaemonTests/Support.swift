import Bytes
import Daemon
import Foundation
import MockServers
import System
import TLS

/// A directory that goes when its owner does.
final class Workplace {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("secure-proxy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of `name` in it.
    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes `text` into the file `name` and answers its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try File.write(Array(text.utf8), to: self(name), permissions: 0o600)
        return self(name)
    }

    func text(_ name: String) throws -> String { String(decoding: try File.read(self(name)), as: UTF8.self) }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }

    /// Settings whose ports are free, with sections added or replaced by `sections` (JSON members, each with a comma
    /// before it).
    func settings(
        oidc: String = #""discovery": "http://127.0.0.1:9/issuer/.well-known/openid-configuration""#,
        backendPort: UInt16 = 9, _ sections: String = ""
    ) throws -> String {
        let (bridge, oauth) = try twoFreePorts()
        // Root's workers become somebody whom every machine has.
        let security = sections.contains(#""security""#) ? "" : #", "security": { "user": "nobody" }"#
        return try write(
            """
            { "proxySettings": { "wssProxyBindPort": "\(bridge)", "oAuthProxyBindPort": "\(oauth)",
                                 "websockifyConnectTimeout": "5s" },
              "backend": { "host": "127.0.0.1", "port": \(backendPort) },
              "oidc": { \(oidc) }\(security)\(sections) }
            """, to: "proxy.json")
    }

    /// A self-signed certificate and its key in `cert.pem` and `key.pem`.
    func certificate(days: Int64 = 100, startingBefore seconds: Int64 = 3600) throws {
        var request = CertificateRequest(
            commonName: "localhost", names: SubjectName.localhost, now: Clock.unix, days: days)
        request.notBefore = Clock.unix.adding(seconds: -seconds)
        let made = try CertificateAuthority.selfSigned(request)
        try File.write(made.certificatePEM, to: self("cert.pem"), permissions: 0o644)
        try File.write(made.keyPEM, to: self("key.pem"), permissions: 0o600)
    }
}

/// A port that nothing listens at.
func freePort() throws -> UInt16 {
    let socket = try Socket.listen(at: .anyLoopbackPort)
    return try Socket.localAddress(socket.number).port
}

/// Two of them.
func twoFreePorts() throws -> (UInt16, UInt16) {
    let first = try Socket.listen(at: .anyLoopbackPort)
    return (try Socket.localAddress(first.number).port, try freePort())
}

/// What a command said.
final class Said {
    private(set) var lines: [String] = []
    private(set) var errors: [String] = []

    var output: CommandOutput {
        CommandOutput(print: { self.lines.append($0) }, error: { self.errors.append($0) })
    }

    var text: String { lines.joined(separator: "\n") }
    var errorText: String { errors.joined(separator: "\n") }
}

/// A mock provider on a host of its own.
struct Provider {
    let host: MockHost
    let server: MockOAuthServer

    init() throws {
        host = try MockHost()
        server = try MockOAuthServer(on: host)
    }

    /// The members of the section `oidc` for this provider.
    var oidc: String { #""discovery": "\#(server.url(.discovery))""# }
}
