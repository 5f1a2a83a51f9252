// What a worker can't do any more. As the kernel tells it of the running workers: another user, no capabilities, no way
// back, a filter on their system calls, a jail for a root directory, no file open that they shouldn't have. And as a
// process that is confined like them finds out: it tries everything that somebody would who has taken a worker over.
// Inside the jail all that the proxy needs still works: names, authorities, keys, tunnels.
//
// Needs root.
import BridgeClient
import Bytes
import Glibc
import JSON
import MockServers
import System
import TLS
import TestSupport
import Testing
import WebSocket

@Suite(.serialized, .enabled(if: ThisProcess.isRoot, "only root can confine workers")) struct ConfinementTests {
    /// A directory that belongs to root and is empty.
    private static func makeJail() throws -> String {
        let jail = try TemporaryDirectory.make()
        guard unsafe chmod(jail, 0o755) == 0 else { throw HarnessError("chmod \(jail)") }
        return jail
    }

    private func stage(jail: String?, keyIsolation: Bool = false) throws -> Stage {
        try Stage {
            $0.workers = 2
            $0.authority = try? TestAuthority()
            $0["security", "keyIsolation"] = .bool(keyIsolation)
            if let jail { $0["security", "jailBaseDir"] = .string(jail) }
        }
    }

    @Test(arguments: [false, true], [false, true])
    func theKernelsAccount(_ isJailed: Bool, _ keyIsolation: Bool) throws {
        let jail = isJailed ? try Self.makeJail() : nil
        defer { if let jail { TemporaryDirectory.remove(jail) } }
        let stage = try stage(jail: jail, keyIsolation: keyIsolation)
        let daemon = stage.daemon
        guard let nobody = unsafe getpwnam("nobody") else { throw HarnessError("there is no user nobody") }
        let (user, group) = unsafe (nobody.pointee.pw_uid, nobody.pointee.pw_gid)
        let holders = daemon.keyHolderPIDs
        let confined = daemon.workerPIDs + holders
        #expect(confined.count == (keyIsolation ? 3 : 2) && holders.count == (keyIsolation ? 1 : 0))
        for pid in confined {
            // The key holder stays root, without a root's rights, so that no process of the workers' user can look into it.
            let (user, group) = holders.contains(pid) ? (0, 0) : (user, group)
            let name = ProcessTable.commandLine(pid).joined(separator: " ")
            func status(_ line: String) -> String {
                ProcessTable.status(pid, line)?.split(separator: "\t").joined(separator: " ") ?? "none"
            }
            #expect(status("Uid") == Array(repeating: "\(user)", count: 4).joined(separator: " "), "\(name)")
            #expect(status("Gid") == Array(repeating: "\(group)", count: 4).joined(separator: " "), "\(name)")
            #expect(status("Groups").allSatisfy { $0 == " " }, "\(name): \(status("Groups"))")
            for set in ["CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"] {
                #expect(status(set).allSatisfy { $0 == "0" }, "\(name): \(set) \(status(set))")
            }
            #expect(status("NoNewPrivs") == "1", "\(name)")
            // 2: a filter.
            #expect(status("Seccomp") == "2", "\(name)")
            #expect(ProcessTable.link("/proc/\(pid)/root") == jail ?? "/", "\(name)")
            if let jail {
                let directory = ProcessTable.link("/proc/\(pid)/cwd") ?? ""
                #expect(directory == jail || directory.hasPrefix("\(jail)/"), "\(name) is in \(directory)")
            }
            for number in DirectoryNames.of("/proc/\(pid)/fd") {
                let target = ProcessTable.link("/proc/\(pid)/fd/\(number)") ?? ""
                #expect(!target.contains("key") || target.hasPrefix("/memfd:"), "\(name) has \(target)")
                #expect(!target.hasSuffix("proxy.json"), "\(name) has \(target)")
            }
            // Nobody else's core files, nor its own: what it knows stays in memory.
            let limits = String(decoding: try File.read("/proc/\(pid)/limits"), as: UTF8.self)
            let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") } ?? ""
            #expect(core.split(separator: " ").dropFirst(4).first == "0", "\(name): \(core)")
        }
        // The master has its rights, and its key file is root's alone.
        #expect(ProcessTable.status(daemon.pid, "Uid")?.hasPrefix("0") == true)
        #expect(File.permissions("\(daemon.directory)/certs/serverkey.pem") == 0o600)
        try expectEcho(stage.connect())
        // A replaced worker and a new generation are no less confined.
        let worker = try #require(daemon.workerPIDs.first)
        _ = daemon.killWorker(worker)
        #expect(Deadline(in: .seconds(10)).poll { daemon.workerPIDs.count == 2 && !daemon.workerPIDs.contains(worker) })
        try daemon.reload()
        for pid in daemon.workerPIDs where ProcessTable.isAlive(pid) {
            #expect(
                Deadline(in: .seconds(10)).poll {
                    !ProcessTable.isAlive(pid)
                        || ProcessTable.status(pid, "Seccomp") == "2"
                            && ProcessTable.status(pid, "Uid")?.hasPrefix("\(user)") == true
                })
        }
        try expectEcho(stage.connect())
    }

    private func expectEcho(_ client: BlockingBridgeClient) throws {
        try client.send("confined")
        #expect(try client.receive(exactly: 8) == Array("confined".utf8))
        #expect(try client.close().code == .normalClosure)
    }

    /// `secure-proxy check` starts a process that is confined as a worker is and lets it try.
    @Test(arguments: [false, true]) func whoTriesToBreakOutFails(_ isJailed: Bool) throws {
        let jail = isJailed ? try Self.makeJail() : nil
        defer { if let jail { TemporaryDirectory.remove(jail) } }
        let daemon = try stage(jail: jail).daemon
        let output = "\(daemon.directory)/check"
        let check = try ChildProcess(
            BuiltProgram.path("secure-proxy"), ["check", "--config", daemon.settingsPath], output: output,
            errors: output)
        let code = check.waitForExit(within: .seconds(60))
        let words = String(decoding: try File.read(output), as: UTF8.self)
        #expect(code == 0, "\(words)")
        #expect(!words.contains("SUCCEEDED"), "\(words)")
        var misdeeds = [
            "serverkey.pem", "become root", "regain a capability", "execute /bin/sh", "fork", "signal the master",
            "trace the master", "read the master's memory", "mount", "enter a new user namespace", "bpf",
            "open a raw socket", "make a file in", "run code from memory", "io_uring", "send a descriptor",
            "rewrite the log",
        ]
        if isJailed { misdeeds += ["outside the jail", "climb out of the jail", "enter another root directory"] }
        for misdeed in misdeeds {
            let line = words.split(separator: "\n").first { $0.contains(misdeed) }
            #expect(line?.contains("refused") == true, "\(misdeed): \(line ?? "not tried")\n\(words)")
        }
    }

    /// Names, authorities and keys inside the jail: the application and the provider are called by name, the provider
    /// speaks TLS and is believed by an authority whose file is outside; keys are fetched by the workers themselves.
    @Test func namesAndAuthoritiesWorkInTheJail() throws {
        let jail = try Self.makeJail()
        defer { TemporaryDirectory.remove(jail) }
        let world = try MockWorld()
        let authority = try TestAuthority()
        let material = try authority.issue().material(label: "provider")
        let provider = try MockOAuthServer(
            on: world.host, tls: try .server(TLSContext.ServerOptions(certificates: [material])), hostName: "localhost")
        _ = provider.signingKey()
        let files = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(files) }
        try File.write(authority.certificatePEM, to: "\(files)/ca.pem", permissions: 0o600)
        var settings = DaemonSettings(
            discovery: provider.url(.discovery), backendHost: "localhost",
            backendPort: try world.application().address.port)
        settings.workers = 2
        settings["oidc", "ca"] = .string("\(files)/ca.pem")
        settings["oidc", "cooldown"] = "1s"
        settings["security", "jailBaseDir"] = .string(jail)
        let daemon = try DaemonProcess(settings)
        let token = provider.mintToken()
        for _ in 0..<6 {
            #expect(try ProviderScene.tryBridge(daemon.bridge(token: token)) == .admitted, "\(daemon.account)")
        }
        // Long after the start too: a new key is fetched from inside.
        provider.rotateKeys()
        let renewed = provider.mintToken()
        let isAdmitted = Deadline(in: .seconds(20)).poll {
            (try? ProviderScene.tryBridge(daemon.bridge(token: renewed))) == .admitted
        }
        #expect(isAdmitted, "\(daemon.account)")
        // The front door reaches the provider by name, too.
        let answer = try HTTPSClient(daemon.frontDoor).get("/configuration")
        #expect(answer.status == 200, "\(answer.text)\n\(daemon.account)")
        provider.stop()
    }

    /// Places that forbid a layer switch it off; the others hold all the same.
    @Test(arguments: ["seccomp", "landlock", "dropCapabilities"]) func aLayerCanBeSwitchedOff(_ layer: String) throws {
        let stage = try Stage {
            $0.workers = 1
            $0["security", layer] = false
        }
        let worker = try #require(stage.daemon.workerPIDs.first)
        #expect(ProcessTable.status(worker, "Seccomp") == (layer == "seccomp" ? "0" : "2"))
        #expect(ProcessTable.status(worker, "NoNewPrivs") == "1")
        #expect(ProcessTable.status(worker, "Uid")?.hasPrefix("0") == false)
        try expectEcho(stage.connect())
    }
}
