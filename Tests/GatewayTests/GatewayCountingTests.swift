import JOSE
import OIDC
import Reactor
import System
import Telemetry
import Testing

@testable import Gateway

@Suite struct GatewayCountingTests {
    /// One of each case: whoever adds one is made to say its series by the compiler, and its label is looked at here.
    private static let refusals: [GateRefusal] = [
        .noToken, .severalTokens, .severalAuthorizations, .malformedCredentials(.header),
        .tokenTooLarge(limit: 1), .signature(.unsupportedAlgorithm("x")), .signature(.badSignature),
        .signature(.nested), .wrongType, .wrongIssuer, .wrongAudience, .noExpiry, .expired, .notYetValid,
        .issuedInFuture, .wrongTokenUse, .missingClaim(name: "a"), .wrongClaim(name: "a"), .missingScope(name: "a"),
    ]

    @Test func refusalsAreCountedUnderTheirLabel() {
        for refusal in Self.refusals {
            let series = Counter.gate(refusal).series
            #expect(series.name == .gateVerdicts)
            #expect(series.values == [refusal.label])
        }
    }

    @Test func requestsAreCountedByKindAndClass() {
        for (kind, word) in [(GatewayRoute.Kind.oauth, "oauth"), (.proxy, "proxy")] {
            #expect(Counter.connection(kind).series.values == [word])
            for status in 200..<600 {
                let series = Counter.request(kind, status: status).series
                #expect(series.name == .gatewayRequests)
                #expect(series.values == [word, "\(status / 100)xx"])
            }
        }
    }

    @Test func failedDialsAreCountedByTargetAndReason() {
        let refused = DialError.failed(address: "", SystemError("connect", code: Errno.connectionRefused))
        let failures: [(StreamDialError, String)] = [
            (.dial(refused), "refused"), (.dial(.timedOut(after: .seconds(1))), "timed_out"),
            (.dial(.failed(address: "", SystemError("connect", code: 113))), "failed"),
            (.tls(.setup("x")), "tls_failed"),
        ]
        for (error, word) in failures {
            #expect(Counter.dial(.upstream, error).series == Counter.upstreamDialRefused.series.with(word))
            #expect(Counter.dial(.provider, error).series == Counter.providerDialRefused.series.with(word))
        }
    }
}

extension MetricSeries {
    fileprivate func with(_ last: String) -> MetricSeries? {
        Counter.allCases.map(\.series).first { $0.name == name && $0.values == values.dropLast() + [last] }
    }
}
