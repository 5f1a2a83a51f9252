import HTTP1
import JSON
import Telemetry
import Testing

@testable import Admin

struct AdminRoutesTests {
    private static let browser =
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

    @Test(arguments: [
        ("/healthz", "text/plain; charset=utf-8"), ("/readyz", "text/plain; charset=utf-8"),
        ("/metrics", "text/plain; version=0.0.4; charset=utf-8"), ("/status", "application/json"),
        ("/status.json", "application/json"), ("/status.html", "text/html; charset=utf-8"),
        ("/", "text/html; charset=utf-8"), ("/nginx_status", "text/plain; charset=utf-8"),
        ("/healthz?verbose=1", "text/plain; charset=utf-8"), ("http://localhost/status", "application/json"),
    ])
    func everyPathHasItsContent(_ path: String, _ type: String) {
        let answer = TestSource().answer(path)
        #expect(answer.status == 200)
        #expect(answer.content.rawValue == type)
        #expect(!answer.body.isEmpty)
    }

    @Test(arguments: ["/status/", "/statusx", "/..", "/healthz/x", "//healthz", "/%68ealthz", "/favicon.ico"])
    func otherPathsAreNotThere(_ path: String) {
        let answer = TestSource().answer(path)
        #expect(answer.status == 404)
        #expect(answer.text.contains("/status.json"))
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get"])
    func otherMethodsAreRefused(_ method: String) {
        let answer = TestSource().answer("/healthz", method: method)
        #expect(answer.status == 405)
        #expect(answer.fields.first("Allow") == "GET, HEAD")
    }

    @Test(
        arguments: [
            (nil, "application/json"), ("*/*", "application/json"), ("application/json", "application/json"),
            (browser, "text/html; charset=utf-8"), ("text/html", "text/html; charset=utf-8"),
        ] as [(String?, String)])
    func theStatusIsAPageForBrowsers(_ accept: String?, _ type: String) {
        var fields: HeaderFields = ["Host": "127.0.0.1:11090"]
        if let accept { fields.append("Accept", accept) }
        let answer = TestSource().answer("/status", fields)
        #expect(answer.content.rawValue == type)
        #expect(answer.fields.first("Vary") == "Accept")
    }

    @Test func strangeHostsAreMisdirected() {
        for path in ["/", "/status", "/metrics", "/healthz", "/nope"] {
            let answer = TestSource().answer(path, ["Host": "evil.example"])
            #expect(answer.status == 421)
            #expect(answer.text.contains("admin.hostNames"))
        }
        #expect(TestSource().answer("/status", ["Host": "proxy.example:11090"]).status == 200)
    }

    @Test func healthGoesOnWhileDraining() {
        let source = TestSource()
        source.facts.isDraining = true
        #expect(source.answer("/healthz").status == 200)
        #expect(source.answer("/readyz").status == 503)
    }

    @Test func everyReasonIsALine() {
        let source = TestSource()
        source.facts.needsKeys = true
        source.facts.keysProblem = "connection\nrefused"
        source.problem = "backend 127.0.0.1:9000: refused"
        let answer = source.answer("/readyz")
        #expect(answer.status == 503)
        #expect(
            answer.text == """
                the provider's keys were never fetched, so no token can be judged; the last try \
                failed: connection refused
                backend 127.0.0.1:9000: refused

                """)
    }

    /// A worker that was broken into writes what it likes into its slot. Others, asked for the sum, must survive that.
    @Test func whateverIsInASlotIsAnswered() throws {
        var random = SystemRandomNumberGenerator()
        let extremes: [UInt64] = [.max, 1 << 63, (1 << 63) - 1, (1 << 63) + 1, 1, 2, 0x8080_8080_8080_8080]
        let patterns: [() -> UInt64] =
            extremes.map { extreme in { extreme } }
            + [{ extremes.randomElement(using: &random) ?? 0 }, { random.next() }]
        for (index, pattern) in (patterns + Array(repeating: patterns[patterns.count - 1], count: 20)).enumerated() {
            let source = TestSource()
            source.facts.needsKeys = true
            // One worker, then both: their sums overflow too.
            for slot in 1...(index % 2 + 1) {
                let start = slot * MetricsBoard.stride
                for offset in stride(from: start, to: start + MetricsSlot.byteCount, by: 8) {
                    unsafe source.memory.base.storeBytes(of: pattern(), toByteOffset: offset, as: UInt64.self)
                }
            }
            source.board.slot(1).set(.workerState, WorkerState.serving.rawValue)
            let status = try JSON.parse(source.answer("/status.json").body)
            #expect(status["workers"]?.array?.isEmpty == false)
            #expect(source.answer("/metrics").text.contains("secure_proxy_build_info"))
            #expect(source.answer("/nginx_status").text.hasPrefix("Active connections: "))
            _ = source.answer("/readyz")
        }
    }

    @Test func metricsNameTheVersion() {
        #expect(TestSource().answer("/metrics").text.contains("secure_proxy_build_info{version=\"1.2.3\"} 1\n"))
    }
}
