import Testing

@testable import Telemetry

@Suite struct MetricsSnapshotTests {
    private func snapshot(_ fill: (MetricsSlot) -> Void) -> MetricsSnapshot {
        let slot = MetricsSlot()
        fill(slot)
        return slot.snapshot()
    }

    @Test func addsCountersAndHistograms() {
        var total = snapshot {
            $0.add(.tunnelsOpened, 3)
            $0.observe(.tunnel, .seconds(1))
        }
        total += snapshot {
            $0.add(.tunnelsOpened, 4)
            $0.observe(.tunnel, .seconds(2))
            $0.observe(.tunnel, .seconds(100_000))
        }
        #expect(total[.tunnelsOpened] == 7)
        #expect(total[.tunnel].count == 3)
        #expect(total[.tunnel].sumNanoseconds == 100_003_000_000_000)
    }

    @Test func addsGaugesAsTheyCombine() {
        var total = MetricsSnapshot()
        total += snapshot {
            $0.set(.tunnels, 3)
            $0.set(.jwksFetchedAt, 100)
            $0.set(.workerProcessID, 11)
        }
        total += snapshot {
            $0.set(.tunnels, -1)
            $0.set(.jwksFetchedAt, 90)
            $0.set(.workerProcessID, 12)
        }
        total += MetricsSnapshot()
        #expect(total[.tunnels] == 2)
        #expect(total[.jwksFetchedAt] == 90)
        #expect(total[.workerProcessID] == 0)
    }

    @Test func sumsTheSeriesOfAFamily() {
        let one = snapshot {
            $0.add(.bridgeConnections, 1)
            $0.add(.oauthConnections, 2)
            $0.add(.proxyConnections, 4)
            $0.add(.refusedByWorker, 8)
        }
        #expect(one.sum(.connections) == 7)
        #expect(one.sum(.tunnels) == 0)
    }
}
