// The load generator: every mode does what it was asked through a real daemon and counts it rightly; and it checks what
// its numbers rest on.
import Glibc
import JSON
import MockServers
import System
import TestSupport
import Testing

@Suite(.serialized) struct LoadGeneratorTests {
    @Test func itsOwnChecksPass() throws {
        let run = try BenchRun(["self-test"])
        let lines = run.output.split(separator: "\n")
        #expect(run.code == 0 && lines.count >= 6 && lines.allSatisfy { $0.hasPrefix("ok ") }, "\(run.account)")
    }

    @Test(arguments: ["no-such-mode", "echo", "echo --wss 127.0.0.1:1", "echo --tcp 127.0.0.1:1 --size 0", "mint"])
    func nonsenseIsRefused(_ line: String) throws {
        let run = try BenchRun(line.split(separator: " ").map(String.init))
        #expect(run.code == 2 && run.errors.contains("secure-proxy-bench"), "\(run.account)")
    }

    // MARK: Modes

    private func expectWell(_ run: BenchRun, connections: Int64) {
        #expect(run.code == 0, "\(run.account)")
        #expect(run.report["ok"]?.bool == true && run.count("failures") == 0, "\(run.account)")
        #expect(run.count("connections") == connections, "\(run.account)")
        #expect(run.report["tls"]?["version"]?.string?.hasPrefix("TLSv1.") == true, "\(run.account)")
        // What `idle` measures is the time in which nothing happens.
        let cost = run.report["mode"] == "idle" ? "cpu_us_per_large_message" : "cpu_seconds"
        #expect((run.report["proxy"]?[cost]?.number ?? 0) > 0, "\(run.account)")
        #expect((run.report["generator"]?["cpu_seconds"]?.number ?? 0) > 0, "\(run.account)")
    }

    @Test(arguments: [["--tls12"], ["--tls13"], ["--threads", "3"], ["--threads", "2", "--depth", "4"]])
    func echo(_ arguments: [String]) throws {
        let scene = try BenchScene()
        let run = try scene.run(
            "echo", through: "echo",
            ["--tunnels", "5", "--size", "700", "--count", "2003", "--warm-up", "0"] + arguments)
        expectWell(run, connections: 5)
        #expect(run.count("messages") == 2003, "\(run.account)")
        #expect(run.count("bytes_up") == 2003 * 700 && run.count("bytes_down") == 2003 * 700, "\(run.account)")
        #expect(run.report["latency_us"]?["count"]?.integer == 2003, "\(run.account)")
        #expect(scene.daemon.waitForAccessLog("status=101"))
    }

    @Test(arguments: ["1", "3"]) func bulk(threads: String) throws {
        let scene = try BenchScene()
        let asked = ["--tunnels", "2", "--bytes", "300k", "--count", "11", "--warm-up", "0", "--threads", threads]
        let upload = try scene.run("upload", through: "wss", asked)
        expectWell(upload, connections: 2)
        #expect(upload.count("requests") == 11 && upload.count("bytes_up") == 3_300_000, "\(upload.account)")
        #expect(upload.count("bytes_down") == 0, "\(upload.account)")
        let download = try scene.run("download", through: "wss", asked)
        expectWell(download, connections: 2)
        #expect(download.count("requests") == 11 && download.count("bytes_down") == 3_300_000, "\(download.account)")
        #expect(download.count("bytes_up") == 0, "\(download.account)")
        // It compared every byte of the uploads.
        #expect(scene.backend.stop() == 0)
    }

    @Test func mixed() throws {
        let scene = try BenchScene()
        let run = try scene.run(
            "mixed", through: "wss",
            ["--tunnels", "4", "--uploads", "1", "--downloads", "2", "--bytes", "100k", "--seconds", "0.3"]
                + ["--warm-up", "0", "--threads", "2"])
        expectWell(run, connections: 7)
        let messages = run.count("messages") ?? 0, requests = run.count("requests") ?? 0
        #expect(messages > 0 && requests > 2, "\(run.account)")
        let up = run.count("bytes_up") ?? 0, down = run.count("bytes_down") ?? 0
        #expect(up + down == messages * 128 + requests * 100_000, "\(run.account)")
    }

    @Test(arguments: ["1", "2"]) func connect(threads: String) throws {
        let scene = try BenchScene(tokens: 60)
        let run = try scene.run(
            "connect", through: "echo",
            ["--tunnels", "3", "--count", "60", "--after", "2", "--warm-up", "0", "--tokens-once"]
                + ["--threads", threads])
        expectWell(run, connections: 60)
        #expect(run.report["tokens_reused"]?.bool == false, "\(run.account)")
        #expect(run.report["message_latency_us"]?["count"]?.integer == 120, "\(run.account)")
        let admitted = { scene.daemon.accessLog.split(separator: "\n").filter { $0.contains("status=101") }.count }
        #expect(Deadline(in: .seconds(10)).poll { admitted() == 60 }, "\(admitted()) were admitted")
        // There is no other token: the next one fails, and says why.
        let another = try scene.run("connect", through: "echo", ["--count", "61", "--warm-up", "0", "--tokens-once"])
        #expect(another.code == 1 && another.errors.contains("no more tokens"), "\(another.account)")
    }

    @Test func idle() throws {
        let scene = try BenchScene()
        let run = try scene.run(
            "idle", through: "echo",
            ["--tunnels", "40", "--rounds", "3", "--big", "60000", "--settle", "0"]
                + ["--threads", "2", "--sources", "3"])
        expectWell(run, connections: 40)
        #expect(run.count("messages") == 120 && run.count("bytes_down") == 120 * 60000, "\(run.account)")
        for moment in ["before", "opened", "after_messages", "left"] {
            let resident = run.report["proxy"]?["memory"]?[moment]?["resident_KiB"]?.number ?? 0
            #expect(resident > 1024, "\(moment): \(run.account)")
        }
        #expect((run.report["proxy"]?["memory"]?["opened"]?["resident_KiB_per_tunnel"]?.number ?? -1) > 0)
    }

    @Test func aMasterIsCountedWithItsWorkers() throws {
        let scene = try BenchScene { settings, _ in settings.workers = 2 }
        let run = try scene.run("echo", through: "echo", ["--count", "500", "--tunnels", "4", "--warm-up", "0"])
        expectWell(run, connections: 4)
        // The master, its two workers, and whoever holds the keys.
        #expect((run.report["proxy"]?["processes"]?.integer ?? 0) >= 3, "\(run.account)")
    }

    // MARK: Refusals

    @Test func whoMayNotInIsAFailureUnlessAskedFor() throws {
        let scene = try BenchScene()
        let tokens = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(tokens) }
        try File.write(Array("a.b.c\n".utf8), to: "\(tokens)/bad", permissions: 0o600)
        let target = ["--wss", "127.0.0.1:\(scene.daemon.port("echo"))", "--count", "3", "--warm-up", "0", "--json"]
        let trust = ["--ca", scene.daemon.certificatePath], bad = ["--token-file", "\(tokens)/bad"]
        let refused = try BenchRun(["connect"] + target + trust + bad)
        #expect(refused.code == 1 && refused.errors.contains("403"), "\(refused.account)")
        let expected = try BenchRun(["connect", "--expect-status", "403"] + target + trust + bad)
        #expect(expected.code == 0 && expected.count("connections") == 3, "\(expected.account)")
        let good = ["--token-file", scene.tokenFile]
        let surprised = try BenchRun(["connect", "--expect-status", "403"] + target + trust + good)
        #expect(surprised.code == 1 && surprised.errors.contains("101"), "\(surprised.account)")
        let world = try BenchScene()
        let distrustful = try BenchRun(["connect", "--ca", world.daemon.certificatePath] + target + good)
        #expect(distrustful.code == 1 && distrustful.errors.contains("certificate"), "\(distrustful.account)")
        let careless = try BenchRun(["connect", "--insecure"] + target + good)
        #expect(careless.code == 0, "\(careless.account)")
        let nobody = try BenchRun(["echo", "--tcp", "127.0.0.1:\(try FreePorts.one())"])
        #expect(nobody.code == 1 && nobody.errors.contains("refused"), "\(nobody.account)")
    }

    // MARK: Tokens

    @Test(arguments: ["1", "3"]) func mintedTokensAreTakenOnceEach(threads: String) throws {
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        let key = "\(directory)/key.pem", tokens = "\(directory)/tokens"
        #expect(try BenchRun(["mint", "--new-key", key]).code == 0)
        #expect(File.permissions(key).map { $0 & 0o777 } == 0o600)
        let again = try BenchRun(["mint", "--new-key", key])
        #expect(again.code == 1 && again.errors.contains("exists"), "\(again.account)")
        let keys = try BenchRun(["mint", "--key", key, "--kid", "bench", "--public-jwks"])
        #expect(keys.code == 0 && keys.report["keys"]?[0]?["kid"]?.string == "bench", "\(keys.account)")

        let scene = try BenchScene { _, world in world.oauth.adjust { $0.jwks = keys.report } }
        let issuer = scene.world.oauth.issuer()
        let mint = try BenchRun(
            ["mint", "--key", key, "--kid", "bench", "--issuer", issuer, "--audience", "default", "--count", "30"]
                + ["--threads", threads, "--output", tokens])
        #expect(mint.code == 0 && File.permissions(tokens).map { $0 & 0o777 } == 0o600, "\(mint.account)")
        let lines = String(decoding: try File.read(tokens), as: UTF8.self).split(separator: "\n")
        #expect(Set(lines).count == 30)
        let run = try BenchRun([
            "connect", "--wss", "127.0.0.1:\(scene.daemon.port("echo"))", "--ca", scene.daemon.certificatePath,
            "--token-file", tokens, "--tokens-once", "--count", "30", "--warm-up", "0", "--json",
        ])
        #expect(run.code == 0 && run.count("connections") == 30, "\(run.account)\n\(scene.daemon.account)")
    }
}
