import TLS
import Telemetry
import Testing

@testable import Bridge

@Suite struct TLSCountingTests {
    /// Envoy's names are published in two places: they agree.
    @Test(arguments: TLSStatistics.Counter.allCases)
    func labelsAreEnvoysNames(_ counter: TLSStatistics.Counter) {
        let (client, server) = (Counter(counter, .client).series, Counter(counter, .server).series)
        #expect(client.name == .tlsEvents && server.name == .upstreamTLSEvents)
        #expect(client.values == [counter.rawValue] && server.values == [counter.rawValue])
    }
}
