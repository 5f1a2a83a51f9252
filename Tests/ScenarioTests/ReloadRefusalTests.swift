// Bad reloads. Whatever is wrong with the settings or with what they name, the running daemon goes on as it was: the same
// workers, the same generation, an open tunnel that echoes, new clients that are let in; and its log says why. Mended, the
// next reload works.
import BridgeClient
import Glibc
import JSON
import MockServers
import System
import TLS
import TestSupport
import Testing
import WebSocket

/// A daemon whose settings name everything that can be spoilt, and a tunnel through it.
private final class ReloadScene {
    let stage: Stage
    let authority: TestAuthority
    private(set) var tunnel: BlockingBridgeClient
    var daemon: DaemonProcess { stage.daemon }
    var settings: DaemonSettings

    init() throws {
        let authority = try TestAuthority()
        var adjusted: DaemonSettings?
        stage = try Stage { settings in
            settings.workers = 2
            settings.authority = authority
            settings["tls", "certificate"] = "certs/servercert.pem"
            settings["tls", "key"] = "certs/serverkey.pem"
            settings["admin", "pidFile"] = "logs/secure-proxy.pid"
            // Only HUP reloads.
            settings["tls", "reloadInterval"] = 0
            settings["limits", "shutdownTimeout"] = "1h"
            // The tunnel rests while other suites keep the machine busy.
            settings["limits", "pingInterval"] = 0
            settings["proxySettings", "websockifyReadTimeout"] = 0
            settings["oidc", "fetchTimeout"] = "5s"
            settings["oidc", "cooldown"] = "1s"
            settings["limits", "workerStartTimeout"] = "60s"
            adjusted = settings
        }
        settings = try #require(adjusted)
        self.authority = authority
        tunnel = try stage.connect()
    }

    /// Puts changed settings into the file.
    func write(_ change: (inout DaemonSettings) -> Void) throws {
        var changed = settings
        change(&changed)
        try daemon.write(changed)
    }

    /// Good settings and a good certificate again.
    func mend() throws {
        try TestAuthority.install(authority.issue(), in: daemon.directory)
        try daemon.write(settings)
    }

    func path(_ name: String) -> String { "\(daemon.directory)/\(name)" }

    /// Whether the tunnel and a new client get their echo.
    func expectService(_ comment: Comment) throws {
        try tunnel.send("same tunnel")
        #expect(try tunnel.receive(exactly: 11) == Array("same tunnel".utf8), comment)
        for _ in 0..<4 {
            let client = try stage.connect()
            try client.send("new")
            #expect(try client.receive(exactly: 3) == Array("new".utf8), comment)
            #expect(try client.close().code == .normalClosure, comment)
        }
    }
}

/// One way to spoil a reload.
private struct BadReload: CustomTestStringConvertible, Sendable {
    let name: String
    /// What the log has to say, all of it.
    let words: [String]
    var needsRoot = false
    let spoil: @Sendable (ReloadScene) throws -> Void
    var testDescription: String { name }

    static let all: [BadReload] = [
        BadReload(name: "a syntax error", words: ["proxy.json"]) {
            try File.write(Array("{ \"proxySettings\": { ".utf8), to: $0.daemon.settingsPath, permissions: 0o600)
        },
        BadReload(name: "an unknown name", words: ["closeTimout", "closeTimeout"]) {
            try $0.write { $0["limits", "closeTimout"] = "2s" }
        },
        BadReload(name: "a value out of range", words: ["closeTimeout"]) {
            try $0.write { $0["limits", "closeTimeout"] = "2h" }
        },
        BadReload(name: "the settings file is gone", words: ["proxy.json"]) {
            try File.remove($0.daemon.settingsPath)
        },
        BadReload(name: "the certificate is gone", words: ["servercert.pem"]) {
            try File.remove($0.path("certs/servercert.pem"))
        },
        BadReload(name: "the key of another certificate", words: ["serverkey.pem"]) {
            let other = try $0.authority.issue()
            try File.write(other.keyPEM, to: $0.path("certs/serverkey.pem"), permissions: 0o600)
        },
        BadReload(name: "a certificate that is none", words: ["servercert.pem"]) {
            try File.write(Array("no PEM".utf8), to: $0.path("certs/servercert.pem"), permissions: 0o644)
        },
        BadReload(name: "authorities that are none", words: ["clients.pem"]) { scene in
            try File.write(Array("garbage".utf8), to: scene.path("certs/clients.pem"), permissions: 0o644)
            try scene.write {
                $0["tls", "clientCertificate"] = "required"
                $0["tls", "clientCA"] = "certs/clients.pem"
            }
        },
        BadReload(name: "a port that somebody else has", words: ["address already in use"]) { scene in
            let port = try scene.stage.world.application().address.port
            try scene.write { settings in
                settings["admin", "enabled"] = true
                settings.extraListeners.append([
                    "name": "taken", "kind": "bridge", "address": "127.0.0.1", "ports": .string("\(port)"),
                    "backend": ["host": "127.0.0.1", "port": 9],
                ])
            }
        },
        BadReload(name: "a log directory that is a file", words: ["proxy.json/", "Not a directory"]) { scene in
            try scene.write { $0["logs", "directory"] = "proxy.json/logs" }
        },
        BadReload(name: "a user whom nobody knows", words: ["somebody-unknown"], needsRoot: true) { scene in
            try scene.write { $0["security", "user"] = "somebody-unknown" }
        },
        BadReload(name: "a jail that is not there", words: ["nowhere"], needsRoot: true) { scene in
            // A file, so that it can't be made either.
            try File.write([], to: scene.path("nowhere"), permissions: 0o600)
            try scene.write { $0["security", "jailBaseDir"] = "nowhere" }
        },
        BadReload(name: "a provider that is gone", words: ["keys"]) { $0.stage.world.oauth.goDown() },
    ]
}

@Suite(.serialized) struct ReloadRefusalTests {
    fileprivate static nonisolated(unsafe) let scene = Result { try ReloadScene() }

    @Test(arguments: BadReload.all) private func isRefused(_ reload: BadReload) throws {
        if reload.needsRoot, !ThisProcess.isRoot { return }
        let scene = try unsafe Self.scene.get()
        let daemon = scene.daemon
        let workers = daemon.workerPIDs
        let generation = try daemon.generation
        #expect(workers.count == 2)
        let failures = try #require(try daemon.metrics().sum("secure_proxy_reloads_total", "result=\"failed\""))
        let before = daemon.errorLog.utf8.count
        func said() -> String { String(decoding: daemon.errorLog.utf8.dropFirst(before), as: UTF8.self) }

        try reload.spoil(scene)
        daemon.process.signal(SIGHUP)
        let isCounted = Deadline(in: .seconds(30)).poll {
            (try? daemon.metrics().sum("secure_proxy_reloads_total", "result=\"failed\"")) == failures + 1
        }
        #expect(isCounted, "\(daemon.account)")
        if reload.name == "a provider that is gone" { try scene.stage.world.oauth.comeBack() }
        for word in reload.words {
            #expect(said().lowercased().contains(word.lowercased()), "\(word) isn't named\n\(said())")
        }
        #expect(said().contains("[error]"), "\(said())")
        // Workers that were started in vain end.
        #expect(Deadline(in: .seconds(10)).poll { daemon.workerPIDs == workers }, "\(daemon.account)")
        #expect(try daemon.generation == generation)
        #expect(daemon.pidInFile == daemon.pid)
        try scene.expectService("\(daemon.account)")

        try scene.mend()
        try daemon.reload()
        try scene.expectService("\(daemon.account)")
        #expect(Set(daemon.workerPIDs).isDisjoint(with: workers) || daemon.workerPIDs.count <= 4)
        // The tunnel stays with the first generation; the others have nobody and go.
        #expect(Deadline(in: .seconds(10)).poll { (2...3).contains(daemon.workerPIDs.count) }, "\(daemon.account)")
        // The next story compares with two workers again: the tunnel moves to the new generation.
        #expect(try scene.renewTunnel().code == .normalClosure)
        #expect(daemon.waitForWorkers(2), "\(daemon.account)")
    }

    /// An expired certificate is worth a warning, not an outage: some clients don't look.
    @Test func anExpiredCertificateIsTakenWithAWarning() throws {
        let scene = try unsafe Self.scene.get()
        let daemon = scene.daemon
        try TestAuthority.install(scene.authority.issue(startingAt: -10 * 86_400, days: 1), in: daemon.directory)
        try daemon.reload()
        #expect(daemon.waitForErrorLog("the certificate has expired"))
        try scene.mend()
        try daemon.reload()
        try scene.expectService("\(daemon.account)")
    }
}

extension ReloadScene {
    /// Closes the tunnel and opens another; answers how the old one ended.
    func renewTunnel() throws -> BridgeClosure {
        let closure = try tunnel.close()
        tunnel = try stage.connect()
        return closure
    }
}
