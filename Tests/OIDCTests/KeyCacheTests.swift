import Bytes
import HTTP1
import JOSE
import JSON
import Testing

@testable import OIDC

/// One test a rule; the driver is played by the test.
@Suite("KeyCache: when keys are fetched, and which are believed")
struct KeyCacheTests {
    private let discoveryFetch = KeyFetch(document: .discovery, url: TestProvider.discoveryURL)
    private let keysFetch = KeyFetch(document: .keySet, url: TestProvider.keysURL)
    private let firstSet = TestProvider.keySet(TestKey.first.jwk(kid: "k1"))
    private let secondSet = TestProvider.keySet(TestKey.second.jwk(kid: "k2"))

    private func cache() -> KeyCache { KeyCache(source: .discovery(TestProvider.discoveryURL, issuer: nil), at: at(0)) }

    /// A cache that fetched the first set at 0 s; fresh until 600 s, refreshed at 450 s, usable until 4,200 s.
    private func filled(cacheControl: String? = nil) -> KeyCache {
        var cache = cache()
        #expect(cache.advance(at: at(0)) == discoveryFetch)
        #expect(cache.finish(TestProvider.answer(TestProvider.discovery()), at: at(0)) == .fetch(keysFetch))
        #expect(
            cache.finish(TestProvider.answer(firstSet, cacheControl: cacheControl), at: at(0))
                == .refreshed(changed: true))
        return cache
    }

    // MARK: The first flight

    @Test("a flight fetches the discovery document, then the keys that it names")
    func firstFlight() {
        var cache = cache()
        #expect(cache.nextWake == at(0))
        #expect(cache.usableKeys(at: at(0)) == nil)
        #expect(cache.issuer == nil)
        #expect(cache.status(at: at(0)).state == .neverFetched)
        #expect(cache.advance(at: at(0)) == discoveryFetch)
        #expect(cache.isFetching)
        #expect(cache.nextWake == .distantFuture)
        #expect(cache.finish(TestProvider.answer(TestProvider.discovery()), at: at(1)) == .fetch(keysFetch))
        #expect(cache.issuer == TestProvider.issuer)
        #expect(cache.usableKeys(at: at(1)) == nil)
        #expect(cache.finish(TestProvider.answer(firstSet), at: at(2)) == .refreshed(changed: true))
        #expect(!cache.isFetching)
        #expect(cache.usableKeys(at: at(2))?.keys.map(\.kid) == ["k1"])
        #expect(cache.generation == 1)
        #expect(cache.nextWake == at(452), "three quarters of ten minutes later")
        #expect(cache.metadata?.tokenEndpoint?.path == "/awsexample/token")
        #expect(cache.counts.fetched == 1)
    }

    @Test("a direct address of keys needs no discovery")
    func directKeys() {
        var cache = KeyCache(source: .keys(TestProvider.keysURL, issuer: "me"), at: at(0))
        #expect(cache.issuer == "me")
        #expect(cache.advance(at: at(0)) == keysFetch)
        #expect(cache.finish(TestProvider.answer(firstSet), at: at(0)) == .refreshed(changed: true))
        #expect(cache.usableKeys(at: at(0)) != nil)
        #expect(cache.lastFailure == nil)
    }

    @Test("rule 1: one flight at a time")
    func oneFlight() {
        var cache = cache()
        #expect(cache.advance(at: at(0)) != nil)
        #expect(cache.advance(at: at(0)) == nil)
        #expect(cache.advance(at: at(1000)) == nil)
        #expect(cache.requestRefresh(at: at(1000)) == .awaited, "the flight under way will do")
        #expect(cache.advance(at: at(1000)) == nil)
    }

    @Test("a report that nobody asked for changes nothing")
    func unasked() {
        var cache = filled()
        #expect(cache.finish(TestProvider.answer(secondSet), at: at(1)) == .ignored)
        #expect(cache.usableKeys(at: at(1))?.keys.map(\.kid) == ["k1"])
        #expect(cache.finish(.failure(.timedOut), at: at(1)) == .ignored)
        #expect(cache.lastFailure == nil)
    }

    @Test("rule 5: the provider down at start: retried with a growing pause, from discovery on")
    func downAtStart() {
        var cache = cache()
        var now = 0.0
        for pause in [1.0, 2, 4, 8, 10, 10] {
            #expect(cache.advance(at: at(now)) == discoveryFetch)
            let failure = FetchFailure.unreachable(reason: "connection refused")
            #expect(cache.finish(.failure(failure), at: at(now)) == .failed(.fetch(.discovery, failure)))
            #expect(cache.nextWake == at(now + pause))
            #expect(cache.advance(at: at(now + pause - 0.5)) == nil)
            now += pause
        }
        #expect(cache.counts.failed == 6)
        #expect(cache.advance(at: at(now)) == discoveryFetch)
        _ = cache.finish(TestProvider.answer(TestProvider.discovery()), at: at(now))
        #expect(cache.finish(TestProvider.answer(firstSet), at: at(now)) == .refreshed(changed: true))
        #expect(cache.lastFailure == nil)
        #expect(cache.usableKeys(at: at(now)) != nil)
    }

    @Test("keys that fail after a good discovery: the next flight asks discovery again (rule 7)")
    func keysFailAtStart() {
        var cache = cache()
        _ = cache.advance(at: at(0))
        _ = cache.finish(TestProvider.answer(TestProvider.discovery()), at: at(0))
        let answer = FetchOutcome.response(status: 500, fields: [:], body: [])
        #expect(cache.finish(answer, at: at(0)) == .failed(.badStatus(.keySet, status: 500)))
        #expect(cache.advance(at: at(1)) == discoveryFetch)
    }

    // MARK: Rule 2: what is believed

    @Test(
        "garbage never replaces the good set",
        arguments: [
            (.failure(.timedOut), "in time"),
            (.failure(.tls(reason: "certificate has expired")), "certificate has expired"),
            (.failure(.unresolvable), "no address"), (.failure(.malformedAnswer(reason: "bad chunk")), "bad chunk"),
            (.failure(.tooLarge(limit: 5)), "5 bytes"), (.response(status: 500, fields: [:], body: []), "status 500"),
            (.response(status: 204, fields: [:], body: []), "status 204"),
            (.response(status: 404, fields: [:], body: []), "status 404"),
            (.response(status: 301, fields: ["Location": "https://evil.example/"], body: []), "redirect (301)"),
            (.response(status: 304, fields: [:], body: []), "redirect (304)"),
            (TestProvider.answer([]), "not JSON"), (TestProvider.answer(Array("<html>".utf8)), "not JSON"),
            (TestProvider.answer(Array("[]".utf8)), "not a JSON object"),
            (TestProvider.answer(Array("{}".utf8)), "no \"keys\""),
            (TestProvider.answer(Array("{\"keys\": 1}".utf8)), "isn't an array"),
            (TestProvider.answer(TestProvider.keySet()), "it is empty"),
            (TestProvider.answer(TestProvider.keySet(["kty": "oct", "k": "AAAA"], "x")), "none of its 2 keys"),
            (TestProvider.answer([UInt8](repeating: 0x20, count: 1024 * 1024 + 1)), "larger than 1048576"),
        ] as [(FetchOutcome, String)])
    func garbage(outcome: FetchOutcome, words: String) {
        var cache = filled()
        #expect(cache.advance(at: at(450)) == keysFetch)
        guard case .failed(let error) = cache.finish(outcome, at: at(451)) else {
            Issue.record("taken over")
            return
        }
        #expect(error.description.contains(words), "\(error)")
        #expect(cache.lastFailure == error)
        #expect(cache.usableKeys(at: at(451))?.keys.map(\.kid) == ["k1"])
        #expect(cache.generation == 1)
        #expect(!cache.isFetching)
    }

    @Test("an even emptier start: garbage makes no first set either", arguments: ["{}", "{\"keys\": []}", "[", ""])
    func garbageAtStart(body: String) {
        var cache = KeyCache(source: .keys(TestProvider.keysURL, issuer: "me"), at: at(0))
        _ = cache.advance(at: at(0))
        guard case .failed = cache.finish(TestProvider.answer(Array(body.utf8)), at: at(0)) else {
            Issue.record("taken over")
            return
        }
        #expect(cache.usableKeys(at: at(0)) == nil)
        #expect(cache.status(at: at(0)).state == .neverFetched)
    }

    @Test("the same bytes again are no change; other bytes are")
    func generations() {
        var cache = filled()
        _ = cache.advance(at: at(450))
        #expect(cache.finish(TestProvider.answer(firstSet), at: at(450)) == .refreshed(changed: false))
        #expect(cache.generation == 1)
        #expect(cache.nextWake == at(900))
        _ = cache.advance(at: at(900))
        #expect(cache.finish(TestProvider.answer(secondSet), at: at(900)) == .refreshed(changed: true))
        #expect(cache.generation == 2)
        #expect(cache.usableKeys(at: at(900))?.keys.map(\.kid) == ["k2"])
    }

    @Test("a discovery document with another issuer is refused, the known one stays")
    func otherIssuer() {
        var cache = filled()
        _ = cache.advance(at: at(450))
        _ = cache.finish(.failure(.timedOut), at: at(450))
        #expect(cache.advance(at: at(480)) == discoveryFetch)
        let evil = TestProvider.discovery(issuer: "https://evil.example", keys: "https://evil.example/keys")
        #expect(cache.finish(TestProvider.answer(evil), at: at(480)) == .fetch(keysFetch), "the last known address")
        #expect(
            cache.lastFailure == .wrongIssuer(found: "https://evil.example", expected: TestProvider.issuer))
        #expect(cache.issuer == TestProvider.issuer)
    }

    // MARK: Rule 3: freshness

    @Test(
        "Cache-Control within bounds; refreshed at three quarters of it",
        arguments: [
            (nil, 600), ("max-age=300", 300), ("max-age=1", 60), ("no-store", 60), ("max-age=86400", 600),
            ("max-age=rubbish", 600),
        ] as [(String?, Double)])
    func cacheControl(value: String?, age: Double) {
        var cache = filled(cacheControl: value)
        #expect(cache.nextWake == at(age * 0.75))
        #expect(cache.advance(at: at(age * 0.75 - 0.1)) == nil)
        #expect(cache.status(at: at(age - 1)).state == .fresh)
        #expect(cache.status(at: at(age)).state == .stale)
        #expect(cache.advance(at: at(age * 0.75)) == keysFetch, "the discovery document is good for an hour")
    }

    @Test("the discovery document is fetched again after its hour, or after its own max-age")
    func metadataAge() {
        var cache = filled()
        for start in stride(from: 450.0, through: 3150, by: 450) {
            #expect(cache.advance(at: at(start)) == keysFetch)
            _ = cache.finish(TestProvider.answer(firstSet), at: at(start))
        }
        #expect(cache.advance(at: at(3600)) == discoveryFetch)
        let fields: HeaderFields = ["Cache-Control": "max-age=120"]
        let answer = FetchOutcome.response(status: 200, fields: fields, body: TestProvider.discovery())
        #expect(cache.finish(answer, at: at(3600)) == .fetch(keysFetch))
        _ = cache.finish(TestProvider.answer(firstSet), at: at(3600))
        #expect(cache.advance(at: at(4050)) == discoveryFetch)
    }

    @Test("keys that moved are found through discovery")
    func movedKeys() {
        var cache = filled()
        _ = cache.advance(at: at(450))
        _ = cache.finish(.response(status: 404, fields: [:], body: []), at: at(450))
        #expect(cache.advance(at: at(480)) == discoveryFetch)
        let moved = TestProvider.discovery(keys: "https://idp.example/new/jwks")
        let fetch = KeyFetch(document: .keySet, url: TestProvider.url("https://idp.example/new/jwks"))
        #expect(cache.finish(TestProvider.answer(moved), at: at(480)) == .fetch(fetch))
        #expect(cache.finish(TestProvider.answer(secondSet), at: at(480)) == .refreshed(changed: true))
        #expect(cache.lastFailure == nil)
    }

    @Test("rule 7: discovery broken, keys at the old address: they are taken, and discovery stays due")
    func discoveryBroken() {
        var cache = filled()
        _ = cache.advance(at: at(450))
        _ = cache.finish(.failure(.timedOut), at: at(450))
        #expect(cache.advance(at: at(480)) == discoveryFetch)
        #expect(cache.finish(.response(status: 500, fields: [:], body: []), at: at(480)) == .fetch(keysFetch))
        #expect(cache.finish(TestProvider.answer(secondSet), at: at(480)) == .refreshed(changed: true))
        #expect(cache.lastFailure == .badStatus(.discovery, status: 500), "worth being seen on the status page")
        #expect(cache.advance(at: at(930)) == discoveryFetch)
    }

    // MARK: Rule 4: stale use

    @Test("the provider down later: the last good set serves for a bounded time, tried again every cool-down")
    func downLater() {
        var cache = filled()
        var now = 450.0
        while now < 4200 {
            #expect(cache.advance(at: at(now)) != nil)
            _ = cache.finish(.failure(.timedOut), at: at(now))
            if cache.isFetching { _ = cache.finish(.failure(.timedOut), at: at(now)) }
            #expect(cache.usableKeys(at: at(now)) != nil)
            let wake = cache.nextWake
            #expect(wake == at(now + 30))
            now += 30
        }
        #expect(cache.status(at: at(4199)).state == .stale)
        #expect(cache.usableKeys(at: at(4199.9)) != nil)
        #expect(cache.usableKeys(at: at(4200)) == nil)
        #expect(cache.status(at: at(4200)).state == .expired)
        // Past the bound it is as if they had never been: retried faster.
        #expect(cache.advance(at: at(4200)) == discoveryFetch)
        _ = cache.finish(.failure(.timedOut), at: at(4200))
        _ = cache.finish(.failure(.timedOut), at: at(4200))
        #expect(cache.nextWake == at(4210))
        // And a good answer heals everything.
        #expect(cache.advance(at: at(4210)) == discoveryFetch)
        _ = cache.finish(TestProvider.answer(TestProvider.discovery()), at: at(4210))
        #expect(cache.finish(TestProvider.answer(firstSet), at: at(4210)) == .refreshed(changed: false))
        #expect(cache.usableKeys(at: at(4210)) != nil)
    }

    // MARK: Rule 6: refresh on demand

    @Test("a token's wish is granted once per cool-down")
    func coolDown() {
        var cache = filled()
        #expect(cache.requestRefresh(at: at(5)) == .awaited)
        #expect(cache.nextWake == at(5))
        #expect(cache.requestRefresh(at: at(5)) == .awaited, "the same flight serves all")
        #expect(cache.advance(at: at(5)) == keysFetch)
        #expect(cache.requestRefresh(at: at(6)) == .awaited)
        _ = cache.finish(TestProvider.answer(firstSet), at: at(7))
        #expect(cache.requestRefresh(at: at(8)) == .coolingDown(until: at(35)))
        #expect(cache.requestRefresh(at: at(34.9)) == .coolingDown(until: at(35)))
        #expect(cache.advance(at: at(34.9)) == nil)
        #expect(cache.requestRefresh(at: at(35)) == .awaited)
        #expect(cache.advance(at: at(35)) == keysFetch)
    }

    @Test("the cool-down counts from the attempt, whatever came of it")
    func coolDownAfterFailure() {
        var cache = filled()
        #expect(cache.requestRefresh(at: at(5)) == .awaited)
        _ = cache.advance(at: at(5))
        _ = cache.finish(.failure(.timedOut), at: at(10))
        #expect(cache.requestRefresh(at: at(11)) == .coolingDown(until: at(35)))
        #expect(cache.usableKeys(at: at(11)) != nil)
        #expect(cache.nextWake == at(450), "fresh keys needn't be fetched before their time")
        #expect(cache.requestRefresh(at: at(35)) == .awaited)
    }

    @Test("a flood of forged tokens makes at most one flight per cool-down")
    func flood() {
        var cache = filled()
        var flights = 0
        for tenth in 10..<4000 {
            let now = at(Double(tenth) / 10)
            _ = cache.requestRefresh(at: now)
            if cache.advance(at: now) != nil {
                flights += 1
                _ = cache.finish(TestProvider.answer(firstSet), at: now)
            }
        }
        #expect(flights == 14, "400 seconds hold 13 cool-downs begun")
    }

    @Test("status: what the operator sees")
    func status() {
        var cache = filled()
        _ = cache.advance(at: at(450))
        #expect(cache.status(at: at(450)).isFetching)
        _ = cache.finish(.failure(.timedOut), at: at(455))
        let status = cache.status(at: at(700))
        #expect(status.state == .stale)
        #expect(status.age == .seconds(700))
        #expect(status.keyCount == 1)
        #expect(status.generation == 1)
        #expect(status.lastFailure == .fetch(.keySet, .timedOut))
    }

    @Test("any sequence of events: one flight at most, a good set never lost before its bound")
    func anything() {
        for seed in 0..<200 as Range<UInt64> {
            var dice = Dice(seed: seed)
            var cache = cache()
            var now = 0.0
            var lastGood: Double?
            var inFlight = false
            for _ in 0..<200 {
                now += Double.random(in: 0...40, using: &dice)
                switch Int.random(in: 0..<3, using: &dice) {
                case 0:
                    let fetch = cache.advance(at: at(now))
                    #expect(fetch == nil || !inFlight)
                    inFlight = inFlight || fetch != nil
                case 1: _ = cache.requestRefresh(at: at(now))
                default:
                    let good = Bool.random(using: &dice)
                    let body = Bool.random(using: &dice) ? firstSet : TestProvider.discovery()
                    let outcome = good ? TestProvider.answer(body) : .failure(.timedOut)
                    switch cache.finish(outcome, at: at(now)) {
                    case .fetch: #expect(inFlight)
                    case .refreshed: (inFlight, lastGood) = (false, now)
                    case .failed: inFlight = false
                    case .ignored: #expect(!inFlight)
                    }
                }
                #expect(cache.isFetching == inFlight)
                #expect((cache.usableKeys(at: at(now)) != nil) == (lastGood.map { now < $0 + 4200 } ?? false))
            }
        }
    }
}
