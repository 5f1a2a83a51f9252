// The status page in a real browser: the daemon's own, with tunnels under it; and the same page over states that a
// daemon doesn't take on demand, served by a mock.
import BridgeClient
import HTTP1
import JSON
import MockServers
import Synchronization
import System
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: Browser.isInstalled, Browser.absence))
struct StatusPageTests {
    static let stage = Result { try Stage(in: .withKey()) { $0.workers = 2 } }

    private static func url(_ stage: Stage, _ path: String = "/") -> String {
        "http://127.0.0.1:\(stage.daemon.ports.admin)\(path)"
    }

    /// What the admin port answers.
    private static func fetch(_ stage: Stage, _ path: String) throws -> [UInt8] {
        let outcome = try PeerOutcome.run(
            Peers.curl, ["--silent", "--show-error", "--fail", "--max-time", "20", "--noproxy", "*", url(stage, path)])
        guard outcome.succeeded else { throw HarnessError("\(path): \(outcome)") }
        return Array(outcome.output.utf8)
    }

    // MARK: The daemon's own

    @Test func liveNumbersAndCurves() throws {
        let stage = try Self.stage.get()
        let clients = try (0..<3).map { _ in try stage.connect() }
        let page = try Browser.open(Self.url(stage)) {
            for client in clients {
                try client.send(Array("some words to and fro".utf8))
                _ = try client.receive()
            }
        }
        #expect(page.console == [], "\(page)")
        #expect(page.text("id", "state") == "Ready", "\(page)")
        #expect(page.text("data-v", "tunnels") == "3")
        #expect(page.text("data-v", "keys") == "1")
        #expect(page.text("data-v", "about")?.contains("generation 1") == true)
        #expect(page.document.matches(of: /class="dot serving"/).count == 2, "a row for each worker")
        #expect(page.document.contains("127.0.0.1:\(stage.daemon.port())"), "the listener")
        #expect(page.curves.count == 7)
        #expect(page.curves.allSatisfy { $0 >= 10 }, "\(page.curves)")
        #expect(!page.document.contains(/data-v="[a-zA-Z]+">–</), "every placeholder is filled: \(page)")
        #expect(page.document.contains("<body class=\"live\">"))
        for client in clients { try client.close() }
    }

    @Test(arguments: ["/", "/status", "/status.html"])
    func everyAddressOfThePage(_ path: String) throws {
        let page = try Browser.open(Self.url(try Self.stage.get(), path), seconds: 4)
        #expect(page.console == [], "\(page)")
        #expect(page.text("id", "state") == "Ready", "\(page)")
    }

    @Test func underAStrangeNameThereIsNothing() throws {
        let stage = try Self.stage.get()
        let page = try Browser.open("http://rebound.localhost:\(stage.daemon.ports.admin)/status.json", seconds: 2)
        #expect(page.document.contains("does not answer under that name"), "\(page)")
    }

    // MARK: Other states

    /// Counts what a page asks for.
    private final class Questions: Sendable {
        private let count = Atomic(0)
        func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    /// The page over `answer`, which is given the number of the question, from 0, and a status to change.
    private func page(
        seconds: Int = 10, width: Int = 1200, appending script: String = "",
        _ answer: @escaping @Sendable (Int, inout JSONObject) -> Int
    ) throws -> BrowserOutcome {
        let stage = try Self.stage.get()
        let document = try Self.fetch(stage, "/status.html") + Array(script.utf8)
        let status = try #require(JSON.parse(try Self.fetch(stage, "/status.json")).object)
        let host = try MockHost()
        let questions = Questions()
        let server = try MockHTTPServer(on: host) { request in
            guard request.head.path == "/status.json" else {
                return MockAnswer(fields: ["Content-Type": "text/html; charset=utf-8"], body: document)
            }
            var changed = status
            let number = questions.next()
            changed["time"] = .integer(1_800_000_000 + Int64(number))
            let code = answer(number, &changed)
            return MockAnswer(
                status: code, fields: ["Content-Type": "application/json"], body: JSON.serialize(.object(changed)))
        }
        defer { server.stop() }
        return try Browser.open("http://\(server.address)/", seconds: seconds, width: width)
    }

    @Test func numbersThatAreOldAreCalledSo() throws {
        let page = try page(seconds: 40) { number, _ in number < 5 ? 200 : 500 }
        #expect(page.text("id", "state") == "Stale", "\(page)")
        #expect(page.text("id", "notice")?.contains("these numbers are old") == true)
        #expect(page.text("id", "notice")?.contains("Asking again in 15 s") == true, "it waits longer and longer")
        #expect(page.text("data-v", "tunnels") != "–", "what was known stays")
        #expect(page.document.contains("<body class=\"stale\">"))
    }

    @Test func whatComesBackIsNoLongerStale() throws {
        let page = try page(seconds: 20) { number, _ in (3..<6).contains(number) ? 503 : 200 }
        #expect(page.text("id", "state") == "Ready", "\(page)")
        #expect(page.document.contains("<body class=\"live\">"))
        #expect(page.document.contains(/id="notice" class="notice good"[^>]*hidden=""/))
    }

    @Test func aDaemonThatIsNotReadySaysWhy() throws {
        let page = try page { _, status in
            status["ready"] = false
            status["notReady"] = ["no worker is serving yet", "backend 127.0.0.1:9000: refused"]
            return 200
        }
        #expect(page.text("id", "state") == "Not ready", "\(page)")
        #expect(page.text("id", "notice") == "no worker is serving yet\nbackend 127.0.0.1:9000: refused")
        #expect(page.document.contains("<title>Not ready · Secure Proxy</title>"))
    }

    @Test func drainingIsShown() throws {
        let page = try page { _, status in
            (status["state"], status["ready"]) = ("draining", false)
            return 200
        }
        #expect(page.text("id", "state") == "Draining", "\(page)")
    }

    @Test func ratesAreDifferences() throws {
        let page = try page(seconds: 15) { number, status in
            var totals = status["totals"]?.object ?? [:]
            totals["handshakes"] = .integer(1_000 + 12 * Int64(number))
            totals["bytesToClients"] = .integer(5_000_000 + 2_097_152 * Int64(number))
            totals["bytesFromClients"] = 10
            // A counter that went back: the daemon was replaced.
            totals["refusals"] = .integer(500 - Int64(number))
            status["totals"] = .object(totals)
            return 200
        }
        #expect(page.text("data-v", "handshakes") == "12/s", "\(page)")
        #expect(page.text("data-v", "down") == "2.0 MiB/s")
        #expect(page.text("data-v", "up") == "0 B/s")
        #expect(page.text("data-v", "refusals") == "0/s")
    }

    @Test func namesAreTextWhateverTheyHold() throws {
        let hostile = "<img src=x onerror=document.title='taken'>"
        let page = try page { _, status in
            status["listeners"] = [
                ["name": .string(hostile), "kind": "bridge", "address": "*", "ports": "1", "backend": .string(hostile)]
            ]
            status["ready"] = false
            status["notReady"] = [.string(hostile)]
            status["gate"] = .object([hostile: 4])
            return 200
        }
        #expect(!page.document.contains("<img"), "\(page)")
        #expect(page.document.contains("<title>Not ready · Secure Proxy</title>"))
        #expect(page.console == [])
    }

    @Test(arguments: [320, 390, 768, 1600])
    func nothingSticksOutAtTheSide(_ width: Int) throws {
        let measure = """
            <script>setTimeout(() => { document.body.dataset.overflow =
            Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth) }, 3000)</script>
            """
        let page = try page(width: width, appending: measure) { _, status in
            status["listeners"] = [
                [
                    "name": "a-listener-with-a-rather-long-name", "kind": "bridge", "address": "2001:db8:1:2:3:4:5:6",
                    "ports": "10000-10009", "backend": "a-host-with-a-long-name.department.example.com:9000-9009",
                ]
            ]
            status["ready"] = false
            status["notReady"] = [.string(String(repeating: "averylongwordwithoutanyblank", count: 10))]
            return 200
        }
        #expect(page.document.contains("data-overflow=\"0\""), "\(page.document.suffix(200))")
    }

    // MARK: The script's first part by itself

    @Test func theScriptsArithmetic() throws {
        let stage = try Self.stage.get()
        let document = String(decoding: try Self.fetch(stage, "/status.html"), as: UTF8.self)
        let start = try #require(document.range(of: "\"use strict\";")?.lowerBound)
        let end = try #require(document[start...].ranges(of: "\n})();").first?.upperBound)
        let cases = #"""
            const S = SecureProxy, wrong = [];
            const same = (a, b) => { if (JSON.stringify(a) !== JSON.stringify(b)) wrong.push(JSON.stringify([a, b])); };
            same([0, 999, 1000, 1234567, null].map(S.count), ["0", "999", "1,000", "1.23 M", "–"]);
            same([0, 0.25, 9.96, 10, 1500].map(S.rate), ["0", "0.3", "10.0", "10", "1,500"]);
            same([0, 999, 1000, 1048576, 1.5e12].map(S.bytes), ["0 B", "999 B", "1.0 KiB", "1.0 MiB", "1.4 TiB"]);
            same([0, 0.42, 12.5, 100].map(S.percent), ["0 %", "0.4 %", "13 %", "100 %"]);
            same([-5, 59, 61, 3661, 90061].map(S.span), ["0 s", "59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
            same([null, 0, 75].map(S.ago), ["never", "just now", "1 min 15 s ago"]);
            same([null, 0.0006, 0.0031, 0.025, 1.25, 310].map(S.short),
              ["–", "600 µs", "3.1 ms", "25 ms", "1.3 s", "5 min 10 s"]);
            same(S.flat({ a: { b: 1 }, c: { d_e: 2 } }), { "a · b": 1, "c · d_e": 2 });
            same([0, 1, 4, 10, 11, 99, 300.1].map(v => S.ceiling(v)), [1, 1, 5, 10, 20, 100, 500]);
            same([0, 1, 700, 1024, 1025, 3e6].map(v => S.ceiling(v, 1024)), [1, 1, 1024, 1024, 2048, 4194304]);
            same([0, 1, 2, 3, 4, 5, 50].map(S.wait), [1, 1, 2, 4, 8, 15, 15]);
            const at = (time, totals, workers) => ({ time, workers: workers || [], totals: Object.assign(
              { tunnels: 0, bytesFromClients: 0, bytesToClients: 0, handshakes: 0, refusals: 0 }, totals) });
            const first = at(100, { tunnels: 4 }), p = S.point(null, first);
            same([p.v.tunnels, p.v.up === undefined, p.cpu.size], [4, true, 0]);
            const next = S.point(at(100, { handshakes: 10, refusals: 9 },
                [{ pid: 1, cpu: 1, memory: 5 }, { pid: 2, cpu: 8, memory: 5 }]),
              at(102, { handshakes: 30, refusals: 1 },
                [{ pid: 1, cpu: 2, memory: 7 }, { pid: 3, cpu: 50, memory: 6 }]));
            same([next.v.handshakes, next.v.refusals, next.v.memory, next.v.cpu], [10, 0, 13, 50]);
            same([...next.cpu], [[1, 50], [3, 0]]);
            same(S.point(first, first).v.up, undefined);
            const points = [0, 50, 100, 200, 300, 301].map(time => ({ time, v: { x: time } }));
            same(S.trim(points).map(q => q.time), [100, 200, 300, 301]);
            same(S.trim([]), []);
            const box = { width: 180, height: 10 };
            const of = list => S.curve(list.map(([time, x]) => ({ time, v: { x } })), "x", 10, box);
            same(of([]), { line: "", area: "" });
            same(of([[180, 5]]).line, "M180 5h.1");
            same(of([[178, 0], [179, 5], [180, 20]]),
              { line: "M178 10L179 5L180 0", area: "M178 10L179 5L180 0L180 10L178 10Z" });
            same(of([[100, 1], [150, 1], [151, 2]]).line, "M129 9h.1M179 9L180 8");
            same(of([[178, 1], [179, null], [180, 1]]).line, "M178 9h.1M180 9h.1");
            document.body.textContent = wrong.length ? wrong.join("\n") : "all good";
            """#
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        let html = "<!DOCTYPE html><meta charset=utf-8><body><script>\(document[start..<end])\n\(cases)</script>"
        try File.write(Array(html.utf8), to: "\(directory)/page.html", permissions: 0o600)
        let page = try Browser.open("file://\(directory)/page.html", seconds: 2)
        #expect(page.document.contains("<body>all good</body>"), "\(page)")
    }
}
