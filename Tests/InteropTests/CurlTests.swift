// curl at the OAuth front door: connections kept, bodies in chunks and behind an expectation, old and odd requests.
import JSON
import MockServers
import System
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: File.permissions(Peers.curl) != nil, "curl is not installed"))
struct CurlTests {
    static let stage = Result { try Stage(in: .withKey()) }

    /// Runs curl with the daemon's authority and `arguments`.
    private func curl(_ stage: Stage, _ arguments: [String]) throws -> PeerOutcome {
        try PeerOutcome.run(
            Peers.curl,
            [
                "--silent", "--show-error", "--max-time", "30", "--noproxy", "*", "--cacert",
                stage.daemon.certificatePath,
            ]
                + arguments)
    }

    private func url(_ stage: Stage, _ path: String = "/configuration") -> String {
        "https://localhost:\(stage.daemon.ports.frontDoor)\(path)"
    }

    /// A file with a form whose last value is `count` letters long.
    private func form(_ count: Int, in directory: String) throws -> String {
        let letters = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        try File.write(
            Array("grant_type=client_credentials&client_id=curl&client_secret=s&padding=".utf8) + letters,
            to: "\(directory)/form", permissions: 0o600)
        return "@\(directory)/form"
    }

    @Test func twoRequestsOnOneConnection() throws {
        let stage = try Self.stage.get()
        let outcome = try curl(
            stage,
            ["-w", "%{http_code} %{num_connects}\n", "-o", "/dev/null", url(stage), "-o", "/dev/null", url(stage)])
        #expect(outcome.output == "200 1\n200 0\n", "\(outcome)")
    }

    @Test func theConfigurationIsTheProviders() throws {
        let stage = try Self.stage.get()
        let outcome = try curl(stage, [url(stage)])
        #expect(try JSON.parse(outcome.output)["issuer"]?.string == stage.world.oauth.issuer(), "\(outcome)")
    }

    @Test func aFormInChunks() throws {
        let stage = try Self.stage.get()
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        let outcome = try curl(
            stage,
            [
                "-H", "Transfer-Encoding: chunked", "--data-binary", try form(300_000, in: directory),
                url(stage, "/token"),
            ])
        #expect(try JSON.parse(outcome.output)["token_type"]?.string == "Bearer", "\(outcome)")
        let seen = try #require(stage.world.oauth.lastRequests.last)
        #expect(seen.body.count == 64 * 1024, "the mock keeps so much of it")
    }

    @Test func aLargeFormThatWaitsToBeAskedFor() throws {
        let stage = try Self.stage.get()
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        let outcome = try curl(
            stage,
            [
                "-v", "-H", "Expect: 100-continue", "--expect100-timeout", "20", "--data-binary",
                try form(900_000, in: directory), url(stage, "/token"),
            ])
        #expect(try JSON.parse(outcome.output)["token_type"]?.string == "Bearer", "\(outcome)")
        #expect(outcome.errors.contains("< HTTP/1.1 100 Continue"), "\(outcome)")
    }

    @Test func aBodyThatIsTooLargeIsNotEvenAskedFor() throws {
        let stage = try Self.stage.get()
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        let outcome = try curl(
            stage,
            [
                "-w", "%{http_code} %{size_upload}", "-o", "/dev/null", "-H", "Expect: 100-continue",
                "--expect100-timeout", "20", "--data-binary", try form(1_100_000, in: directory), url(stage, "/token"),
            ])
        #expect(outcome.output == "413 0", "\(outcome)")
    }

    @Test func aBodyInChunksThatGrowsTooLarge() throws {
        let stage = try Self.stage.get()
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        let outcome = try curl(
            stage,
            [
                "-w", "%{http_code}", "-o", "/dev/null", "-H", "Transfer-Encoding: chunked", "-H", "Expect:",
                "--data-binary", try form(3_000_000, in: directory), url(stage, "/token"),
            ])
        #expect(outcome.output == "413", "\(outcome)")
    }

    @Test func http10() throws {
        let stage = try Self.stage.get()
        let outcome = try curl(
            stage,
            [
                "--http1.0", "-w", "%{http_code} %{num_connects}\n", "-o", "/dev/null", url(stage), "-o", "/dev/null",
                url(stage),
            ])
        #expect(outcome.output == "200 1\n200 1\n", "a connection for each: \(outcome)")
    }

    @Test func headBringsNoBody() throws {
        let stage = try Self.stage.get()
        let outcome = try curl(
            stage,
            [
                "--head", "-o", "/dev/null", "-w", "%{http_code} %{size_download} %{num_connects}\n", url(stage), "-o",
                "/dev/null", url(stage),
            ])
        // Were a body sent, curl would take it for the beginning of the second answer.
        #expect(outcome.output == "200 0 1\n200 0 0\n", "\(outcome)")
    }

    @Test func theQueryIsKept() throws {
        let stage = try Self.stage.get()
        let query = "response_type=code&client_id=c&redirect_uri=http%3A%2F%2Flocalhost%2Fcb&scope=openid&state=a%20b"
        let outcome = try curl(stage, ["-o", "/dev/null", "-w", "%{redirect_url}", url(stage, "/authorize?\(query)")])
        #expect(outcome.output.hasPrefix("http://localhost/cb?"), "\(outcome)")
        #expect(outcome.output.contains("state=a%20b") || outcome.output.contains("state=a+b"), "\(outcome)")
    }

    @Test(arguments: [("/", "404"), ("/token/", "404"), ("/token", "405"), ("//configuration", "404")])
    func otherPathsAndMethods(_ path: String, _ status: String) throws {
        let stage = try Self.stage.get()
        let outcome = try curl(stage, ["-o", "/dev/null", "-w", "%{http_code}", url(stage, path)])
        #expect(outcome.output == status, "\(outcome)")
    }

    @Test func anOfferOfHTTP2IsDeclined() throws {
        let stage = try Self.stage.get()
        let outcome = try curl(stage, ["--http2", "-o", "/dev/null", "-w", "%{http_version}", url(stage)])
        #expect(outcome.output == "1.1", "\(outcome)")
    }

    @Test(arguments: [("--tls-max", "1.2", true), ("--tls-max", "1.1", false)])
    func versionsOfTLS(_ option: String, _ version: String, _ isServed: Bool) throws {
        let stage = try Self.stage.get()
        let outcome = try curl(
            stage, [option, version, "--tlsv1.0", "-o", "/dev/null", "-w", "%{http_code}", url(stage)])
        #expect(outcome.succeeded == isServed, "\(outcome)")
    }

    @Test func plainHTTPIsAnswered400() throws {
        let stage = try Self.stage.get()
        let outcome = try curl(
            stage,
            ["-o", "/dev/null", "-w", "%{http_code}", "http://localhost:\(stage.daemon.ports.frontDoor)/configuration"])
        #expect(outcome.output == "400", "\(outcome)")
    }

    /// curl's own WebSocket upgrade by hand: what a bridge answers to those who only look.
    @Test(arguments: [
        (["-X", "POST"], "405"), ([], "400"), (["--http1.0"], "400"),
        (["-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 8"], "426"),
    ])
    func notAnUpgrade(_ arguments: [String], _ status: String) throws {
        let stage = try Self.stage.get()
        let outcome = try curl(
            stage,
            arguments + [
                "-H", "Authorization: Bearer \(stage.token)", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "-o",
                "/dev/null", "-w", "%{http_code}", "https://localhost:\(stage.daemon.port())/",
            ])
        #expect(outcome.output == status, "\(outcome)")
    }
}
