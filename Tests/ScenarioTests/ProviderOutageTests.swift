// The provider is down at the start, goes down later, is slow, or talks nonsense.
import BridgeClient
import JSON
import MockServers
import TestSupport
import Testing

@Suite struct ProviderOutageTests {
    /// Nobody gets in without keys; as soon as the provider is there, everybody does who should, without a restart.
    @Test func downAtTheStart() throws {
        let scene = try ProviderScene(prepare: { $0.goDown() })
        let token = scene.world.token()
        let first = try scene.tryBridge(token: token)
        guard case .refused(503, let retryAfter?, let error) = first else {
            Issue.record("\(first)\n\(scene.daemon.account)")
            return
        }
        #expect(Int(retryAfter) ?? 0 >= 1)
        #expect(error == nil, "nothing is wrong with the token")
        try scene.oauth.comeBack()
        #expect(try scene.tryUntilAdmitted(token: token) == .admitted, "\(scene.daemon.account)")
    }

    /// The last good keys serve on, past their own time, while fetches fail.
    @Test func downLater() throws {
        let scene = try ProviderScene { settings in
            settings["oidc", "maxAge"] = "1s"
            settings["oidc", "staleFor"] = "60s"
        }
        let token = scene.world.token()
        #expect(try scene.tryBridge(token: token) == .admitted, "\(scene.daemon.account)")
        scene.oauth.goDown()
        #expect(
            Deadline(in: .seconds(20)).poll { scene.daemon.trafficLog.contains("[error]") },
            "no failed fetch was logged\n\(scene.daemon.account)")
        // The second for which the keys are fresh is over soon after their refresh has failed.
        Deadline(in: .seconds(1)).pause(.seconds(1))
        #expect(try scene.tryBridge(token: token) == .admitted, "\(scene.daemon.account)")
        // Not only what the verdict cache remembers.
        #expect(try scene.tryBridge(token: scene.world.token(claims: ["sub": "another"])) == .admitted)
        try scene.oauth.comeBack()
        #expect(
            Deadline(in: .seconds(20)).poll { scene.daemon.trafficLog.contains("answers again") },
            "\(scene.daemon.account)")
    }

    /// Stale keys serve for a bounded time only: then it is as if there had never been any, remembered verdicts included.
    @Test func downForTooLong() throws {
        let scene = try ProviderScene { settings in
            settings["oidc", "maxAge"] = "1s"
            settings["oidc", "staleFor"] = "1s"
        }
        let token = scene.world.token()
        #expect(try scene.tryBridge(token: token) == .admitted, "\(scene.daemon.account)")
        scene.oauth.goDown()
        var last = Admission.admitted
        let isShut = Deadline(in: .seconds(20)).poll {
            last = (try? scene.tryBridge(token: token)) ?? last
            return last.status == 503
        }
        #expect(isShut, "\(last)\n\(scene.daemon.account)")
        try scene.oauth.comeBack()
        #expect(try scene.tryUntilAdmitted(token: token) == .admitted, "\(scene.daemon.account)")
    }

    /// A request that comes before the keys waits for them.
    @Test func slow() throws {
        let delay: Duration = .seconds(1)
        let scene = try ProviderScene(
            adjust: { $0["oidc", "fetchTimeout"] = "10s" }, prepare: { $0.fail(with: MockOAuthFault(delay: delay)) })
        let token = scene.world.token()
        // The key set is asked for after the discovery document, and either takes its time.
        let isEarly = scene.keyRequests == 0
        var admission: Admission?
        let time = try Deadline.measure { admission = try scene.tryBridge(token: token) }
        #expect(admission == .admitted, "\(scene.daemon.account)")
        #expect(!isEarly || time >= delay, "it can't have waited for the keys: \(time)")
        #expect(scene.keyRequests == 1)
    }

    /// … for a bounded time.
    @Test(arguments: ["fetchTimeout", "keysTimeout"]) func tooSlow(_ bound: String) throws {
        let scene = try ProviderScene(
            adjust: { settings in
                settings["oidc", "fetchTimeout"] = bound == "fetchTimeout" ? "1s" : "30s"
                settings["limits", "keysTimeout"] = bound == "keysTimeout" ? "1s" : "30s"
            },
            prepare: { $0.fail(with: MockOAuthFault(delay: .seconds(60))) })
        let token = scene.world.token()
        var admission: Admission?
        let time = try Deadline.measure { admission = try scene.tryBridge(token: token) }
        #expect(admission?.status == 503, "\(scene.daemon.account)")
        #expect(time < .seconds(10), "\(time)")
    }

    /// What is no token at all can be told without keys.
    @Test func aBadTokenNeedNotWait() throws {
        let scene = try ProviderScene(
            adjust: { $0["oidc", "fetchTimeout"] = "30s" },
            prepare: { $0.fail(with: MockOAuthFault(delay: .seconds(60))) })
        var admission: Admission?
        let time = try Deadline.measure { admission = try scene.tryBridge(token: "not-a-token") }
        #expect(admission?.status == 403, "\(scene.daemon.account)")
        #expect(time < .seconds(5), "\(time)")
    }

    /// Each of these has to leave the good set in place.
    static let nonsense: [(name: String, fault: MockOAuthFault)] = [
        ("no JSON", MockOAuthFault(.garbage)),
        ("another document", MockOAuthFault(.body(Array(#"{"hello": "world"}"#.utf8)))),
        ("no keys", MockOAuthFault(.body(Array(#"{"keys": []}"#.utf8)))),
        ("only keys of no use", MockOAuthFault(.body(Array(#"{"keys": [{"kty": "oct", "k": "AAAA"}]}"#.utf8)))),
        ("too much", MockOAuthFault(.oversize(bytes: 2 * 1024 * 1024))),
        ("500", MockOAuthFault(.status(500))),
        ("204", MockOAuthFault(.status(204))),
        ("a redirect", MockOAuthFault(.redirect(to: "/awsexample/jwks?again"))),
        ("closed without an answer", MockOAuthFault(.delivery(.close))),
        ("reset", MockOAuthFault(.delivery(.reset))),
    ]

    @Test(arguments: nonsense.indices) func nonsenseForKeys(_ index: Int) throws {
        let (name, fault) = Self.nonsense[index]
        let scene = try ProviderScene { $0["oidc", "maxAge"] = "1s" }
        #expect(try scene.tryBridge(token: scene.world.token()) == .admitted, "\(scene.daemon.account)")
        scene.oauth.fail(.jwks, with: fault)
        let asked = scene.keyRequests
        #expect(scene.keysWereAskedFor(asked + 1))
        #expect(
            Deadline(in: .seconds(20)).poll { scene.daemon.trafficLog.contains("[error]") },
            "\(name) was taken for keys\n\(scene.daemon.account)")
        #expect(
            try scene.tryBridge(token: scene.world.token(claims: ["sub": "another"])) == .admitted,
            "\(name)\n\(scene.daemon.account)")
    }

    /// The same for the first answer: nobody gets in on the strength of it.
    @Test(arguments: [OAuthEndpoint.discovery, .jwks]) func nonsenseAtTheStart(_ endpoint: OAuthEndpoint) throws {
        let scene = try ProviderScene(prepare: { $0.fail(endpoint, with: MockOAuthFault(.garbage)) })
        let token = scene.world.token()
        #expect(try scene.tryBridge(token: token).status == 503, "\(scene.daemon.account)")
        scene.oauth.heal()
        #expect(try scene.tryUntilAdmitted(token: token) == .admitted, "\(scene.daemon.account)")
    }

    /// A document for another issuer than the one asked is somebody else's.
    @Test func anotherIssuersDiscovery() throws {
        let scene = try ProviderScene(prepare: { $0.adjust { $0.discoveryIssuer = "http://other.example/awsexample" } })
        #expect(try scene.tryBridge(token: scene.world.token()).status == 503, "\(scene.daemon.account)")
        #expect(scene.keyRequests == 0, "its keys are not even asked for")
    }
}
