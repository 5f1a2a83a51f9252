// With `security.keyIsolation` the private key is nowhere in a worker: not as PEM, not as DER, not as the bare number, in
// either byte order. All memory that the worker can read is searched, which is more than a core of it would hold; and
// without isolation the same search finds the key, so that it is one that would. Handshakes of all kinds work either way.
//
// Needs root, who alone may read the memory of another process.
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

@Suite(.serialized, .enabled(if: ThisProcess.isRoot, "only root can read another process's memory"))
struct KeyIsolationTests {
    /// What a private key looks like in memory: its numbers, as they stand in DER and as OpenSSL computes with them, and a
    /// piece of its PEM.
    private static func traces(of keyPEM: [UInt8]) throws -> [(name: String, bytes: [UInt8])] {
        let lines = String(decoding: keyPEM, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-") }
        var traces: [(String, [UInt8])] = [("a line of its PEM", Array(try #require(lines.dropFirst().first).utf8))]
        let der = try #require(Self.base64(lines.joined()))
        // Whole numbers: everything that begins like an INTEGER or OCTET STRING of a key's size.
        for (name, number) in DERNumbers.secret(in: der) {
            traces.append(("\(name), most significant byte first", number))
            // OpenSSL's numbers are words, least significant first, on this machine's byte order.
            traces.append(("\(name), least significant byte first", number.reversed()))
        }
        return traces
    }

    private static func base64(_ text: String) -> [UInt8]? {
        Base64URL.decode(
            String(text.filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }))
    }

    /// Handshakes with TLS 1.2 and 1.3, by somebody else's client.
    private func shakeHands(_ stage: Stage, times: Int) throws {
        let daemon = stage.daemon
        try File.write(
            try #require(daemon.settings.authority).certificatePEM, to: "\(daemon.directory)/ca.pem",
            permissions: 0o644)
        for version in ["-tls1_2", "-tls1_3"] {
            for _ in 0..<times {
                let output = "\(daemon.directory)/s_client"
                let client = try ChildProcess(
                    "/usr/bin/openssl",
                    [
                        "s_client", version, "-connect", "127.0.0.1:\(daemon.port())", "-CAfile",
                        "\(daemon.directory)/ca.pem", "-verify_return_error", "-verify_ip", "127.0.0.1",
                    ], output: output, errors: output)
                #expect(client.waitForExit(within: .seconds(20)) == 0, "\(version)")
            }
        }
        for _ in 0..<times {
            let client = try stage.connect()
            try client.send("signed")
            #expect(try client.receive(exactly: 6) == Array("signed".utf8))
            #expect(try client.close().code == .normalClosure)
        }
    }

    private func search(_ pids: [pid_t], for traces: [(name: String, bytes: [UInt8])]) throws -> [String] {
        var found: [String] = []
        for pid in pids {
            let counts = try ProcessMemory.occurrences(of: traces.map(\.bytes), in: pid)
            for (trace, count) in zip(traces, counts) where count > 0 { found.append("\(trace.name) (\(count) times)") }
        }
        return found
    }

    private func stage(_ kind: TestAuthority.KeyKind, isolated: Bool) throws -> Stage {
        let authority = try TestAuthority(kind)
        return try Stage {
            $0.workers = 2
            $0.authority = authority
            $0["security", "keyIsolation"] = .bool(isolated)
        }
    }

    @Test(arguments: TestAuthority.KeyKind.allCases) func workersDoNotHaveIt(_ kind: TestAuthority.KeyKind) throws {
        let stage = try stage(kind, isolated: true)
        let daemon = stage.daemon
        let key = try File.read("\(daemon.directory)/certs/serverkey.pem")
        let traces = try Self.traces(of: key)
        #expect(traces.count >= 3)
        try shakeHands(stage, times: 4)
        #expect(daemon.workerPIDs.count == 2 && daemon.keyHolderPIDs.count == 1)
        let found = try search(daemon.workerPIDs, for: traces)
        #expect(found.isEmpty, "a worker has \(found.joined(separator: ", "))")
        // It is where it should be, and the search would have found it.
        #expect(try !search(daemon.keyHolderPIDs, for: traces).isEmpty)

        // A new generation has a new holder and no more than the old one.
        try TestAuthority.install(try #require(daemon.settings.authority).issue(), in: daemon.directory)
        let newKey = try File.read("\(daemon.directory)/certs/serverkey.pem")
        try daemon.reload()
        try shakeHands(stage, times: 1)
        // Those of the old one are about to end, and their memory with them.
        #expect(daemon.waitForWorkers(2))
        #expect(try search(daemon.workerPIDs, for: traces + Self.traces(of: newKey)).isEmpty)
        #expect(Deadline(in: .seconds(10)).poll { daemon.keyHolderPIDs.count == 1 }, "\(daemon.account)")
    }

    @Test(arguments: TestAuthority.KeyKind.allCases) func withoutIsolationTheyDo(_ kind: TestAuthority.KeyKind) throws {
        let stage = try stage(kind, isolated: false)
        try shakeHands(stage, times: 4)
        let traces = try Self.traces(of: File.read("\(stage.daemon.directory)/certs/serverkey.pem"))
        let found = try search(stage.daemon.workerPIDs, for: traces)
        print("without isolation a worker has \(found.joined(separator: ", "))")
        // Both ways of writing the number down, so that each part of the search is known to work.
        #expect(found.contains { $0.contains("most significant") || $0.contains("PEM") }, "\(found)")
        #expect(found.contains { $0.contains("least significant") }, "\(found)")
    }

    /// The holder is killed: another one comes with a new generation, and tunnels don't notice.
    @Test func aHolderThatDiesIsReplaced() throws {
        let stage = try stage(.ecdsa, isolated: true)
        let daemon = stage.daemon
        let runtime = try ClientRuntime()
        let tunnel = try stage.connect(runtime: runtime)
        let holder = try #require(daemon.keyHolderPIDs.first)
        kill(holder, SIGKILL)
        #expect(
            Deadline(in: .seconds(20)).poll {
                let holders = daemon.keyHolderPIDs.filter(ProcessTable.isAlive)
                return holders.count == 1 && holders != [holder]
            }, "\(daemon.account)")
        let isServing = Deadline(in: .seconds(20)).poll { (try? stage.connect(runtime: runtime).close()) != nil }
        #expect(isServing, "\(daemon.account)")
        try tunnel.send("same tunnel")
        #expect(try tunnel.receive(exactly: 11) == Array("same tunnel".utf8))
        #expect(try tunnel.close().code == .normalClosure)
        #expect(try daemon.stop() == 0, "\(daemon.account)")
        #expect(daemon.waitForEverybodysEnd())
    }
}

/// The secret numbers of a private key in DER (PKCS #8 around RFC 5915 or RFC 8017), found without knowing the whole
/// grammar: strings and integers of their sizes, less the modulus, which everybody knows.
private enum DERNumbers {
    static func secret(in der: [UInt8]) -> [(name: String, number: [UInt8])] {
        var found: [(String, [UInt8])] = []
        var large = 0
        walk(der[...]) { tag, content in
            switch (tag, content.count) {
            case (0x04, 32): found.append(("the scalar", Array(content)))
            case (0x02, 128...):
                // version, n, e, d, p, q, … of an RSA key: n comes first among the large ones.
                let number = Array(content.drop { $0 == 0 })
                defer { large += 1 }
                if number.count >= 250 {
                    if large > 0 { found.append(("the private exponent", number)) }
                } else {
                    found.append(("prime or exponent \(large - 1)", number))
                }
            default: break
            }
        }
        return found
    }

    private static func walk(_ der: ArraySlice<UInt8>, _ visit: (UInt8, ArraySlice<UInt8>) -> Void) {
        var rest = der
        while rest.count >= 2, let tag = rest.first {
            rest = rest.dropFirst()
            guard let first = rest.first else { return }
            rest = rest.dropFirst()
            var length = Int(first)
            if first >= 0x80 {
                let count = Int(first & 0x7F)
                guard count <= 3, rest.count >= count else { return }
                length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(count)
            }
            guard rest.count >= length else { return }
            let content = rest.prefix(length)
            visit(tag, content)
            // Constructed, or PKCS #8's string with another structure in it.
            if tag & 0x20 != 0 || tag == 0x04 && content.first == 0x30 { walk(content, visit) }
            rest = rest.dropFirst(length)
        }
    }
}
