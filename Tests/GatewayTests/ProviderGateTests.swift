import Bridge
import Bytes
import HTTP1
import JSON
import MockServers
import OIDC
import Reactor
import System
import TLS
import Telemetry
import Testing

@testable import Gateway

/// The gate with a real provider on the other side of real sockets: what the design promises for its bad days.
@Suite struct ProviderGateTests {
    private let bench: Bench
    private let provider: MockOAuthServer
    private final class Lines { var lines: [String] = [] }
    private let lines = Lines()
    private let metrics = MetricsSlot()

    init() throws {
        bench = try Bench()
        provider = try MockOAuthServer(on: MockHost())
    }

    private func gate(
        fetchTimeout: Duration = .seconds(5), issuer: String? = nil, _ change: (inout KeyTiming) -> Void = { _ in }
    ) throws -> ListenerGate {
        var timing = KeyTiming()
        timing.firstRetry = .milliseconds(20)
        timing.lastRetry = .milliseconds(40)
        timing.cooldown = .milliseconds(100)
        timing.minimumAge = .milliseconds(1)
        change(&timing)
        let keys = KeyCache(
            source: .discovery(try HTTPURL(provider.url(.discovery)), issuer: issuer), timing: timing,
            at: bench.loop.now)
        let context = FetchContext(
            loop: bench.loop, resolver: bench.resolver, engine: bench.engine, tls: try TestTrust.client(),
            timeout: fetchTimeout)
        let lines = lines
        let gate = ProviderGate(
            TokenGate(keys: keys), context: context,
            log: Log(threshold: .notice) {
                lines.lines.append("\($0) \($1)")
            }, metrics: metrics)
        return ListenerGate(gate, sources: TokenSources(), policy: ClaimsPolicy())
    }

    private func request(_ token: String) -> RequestHead {
        RequestHead(method: "GET", target: "/", fields: ["Host": "a", "Authorization": "Bearer \(token)"])
    }

    /// The verdict as a session sees it: asks, waits once if told to, asks again.
    private func verdict(_ gate: ListenerGate, _ token: String) throws -> GateVerdict {
        let first = gate.decide(request(token), afterRefresh: false)
        guard case .awaitKeys = first else { return first }
        var settled = false
        gate.whenKeysSettle { settled = true }
        try bench.run("the keys") { settled }
        return gate.decide(request(token), afterRefresh: true)
    }

    private func isAdmitted(_ verdict: GateVerdict) -> Bool { if case .admitted = verdict { true } else { false } }

    private func isUnavailable(_ verdict: GateVerdict) -> Bool {
        if case .unavailable = verdict { true } else { false }
    }

    /// Turns the loop until a token is admitted.
    private func runUntilAdmitted(_ gate: ListenerGate, _ token: String) throws {
        try bench.run("admission") { isAdmitted(gate.decide(request(token), afterRefresh: true)) }
    }

    @Test func keysAreFetchedAtOnceAndUsed() throws {
        let gate = try gate()
        #expect(isAdmitted(try verdict(gate, provider.mintToken())))
        #expect(provider.requests(to: .discovery) == 1)
        #expect(provider.requests(to: .jwks) == 1)
        #expect(isAdmitted(gate.decide(request(provider.mintToken(client: "b")), afterRefresh: false)))
        #expect(provider.requests(to: .jwks) == 1)
    }

    @Test func whatHappensIsCounted() throws {
        provider.fail(.jwks, with: MockOAuthFault(.status(500), times: 1))
        let gate = try gate()
        let token = provider.mintToken()
        #expect(isUnavailable(try verdict(gate, token)))
        #expect(metrics[.gateWaits] == 1 && metrics[.gateUnavailable] == 1)
        #expect(metrics[.jwksRefreshesFailed] == 1 && metrics[.jwksFetchedAt] == 0 && metrics[.jwksKeys] == 0)
        try runUntilAdmitted(gate, token)
        #expect(metrics[.jwksRefreshesOK] == 1 && metrics[.jwksKeys] > 0)
        #expect((Clock.unix.seconds - 20...Clock.unix.seconds).contains(metrics[.jwksFetchedAt]))
        #expect(metrics[.providerDialConnected] >= 3)
        #expect(metrics[.gateAdmitted] == 1 && metrics[.gateRemembered] == 0)
        #expect(isAdmitted(gate.decide(request(token), afterRefresh: false)))
        #expect(metrics[.gateAdmitted] == 2 && metrics[.gateRemembered] == 1)
        _ = gate.decide(RequestHead(method: "GET", target: "/", fields: ["Host": "a"]), afterRefresh: false)
        #expect(metrics[.gateNoToken] == 1)
    }

    @Test func downAtStartThenUp() throws {
        let token = provider.mintToken()
        provider.goDown()
        let gate = try gate()
        #expect(isUnavailable(try verdict(gate, token)))
        #expect(lines.lines.contains { $0.hasPrefix("error") })
        try provider.comeBack()
        try runUntilAdmitted(gate, token)
        #expect(lines.lines.contains { $0.contains("answers again") })
    }

    @Test func anOutageIsLoggedOnce() throws {
        provider.fail(with: MockOAuthFault(.status(500)))
        let gate = try gate()
        try bench.run("some attempts") {
            _ = gate
            return provider.requests(to: .discovery) >= 4
        }
        #expect(lines.lines.filter { $0.hasPrefix("error") }.count == 1)
    }

    @Test func downLaterTheLastGoodSetServesForABoundedTime() throws {
        let token = provider.mintToken()
        provider.adjust { $0.documentFields = [("Cache-Control", "max-age=0")] }
        let gate = try gate {
            $0.minimumAge = .milliseconds(100)
            $0.staleLimit = .milliseconds(400)
            $0.cooldown = .milliseconds(50)
        }
        #expect(isAdmitted(try verdict(gate, token)))
        provider.goDown()
        let down = Clock.monotonic
        try bench.run("a failed refresh") { lines.lines.contains { $0.hasPrefix("error") } }
        // Stale, and still good.
        if Clock.monotonic < down + .milliseconds(300) {
            #expect(isAdmitted(gate.decide(request(token), afterRefresh: true)))
        }
        try bench.run("the end of stale use") { isUnavailable(gate.decide(request(token), afterRefresh: true)) }
        #expect(Clock.monotonic - down >= .milliseconds(250))
        try provider.comeBack()
        try runUntilAdmitted(gate, token)
    }

    @Test func slowIsAsDown() throws {
        provider.fail(.jwks, with: MockOAuthFault(.delivery(.silence), times: 1))
        let gate = try gate(fetchTimeout: .milliseconds(80))
        let token = provider.mintToken()
        #expect(isUnavailable(try verdict(gate, token)))
        #expect(lines.lines.contains { $0.contains("in time") })
        try runUntilAdmitted(gate, token)
    }

    @Test(arguments: [
        MockOAuthFault.Kind.garbage, .status(500), .status(404), .oversize(bytes: 2_000_000),
        .redirect(to: "http://x/"),
        .delivery(.close), .delivery(.reset), .delivery(.cutShort(after: 10)), .delivery(.raw), .body(Array("[]".utf8)),
        .body(Array("{\"keys\":[]}".utf8)),
    ])
    func badAnswersLetNobodyInAndTheNextGoodOneDoes(kind: MockOAuthFault.Kind) throws {
        provider.fail(.jwks, with: MockOAuthFault(kind, times: 1))
        let gate = try gate()
        let token = provider.mintToken()
        #expect(isUnavailable(try verdict(gate, token)))
        try runUntilAdmitted(gate, token)
    }

    @Test func badAnswersLaterDoNotReplaceAGoodSet() throws {
        let gate = try gate { $0.cooldown = .milliseconds(20) }
        #expect(isAdmitted(try verdict(gate, provider.mintToken())))
        provider.fail(with: MockOAuthFault(.garbage))
        let strange = provider.mintToken(header: ["kid": "unknown"])
        #expect(!isAdmitted(try verdict(gate, strange)))
        #expect(isAdmitted(gate.decide(request(provider.mintToken(client: "b")), afterRefresh: false)))
    }

    @Test func aDiscoveryDocumentOfAnotherIssuerIsRefused() throws {
        provider.adjust { $0.discoveryIssuer = "https://evil.example" }
        let gate = try gate()
        #expect(isUnavailable(try verdict(gate, provider.mintToken())))
        #expect(provider.requests(to: .jwks) == 0)
    }

    @Test func rotationWithANewKeyIdentifier() throws {
        let gate = try gate()
        let before = provider.mintToken()
        #expect(isAdmitted(try verdict(gate, before)))
        provider.rotateKeys()
        // Its kid is unknown: one refresh, and in.
        #expect(isAdmitted(try verdict(gate, provider.mintToken())))
        #expect(provider.requests(to: .jwks) == 2)
        // The old key is gone from the set; so is what was remembered of it.
        #expect(!isAdmitted(gate.decide(request(before), afterRefresh: true)))
    }

    @Test func rotationUnderTheSameKeyIdentifier() throws {
        let gate = try gate()
        #expect(isAdmitted(try verdict(gate, provider.mintToken())))
        provider.rotateKeys(keepsKeyID: true)
        #expect(isAdmitted(try verdict(gate, provider.mintToken())))
        #expect(provider.requests(to: .jwks) == 2)
    }

    @Test func forgedTokensCauseOneRefreshPerCoolDown() throws {
        let gate = try gate { $0.cooldown = .seconds(30) }
        #expect(isAdmitted(try verdict(gate, provider.mintToken())))
        for index in 1...10 {
            #expect(!isAdmitted(try verdict(gate, provider.mintToken(header: ["kid": .string("k\(index)")]))))
        }
        #expect(provider.requests(to: .jwks) == 2)
    }

    @Test func oneFlightForManyWaiters() throws {
        provider.fail(.jwks, with: MockOAuthFault(delay: .milliseconds(50), times: 1))
        let gate = try gate()
        var settled = 0
        let tokens = (1...20).map { provider.mintToken(client: "c\($0)") }
        for token in tokens {
            guard case .awaitKeys = gate.decide(request(token), afterRefresh: false) else {
                Issue.record("didn't wait")
                return
            }
            gate.whenKeysSettle { settled += 1 }
        }
        try bench.run("all waiters") { settled == 20 }
        for token in tokens { #expect(isAdmitted(gate.decide(request(token), afterRefresh: true))) }
        #expect(provider.requests(to: .discovery) == 1)
        #expect(provider.requests(to: .jwks) == 1)
        try bench.settle()
        #expect(settled == 20)
    }

    @Test func refreshedInTheBackgroundBeforeTheyAreStale() throws {
        let gate = try gate { $0.maximumAge = .milliseconds(120) }
        #expect(isAdmitted(try verdict(gate, provider.mintToken())))
        try bench.run("a second fetch") { provider.requests(to: .jwks) >= 2 }
        #expect(isAdmitted(gate.decide(request(provider.mintToken(client: "b")), afterRefresh: false)))
    }

    @Test func aGateThatGoesEndsItsFlight() throws {
        provider.fail(.discovery, with: MockOAuthFault(.delivery(.silence)))
        var gate: ListenerGate? = try gate()
        try bench.run("the request") { provider.requests(to: .discovery) == 1 }
        weak let left = gate
        gate = nil
        #expect(left == nil)
        try bench.run("the connection's end") { provider.http.statistics.connectionsOpen == 0 }
    }
}
