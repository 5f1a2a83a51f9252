import HTTP1
import Reactor
import System
import Testing

@testable import Admin

struct AdminConnectionTests {
    private static func request(_ path: String, _ more: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(more)\r\n"
    }

    @Test func theConnectionIsKept() throws {
        let stage = try TestStage()
        let client = try stage.connect()
        for count in 1...3 {
            client.send(Self.request("/healthz"))
            #expect(
                try stage.turn {
                    client.receive(); return (try? Answers(client.text).all.count) == count
                })
        }
        #expect(!client.hasEnded)
        #expect(stage.server.connectionCount == 1)
    }

    @Test func requestsSentAtOnceAreAnsweredInOrder() throws {
        let paths = ["/healthz", "/nope", "/readyz", "/status.json", "/nginx_status", "/metrics", "/"]
        let text = paths.map { Self.request($0) }.joined() + "GET /healthz HTTP/1.0\r\n\r\n"
        let answers = try Answers(try TestStage().ask(text)).all
        #expect(answers.map(\.status) == [200, 404, 200, 200, 200, 200, 200, 200])
        #expect(answers.map { $0.fields.first("Connection") ?? "" }.last == "close")
    }

    @Test func aThousandRequestsSentAtOnce() throws {
        let stage = try TestStage()
        let client = try stage.connect()
        for _ in 0..<1_200 { client.send(Self.request("/healthz")) }
        #expect(
            try stage.turn {
                client.receive(); return client.hasEnded
            })
        let answers = try Answers(client.text).all
        #expect(answers.count == AdminLimits().requestsPerConnection)
        #expect(answers.last?.fields.first("Connection") == "close")
    }

    @Test func byteByByte() throws {
        let stage = try TestStage()
        let client = try stage.connect()
        for byte in Self.request("/readyz") {
            client.send(String(byte))
            try stage.loop.turn(maximumWait: .zero)
        }
        #expect(
            try stage.turn {
                client.receive(); return client.text.hasSuffix("ready\n")
            })
    }

    @Test func aHEADHasALengthButNoBody() throws {
        for path in ["/healthz", "/status", "/metrics", "/", "/nginx_status", "/nope"] {
            let got = try TestStage().ask(
                "GET \(path) HTTP/1.1\r\nHost: [::1]\r\n\r\n"
                    + "HEAD \(path) HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n"
            )
            let answers = try Answers(got, heads: [1])
            #expect(answers.all.count == 2 && answers.rest.isEmpty, "\(path)")
            #expect(
                answers.all.first?.fields.first("Content-Length") == answers.all.last?.fields.first("Content-Length"))
        }
    }

    @Test(arguments: [
        ("GET /healthz\r\n\r\n", 400), ("garbage\r\n\r\n", 400), ("GET /healthz HTTP/2.0\r\n\r\n", 505),
        ("GET /healthz HTTP/1.1\r\n\r\n", 400), ("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 400),
        ("POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 405),
        ("GET /\(String(repeating: "a", count: 2_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: \(String(repeating: "a", count: 9_000))\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\(String(repeating: "A: b\r\n", count: 80))\r\n", 431),
    ])
    func misdeedsAreAnsweredInWordsAndEndTheConnection(_ text: String, _ status: Int) throws {
        let answers = try Answers(try TestStage().ask(text))
        #expect(answers.all.map(\.status) == [status])
        #expect(answers.all.first?.fields.first("Connection") == "close")
        #expect((answers.all.first?.body.count ?? 0) > 10)
        #expect(answers.rest.isEmpty)
    }

    @Test func whatFollowsAMisdeedIsNotTakenForARequest() throws {
        let smuggled =
            "POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\n" + Self.request("/status")
        #expect(try Answers(try TestStage().ask(smuggled)).all.map(\.status) == [405])
    }

    @Test func aLargeMisdeedIsAnsweredBeforeTheConnectionEnds() throws {
        let stage = try TestStage()
        let client = try stage.connect()
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + String(repeating: "a", count: 60_000))
        #expect(
            try stage.turn {
                client.receive(); return client.hasEnded
            })
        #expect(!client.wasReset)
        #expect(try Answers(client.text).all.map(\.status) == [431])
    }

    @Test func aClientThatFinishedItsSideGetsItsAnswers() throws {
        let stage = try TestStage()
        let client = try stage.connect()
        client.send(Self.request("/healthz") + Self.request("/readyz"))
        client.finish()
        #expect(
            try stage.turn {
                client.receive(); return client.hasEnded
            })
        #expect(try Answers(client.text).all.map(\.body) == ["ok\n", "ready\n"])
        #expect(try stage.turn { stage.server.connectionCount == 0 })
    }

    @Test func aClientThatGoesInTheMiddleOfAHeadIsForgotten() throws {
        let stage = try TestStage()
        let client = try stage.connect()
        client.send("GET /healthz HT")
        #expect(try stage.turn { stage.server.connectionCount == 1 })
        client.close()
        #expect(try stage.turn { stage.server.connectionCount == 0 })
    }

    // MARK: Time

    @Test func aHeadThatDoesNotComeIsAnswered408() throws {
        var limits = AdminLimits()
        limits.headTimeout = .milliseconds(40)
        let stage = try TestStage(limits: limits)
        let client = try stage.connect()
        client.send("GET /healthz HTTP/1.1\r\n")
        #expect(
            try stage.turn {
                client.receive(); return client.hasEnded
            })
        #expect(try Answers(client.text).all.map(\.status) == [408])
    }

    @Test func drippingDoesNotExtendTheTimeForAHead() throws {
        var limits = AdminLimits()
        limits.headTimeout = .milliseconds(60)
        let stage = try TestStage(limits: limits)
        let client = try stage.connect()
        client.send("GET /healthz HTTP/1.1\r\nX: ")
        #expect(
            try stage.turn(within: .seconds(5)) {
                client.send("a"); client.receive(); return client.hasEnded
            })
    }

    @Test func anIdleConnectionEndsWithoutAWord() throws {
        var limits = AdminLimits()
        limits.idleTimeout = .milliseconds(40)
        let stage = try TestStage(limits: limits)
        let client = try stage.connect()
        client.send(Self.request("/healthz"))
        #expect(
            try stage.turn {
                client.receive(); return client.hasEnded
            })
        #expect(try Answers(client.text).all.count == 1)
        #expect(!client.wasReset)
    }

    @Test func whoeverTakesNoAnswerIsCutOff() throws {
        var limits = AdminLimits()
        limits.writeTimeout = .milliseconds(100)
        let stage = try TestStage(limits: limits)
        let client = try RawClient(stage.address, receiveBuffer: 4096)
        for _ in 0..<400 { client.send(Self.request("/")) }
        #expect(try stage.turn { stage.server.connectionCount == 1 })
        #expect(try stage.turn { stage.server.connectionCount == 0 })
        #expect(
            try stage.turn {
                client.receive(); return client.hasEnded
            })
        #expect(client.wasReset)
    }

    @Test func aSlowReaderGetsEverythingAndHoldsNobodyUp() throws {
        let stage = try TestStage()
        let slow = try RawClient(stage.address, receiveBuffer: 32 * 1024)
        for _ in 0..<60 { slow.send(Self.request("/")) }
        slow.send(Self.request("/healthz", "Connection: close\r\n"))
        #expect(try stage.ask("GET /healthz HTTP/1.0\r\n\r\n").hasSuffix("ok\n"))
        #expect(
            try stage.turn(within: .seconds(20)) {
                slow.receive(atMost: 16_000); return slow.hasEnded
            })
        let answers = try Answers(slow.text)
        #expect(answers.all.count == 61 && answers.rest.isEmpty)
        #expect(answers.all.last?.body == "ok\n")
    }
}
