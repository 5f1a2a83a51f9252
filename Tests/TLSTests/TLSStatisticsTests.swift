import TLS
import Testing

/// Counters under the names that dashboards already know.
@Suite struct TLSStatisticsTests {
    @Test func everyCounterCountsItself() {
        for counter in TLSStatistics.Counter.allCases {
            var statistics = TLSStatistics()
            statistics.count(counter)
            statistics.count(counter)
            for other in TLSStatistics.Counter.allCases { #expect(statistics[other] == (other == counter ? 2 : 0)) }
        }
    }

    @Test func namesAreEnvoys() {
        #expect(
            TLSStatistics.Counter.allCases.map(\.rawValue) == [
                "handshake", "connection_error", "session_reused", "no_certificate", "fail_verify_no_cert",
                "fail_verify_error", "fail_verify_san",
            ])
    }

    @Test func failuresAreCountedByTheirReason() throws {
        var statistics = TLSStatistics()
        let link = try Link(server: serverContext(), client: clientContext(), serverName: "example.org")
        let result = link.handshake()
        try statistics.countFailure(#require(result.client.failure))
        try statistics.countFailure(#require(result.server.failure))
        #expect(statistics.failVerifySubjectAlternativeName == 1 && statistics.connectionError == 1)
        #expect(statistics.handshake == 0)
    }
}
