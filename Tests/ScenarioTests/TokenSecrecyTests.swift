// No token in anything that is written down. Clients come with good, expired and garbled tokens, in every place where one
// may stand and where one stands by mistake, while the daemon logs all that it can. Afterwards grep looks for each of the
// tokens, for its parts and for the secrets of OAuth, in the logs, on standard error and in what the admin listener tells.
//
// SECURE_PROXY_FULL=1: two minutes instead of ten seconds.
import BridgeClient
import Glibc
import HTTP1
import JSON
import MockServers
import System
import TestSupport
import Testing
import WebSocket

@Suite(.serialized) struct TokenSecrecyTests {
    private enum Place: CaseIterable { case header, query, cookie, subprotocol, path, twice, otherCookie, fragment }
    private enum Kind { case valid, expired, stranger, garbled, wrongAudience, cut }
    /// Half of the clients have a good one.
    private static let kinds: [Kind] = [
        .valid, .valid, .valid, .valid, .valid, .expired, .stranger, .garbled, .wrongAudience, .cut,
    ]

    private func token(_ kind: Kind, _ world: MockWorld, _ random: inout Segmentation) -> String {
        switch kind {
        case .valid: return world.token()
        case .expired: return world.token(lifetime: -600)
        case .stranger: return world.oauth.mintToken(key: GateRow.stranger)
        case .wrongAudience: return world.token(claims: ["aud": ["others"]])
        case .garbled:
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            func part(_ count: Int) -> String { String((0..<count).map { _ in alphabet[random.next() % 64] }) }
            return "eyJ\(part(20)).eyJ\(part(60)).\(part(80))"
        case .cut: return String(world.token().dropLast(30))
        }
    }

    private func options(_ stage: Stage, _ place: Place, _ token: String) -> BridgeOptions {
        var options = stage.daemon.bridge()
        switch place {
        case .header: options.token = token
        case .query: options.target = "/?x=1&access_token=\(token)&y=2"
        case .cookie: options.fields = ["Cookie": "a=b; access_token=\(token)"]
        case .subprotocol: options.subprotocols = ["binary", "base64url.bearer.authorization.k8s.io.\(token)"]
        case .path: options.target = "/bridge/\(token)/x?y=1"
        case .twice:
            options.token = token
            options.target = "/?access_token=\(token)"
        case .otherCookie: options.fields = ["Cookie": "session=\(token)", "Referer": "https://x.example/?t=\(token)"]
        case .fragment: options.target = "/?state=\(token)&id_token=\(token)"
        }
        return options
    }

    @Test(arguments: [0, 2], ["text", "json"]) func noneIsWrittenDown(_ workers: Int, _ format: String) throws {
        // Two minutes are for one combination; the others are short in any case.
        let length = FullForm.choose(workers == 2 && format == "text" ? 120 : 10, otherwise: 5)
        let stage = try Stage {
            $0.workers = workers
            $0["admin", "enabled"] = true
            $0["logs", "level"] = "debug"
            $0["logs", "format"] = .string(format)
            if format == "json" { $0["logs", "accessFormat"] = "json" }
            $0["oidc", "tokenSources"] = ["header", "query", "cookie", "subprotocol"]
        }
        let daemon = stage.daemon
        let runtime = try ClientRuntime()
        var random = Segmentation(sizes: 0...1_000_000, seed: 5)
        var secrets: Set<String> = []
        func remember(_ token: String) {
            secrets.insert(token)
            // Signature and payload alone are secret too. The header is not: it is the same for everybody.
            for part in token.split(separator: ".").dropFirst() where part.count >= 16 { secrets.insert(String(part)) }
        }
        var statuses: [Int: Int] = [:]
        let deadline = Deadline(in: .seconds(length))
        var round = 0
        while !deadline.hasPassed {
            round += 1
            let kind = Self.kinds[random.next() % Self.kinds.count]
            let place = Place.allCases[random.next() % Place.allCases.count]
            let token = token(kind, stage.world, &random)
            remember(token)
            let client = try BlockingBridgeClient(options(stage, place, token), runtime: runtime)
            do throws(ClientError) {
                try client.connect()
                try client.send(Array(token.utf8))
                _ = try client.receive(exactly: token.utf8.count)
                if random.next() % 4 == 0 { client.reset() } else { try client.close(reason: "bye") }
                statuses[101, default: 0] += 1
            } catch {
                guard case .refused(let response) = error else { throw error }
                statuses[response.status, default: 0] += 1
                #expect(!secrets.contains { response.text.contains($0) && $0 == token })
            }
            if round % 10 == 0 { try visitFrontDoor(stage, token, remember) }
        }
        print("\(round) clients: \(statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })")
        #expect(statuses[101] ?? 0 > 0 && statuses[403] ?? 0 > 0)

        // What the admin listener tells, as files beside the logs.
        for (name, target) in [
            ("metrics", "/metrics"), ("status.json", "/status.json"), ("status.html", "/status.html"),
        ] {
            try File.write(admin(daemon, target), to: "\(daemon.directory)/logs/admin-\(name)", permissions: 0o600)
        }
        #expect(try daemon.stop(within: .seconds(30)) == 0, "\(daemon.account)")
        #expect(daemon.accessLog.split(separator: "\n").count >= round, "\(daemon.account)")
        let patterns = "\(daemon.directory)/secrets"
        try File.write(Array(secrets.joined(separator: "\n").utf8), to: patterns, permissions: 0o600)
        // One that must be found, so that the search is known to work.
        let control = "\(daemon.directory)/logs/control"
        try File.write(
            Array("x \(try #require(secrets.first)) y\n".utf8), to: control, permissions: 0o600)
        let output = "\(daemon.directory)/found"
        let grep = try ChildProcess(
            "/bin/grep",
            [
                "-r", "-F", "-n", "-f", patterns, "\(daemon.directory)/logs", "\(daemon.directory)/stderr",
                "\(daemon.directory)/stdout",
            ], output: output)
        #expect(grep.waitForExit(within: .seconds(120)) == 0)
        let found = String(decoding: try File.read(output), as: UTF8.self).split(separator: "\n")
        let leaks = found.filter { !$0.hasPrefix("\(control):") }
        #expect(leaks.isEmpty, "\(leaks.prefix(10).joined(separator: "\n"))")
        #expect(found.count == leaks.count + 1)
    }

    private func admin(_ daemon: DaemonProcess, _ target: String) throws -> [UInt8] {
        let answer = try daemon.admin(target)
        #expect(answer.status == 200, "\(target)")
        return answer.body
    }

    /// The front door sees client secrets, codes and tokens, in bodies and in targets.
    private func visitFrontDoor(_ stage: Stage, _ token: String, _ remember: (String) -> Void) throws {
        let secret = "client-secret-\(UInt64.random(in: .min ... .max))"
        let code = "code-\(UInt64.random(in: .min ... .max))"
        remember(secret)
        remember(code)
        let client = try HTTPSClient(stage.daemon.frontDoor)
        _ = try client.post(
            "/token", form: [("grant_type", "client_credentials"), ("client_id", "c"), ("client_secret", secret)])
        _ = try client.get("/authorize?response_type=code&client_id=c&code=\(code)&access_token=\(token)&state=s")
        var request = HTTPRequest(target: "/configuration")
        request.fields.append("Authorization", "Bearer \(token)")
        request.fields.append("Cookie", "access_token=\(token)")
        _ = try client.perform(request)
        // Behind the front door's own paths too.
        _ = try client.get("/elsewhere/\(token)?client_secret=\(secret)")
    }
}
