import Bridge
import HTTP1
import Reactor
import System
import TLS
import Testing

@testable import Gateway

/// What a client of the front door is told, failure by failure.
@Suite struct GatewayFailureTests {
    private func status(_ failure: GatewayFailure) -> Int { failure.answer(Challenge()).status }

    @Test func statuses() {
        #expect(status(.notFound) == 404)
        #expect(status(.notYetKnown) == 503)
        #expect(status(.bodyTimedOut) == 408)
        #expect(status(.unreachable(.dial(.timedOut(after: .seconds(1))))) == 504)
        #expect(status(.unreachable(.dial(.failed(address: "x", SystemError("connect", code: 111))))) == 502)
        #expect(status(.unreachable(.tls(.setup("x")))) == 502)
        #expect(status(.unwatchable(reason: "x")) == 502)
        #expect(status(.silent) == 504)
        #expect(status(.unusable(reason: "x")) == 502)
        #expect(status(.shared(.http(.contentTooLarge(limit: 1)))) == 413)
        #expect(status(.shared(.draining)) == 503)
    }

    @Test func noAnswerTellsWhereTheUpstreamIs() {
        let secret = "10.1.2.3:8080"
        for failure in [
            GatewayFailure.unreachable(.dial(.failed(address: secret, SystemError("connect", code: 111)))),
            .unreachable(.tls(.setup(secret))), .unwatchable(reason: secret), .unusable(reason: secret),
        ] {
            #expect(failure.description.contains(secret))
            #expect(!failure.answer(Challenge()).body.contains("10.1.2.3"))
            #expect(failure.isOfUpstream)
        }
    }
}
