import Bytes
import HTTP1
import JOSE
import JSON
import Testing

@testable import OIDC

/// The gate as a whole, with a provider played by the test: what each behaviour of the provider means for a request.
@Suite("TokenGate: from a request to a verdict")
struct TokenGateTests {
    private static func request(_ token: String) -> RequestHead {
        RequestHead(method: "GET", target: "/", fields: ["Authorization": "Bearer \(token)"])
    }

    /// A gate with its clock, and the driver's part.
    private struct Harness {
        var gate: TokenGate
        var now = 0.0
        var policy = ClaimsPolicy()
        var sources = TokenSources()
        var time = TestProvider.time

        init(algorithms: Set<Algorithm> = Set(Algorithm.allCases), verdictCapacity: Int = 100) {
            let keys = KeyCache(source: .discovery(TestProvider.discoveryURL, issuer: nil), at: at(0))
            gate = TokenGate(keys: keys, algorithms: algorithms, verdictCapacity: verdictCapacity)
        }

        /// A gate that has fetched the first key as `k1`.
        static func ready(algorithms: Set<Algorithm> = Set(Algorithm.allCases), verdictCapacity: Int = 100) -> Harness {
            var harness = Harness(algorithms: algorithms, verdictCapacity: verdictCapacity)
            harness.fetch(TestProvider.keySet(TestKey.first.jwk(kid: "k1")))
            return harness
        }

        mutating func judge(_ token: String, afterRefresh: Bool = false) -> GateVerdict {
            gate.judge(
                TokenGateTests.request(token), sources: sources, policy: policy, at: at(now), time: time,
                afterRefresh: afterRefresh)
        }

        /// Performs the flight that is due with a provider that publishes `keys`; nil: it is down.
        mutating func fetch(_ keys: [UInt8]?) {
            var fetch = gate.keys.advance(at: at(now))
            #expect(fetch != nil, "a flight should be due")
            while let current = fetch {
                let body = current.document == .discovery ? TestProvider.discovery() : keys
                let outcome = keys == nil ? .failure(.timedOut) : TestProvider.answer(body ?? [])
                if case .fetch(let next) = gate.keys.finish(outcome, at: at(now)) { fetch = next } else { fetch = nil }
            }
        }
    }

    private func refusal(_ verdict: GateVerdict) -> GateRefusal? {
        if case .refused(let refusal) = verdict { refusal } else { nil }
    }

    private func admission(_ verdict: GateVerdict) -> Admission? {
        if case .admitted(let admission) = verdict { admission } else { nil }
    }

    // MARK: Admitted

    @Test("a good token is admitted, with what it says about its bearer")
    func admitted() throws {
        var harness = Harness.ready()
        let claims = TestProvider.claims(["client_id": "app"])
        let admitted = try #require(admission(harness.judge(TestProvider.token(claims))))
        #expect(admitted.identity.subject == "user-1")
        #expect(admitted.identity.clientID == "app")
        #expect(admitted.identity.tokenID == "token-1")
        #expect(admitted.identity.expiry == TestProvider.time.adding(seconds: 3600))
        #expect(admitted.source == .header)
        #expect(admitted.subprotocols == [])
        #expect(!admitted.isRemembered)
    }

    @Test("a token from the subprotocol list leaves the rest of the list")
    func subprotocols() throws {
        var harness = Harness.ready()
        harness.sources = TokenSources([.subprotocol])
        let entry = TokenSources.subprotocolPrefix + Base64URL.encode(Array(TestProvider.token().utf8))
        let request = RequestHead(method: "GET", target: "/", fields: ["Sec-WebSocket-Protocol": "\(entry), binary"])
        let verdict = harness.gate.judge(
            request, sources: harness.sources, policy: harness.policy, at: at(0), time: TestProvider.time)
        #expect(admission(verdict)?.subprotocols == ["binary"])
        #expect(admission(verdict)?.source == .subprotocol)
    }

    @Test("a kid-less token where exactly one key fits")
    func withoutKeyID() {
        var harness = Harness.ready()
        #expect(admission(harness.judge(TestProvider.token(kid: nil))) != nil)
    }

    // MARK: Refused

    @Test("no token is refused, keys or not")
    func noToken() {
        let request = RequestHead(method: "GET", target: "/")
        var harness = Harness()
        #expect(
            harness.gate.judge(
                request, sources: TokenSources(), policy: ClaimsPolicy(), at: at(0), time: TestProvider.time)
                == .refused(.noToken))
    }

    @Test("what is no token is refused, keys or not (rule 2)")
    func malformed() {
        let tokens: [(String, GateRefusal)] = [
            ("garbage", .malformedToken(.wrongPartCount(1))), ("a.b.c.d.e", .malformedToken(.encrypted)),
            ("a.b.c", .malformedToken(.badBase64(.header))),
            (TestProvider.token(header: ["alg": "none"]), .signature(.unsupportedAlgorithm("none"))),
            (TestProvider.token(header: ["alg": "HS256"]), .signature(.unsupportedAlgorithm("HS256"))),
            (TestProvider.token(header: ["crit": ["x"]]), .malformedToken(.criticalExtensions(["x"]))),
            (TestProvider.token(header: ["cty": "JWT"]), .signature(.nested)),
        ]
        for var harness in [Harness(), Harness.ready()] {
            for (token, refusal) in tokens { #expect(harness.judge(token) == .refused(refusal)) }
        }
    }

    @Test("an algorithm that the settings leave out")
    func algorithm() {
        var harness = Harness.ready(algorithms: [.es256, .edDSA])
        #expect(harness.judge(TestProvider.token()) == .refused(.signature(.algorithmNotAllowed(.rs256))))
    }

    @Test("a payload that is no set of claims, though signed")
    func malformedClaims() {
        var harness = Harness.ready()
        let header = Array(#"{"alg":"RS256","kid":"k1"}"#.utf8)
        for (payload, error) in [
            ("x", nil), ("[]", .notAnObject), (#"{"exp":"soon"}"#, .wrongType(claim: "exp")),
            (#"{"exp":1e308}"#, .timeOutOfRange(claim: "exp")),
            (#"{"exp":9223372036854775807}"#, .timeOutOfRange(claim: "exp")),
            (#"{"exp":1,"exp":2}"#, nil),
        ] as [(String, ClaimsError?)] {
            let verdict = harness.judge(TestProvider.sign(header, Array(payload.utf8)))
            guard case .refused(.malformedClaims(let found)) = verdict else {
                Issue.record("\(payload): \(verdict)")
                continue
            }
            if let error { #expect(found == error) }
        }
    }

    @Test(
        "each rule of the policy reaches the verdict",
        arguments: [
            (["iss": "x"], .wrongIssuer), (["exp": nil], .noExpiry), (["exp": 1], .expired),
            (["aud": "x"], .wrongAudience),
            (["nbf": .integer(TestProvider.time.seconds + 999)], .notYetValid),
            (["iat": .integer(TestProvider.time.seconds + 999)], .issuedInFuture),
            (["scope": "other"], .missingScope(name: "read")), (["tenant": "y"], .wrongClaim(name: "tenant")),
            (["tenant": nil], .missingClaim(name: "tenant")),
        ] as [(JSONValue, GateRefusal)])
    func policy(changes: JSONValue, refusal: GateRefusal) {
        var harness = Harness.ready()
        (harness.policy.audience, harness.policy.scopes) = (["default"], ["read"])
        harness.policy.claims = [.init(name: "tenant", accepted: ["x"])]
        var claims: JSONObject = ["scope": "read", "tenant": "x"]
        #expect(admission(harness.judge(TestProvider.token(TestProvider.claims(.object(claims))))) != nil)
        for (name, value) in changes.object ?? [:] { claims[name] = value }
        #expect(harness.judge(TestProvider.token(TestProvider.claims(.object(claims)))) == .refused(refusal))
    }

    @Test("the type of the token")
    func type() {
        var harness = Harness.ready()
        #expect(harness.judge(TestProvider.token(typ: "dpop+jwt")) == .refused(.wrongType))
        #expect(admission(harness.judge(TestProvider.token(typ: nil))) != nil)
    }

    @Test("every byte of a token matters: none can be changed and the token still pass")
    func tampering() {
        var harness = Harness.ready(verdictCapacity: 0)
        let token = Array(TestProvider.token().utf8)
        var dice = Dice(seed: 3)
        for position in token.indices {
            var changed = token
            let others = "AQgw_.=".utf8.filter { $0 != token[position] }
            changed[position] = others.randomElement(using: &dice) ?? 0
            let verdict = harness.judge(String(decoding: changed, as: UTF8.self), afterRefresh: true)
            #expect(refusal(verdict) != nil, "byte \(position)")
        }
    }

    // MARK: The provider's behaviour

    @Test("provider down at start: wait for the flight, then unavailable, never a yes")
    func downAtStart() {
        var harness = Harness()
        let token = TestProvider.token()
        #expect(harness.judge(token) == .awaitKeys(.noKeys), "a flight is due")
        harness.fetch(nil)
        let failure = ProviderError.fetch(.discovery, .timedOut)
        #expect(harness.judge(token, afterRefresh: true) == .unavailable(.init(retryAfter: 1, lastFailure: failure)))
        harness.now = 0.5
        #expect(
            harness.judge(token) == .unavailable(.init(retryAfter: 1, lastFailure: failure)), "between two attempts")
        harness.now = 1
        #expect(harness.judge(token) == .awaitKeys(.noKeys))
        harness.fetch(nil)
        harness.now = 1.5
        #expect(harness.judge(token) == .unavailable(.init(retryAfter: 2, lastFailure: failure)))
        harness.now = 3
        harness.fetch(TestProvider.keySet(TestKey.first.jwk(kid: "k1")))
        #expect(admission(harness.judge(token, afterRefresh: true)) != nil)
    }

    @Test("provider slow at start: who asks during the flight waits, who has waited long enough is told to come back")
    func slowAtStart() {
        var harness = Harness()
        _ = harness.gate.keys.advance(at: at(0))
        harness.now = 3
        #expect(harness.judge(TestProvider.token()) == .awaitKeys(.noKeys))
        #expect(
            harness.judge(TestProvider.token(), afterRefresh: true)
                == .unavailable(.init(retryAfter: 1, lastFailure: nil)))
    }

    @Test("provider down later: the last good keys serve for their bounded time, then nobody gets in")
    func downLater() {
        var harness = Harness.ready()
        harness.time = TestProvider.time
        let token = TestProvider.token(TestProvider.claims(["exp": .integer(TestProvider.time.seconds + 100_000)]))
        harness.now = 450
        harness.fetch(nil)
        harness.now = 4199
        #expect(admission(harness.judge(token)) != nil)
        #expect(admission(harness.judge(token))?.isRemembered == true)
        harness.now = 4200
        harness.fetch(nil)
        harness.now = 4200.5
        guard case .unavailable = harness.judge(token) else {
            Issue.record("remembered verdicts must not outlive the keys (rule 1)")
            return
        }
    }

    @Test("provider returns garbage: the good keys serve on")
    func garbage() {
        var harness = Harness.ready()
        for body in ["", "{}", "{\"keys\":[]}", "<html>"] {
            harness.now += 450
            harness.fetch(Array(body.utf8))
            #expect(admission(harness.judge(TestProvider.token())) != nil)
        }
    }

    @Test("keys rotate with a new kid: one refresh, then the token passes")
    func newKeyID() {
        var harness = Harness.ready()
        harness.now = 5
        let token = TestProvider.token(key: .second, kid: "k2")
        #expect(harness.judge(token) == .awaitKeys(.unknownKey))
        harness.fetch(TestProvider.keySet(TestKey.first.jwk(kid: "k1"), TestKey.second.jwk(kid: "k2")))
        #expect(admission(harness.judge(token, afterRefresh: true)) != nil)
        #expect(admission(harness.judge(TestProvider.token())) != nil, "the old key is still published")
    }

    @Test("keys rotate under the same kid: the bad signature makes one refresh, then the token passes")
    func sameKeyID() {
        var harness = Harness.ready()
        harness.now = 5
        let old = TestProvider.token()
        let new = TestProvider.token(key: .second)
        #expect(admission(harness.judge(old)) != nil)
        #expect(harness.judge(new) == .awaitKeys(.badSignature))
        harness.fetch(TestProvider.keySet(TestKey.second.jwk(kid: "k1")))
        #expect(admission(harness.judge(new, afterRefresh: true)) != nil)
        #expect(harness.judge(old) == .refused(.signature(.badSignature)), "remembered under the key that is gone")
    }

    @Test("rule 4: whoever has waited in vain is refused and doesn't trigger another refresh")
    func waitedInVain() {
        var harness = Harness.ready()
        let token = TestProvider.token(key: .second, kid: "k2")
        #expect(harness.judge(token) == .awaitKeys(.unknownKey))
        harness.fetch(TestProvider.keySet(TestKey.first.jwk(kid: "k1")))
        harness.now = 100
        #expect(harness.judge(token, afterRefresh: true) == .refused(.signature(.unknownKey(kid: "k2"))))
        #expect(harness.gate.keys.advance(at: at(100)) == nil)
    }

    @Test("refused at once while the cool-down lasts; one flight for all who ask at the same time")
    func coolDown() {
        var harness = Harness.ready()
        let unknown = TestProvider.token(key: .second, kid: "k2")
        let forged = TestProvider.token(key: .third)
        #expect(harness.judge(unknown) == .awaitKeys(.unknownKey))
        #expect(harness.judge(forged) == .awaitKeys(.badSignature), "the same flight")
        harness.fetch(TestProvider.keySet(TestKey.first.jwk(kid: "k1")))
        harness.now = 29
        #expect(harness.judge(unknown) == .refused(.signature(.unknownKey(kid: "k2"))))
        #expect(harness.judge(forged) == .refused(.signature(.badSignature)))
        #expect(admission(harness.judge(TestProvider.token())) != nil, "good tokens are not held up")
        harness.now = 30
        #expect(harness.judge(unknown) == .awaitKeys(.unknownKey))
    }

    @Test("the refresh fails: refused as before, and good tokens pass on")
    func refreshFails() {
        var harness = Harness.ready()
        let unknown = TestProvider.token(key: .second, kid: "k2")
        #expect(harness.judge(unknown) == .awaitKeys(.unknownKey))
        harness.fetch(nil)
        #expect(harness.judge(unknown, afterRefresh: true) == .refused(.signature(.unknownKey(kid: "k2"))))
        #expect(admission(harness.judge(TestProvider.token())) != nil)
    }

    @Test("rule 3: a token that wouldn't pass anyway triggers nothing, and isn't told why")
    func hopeless() {
        var harness = Harness.ready()
        for claims in [TestProvider.claims(["exp": 1]), TestProvider.claims(["iss": "x"]), ["x": 1], "text"]
            as [JSONValue]
        {
            let token = TestProvider.token(claims, key: .second, kid: "k2")
            #expect(harness.judge(token) == .refused(.signature(.unknownKey(kid: "k2"))))
        }
        #expect(harness.gate.keys.advance(at: at(1)) == nil)
    }

    @Test("several keys could be meant by a kid-less token: a refresh may have retired one; guessing isn't tried")
    func ambiguous() {
        var harness = Harness()
        let both = TestProvider.keySet(TestKey.first.jwk(kid: "k1"), TestKey.second.jwk(kid: "k2"))
        harness.fetch(both)
        let token = TestProvider.token(kid: nil)
        #expect(harness.judge(token) == .awaitKeys(.unknownKey))
        harness.fetch(both)
        #expect(harness.judge(token, afterRefresh: true) == .refused(.signature(.ambiguousKey(count: 2))))
        harness.now = 60
        #expect(harness.judge(token) == .awaitKeys(.unknownKey))
        harness.fetch(TestProvider.keySet(TestKey.first.jwk(kid: "k1")))
        #expect(admission(harness.judge(token, afterRefresh: true)) != nil)
    }

    // MARK: Remembered verdicts

    @Test("the second connection with the same token costs no signature; another policy judges for itself")
    func remembered() {
        var harness = Harness.ready()
        let token = TestProvider.token()
        #expect(admission(harness.judge(token))?.isRemembered == false)
        #expect(admission(harness.judge(token))?.isRemembered == true)
        #expect(harness.gate.counts.verified == 1)
        #expect(harness.gate.counts.remembered == 1)
        harness.policy = ClaimsPolicy(id: 1)
        harness.policy.scopes = ["admin"]
        #expect(harness.judge(token) == .refused(.missingScope(name: "admin")))
    }

    @Test("a remembered token expires when it does")
    func rememberedExpiry() {
        var harness = Harness.ready()
        let token = TestProvider.token()
        _ = harness.judge(token)
        harness.time = TestProvider.time.adding(seconds: 3659)
        #expect(admission(harness.judge(token))?.isRemembered == true)
        harness.time = TestProvider.time.adding(seconds: 3660)
        #expect(harness.judge(token) == .refused(.expired))
    }

    @Test("a refresh that changes nothing keeps the verdicts")
    func rememberedOverRefresh() {
        var harness = Harness.ready()
        let token = TestProvider.token()
        _ = harness.judge(token)
        harness.now = 450
        harness.fetch(TestProvider.keySet(TestKey.first.jwk(kid: "k1")))
        #expect(admission(harness.judge(token))?.isRemembered == true)
    }

    @Test("bad tokens are not remembered, whatever their number")
    func badNotRemembered() {
        var harness = Harness.ready(verdictCapacity: 4)
        let token = TestProvider.token()
        _ = harness.judge(token)
        for number in 0..<20 {
            _ = harness.judge(TestProvider.token(TestProvider.claims(["exp": .integer(Int64(number))])))
        }
        #expect(admission(harness.judge(token))?.isRemembered == true)
    }
}
