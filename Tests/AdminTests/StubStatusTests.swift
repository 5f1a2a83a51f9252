import Telemetry
import Testing

@testable import Admin

struct StubStatusTests {
    @Test func nginxsFourLines() {
        let slot = MetricsSlot()
        slot.add(.bridgeConnections, 30)
        slot.add(.oauthConnections, 12)
        slot.add(.refusedByWorker, 2)
        slot.add(.upgrade101, 20)
        slot.add(.oauthRequests2xx, 15)
        slot.set(.connectionsActive, 7)
        slot.set(.connectionsReading, 1)
        slot.set(.connectionsWriting, 4)
        slot.set(.connectionsWaiting, 2)
        #expect(
            String(decoding: StubStatus.render(slot.snapshot()), as: UTF8.self)
                == "Active connections: 7 \nserver accepts handled requests\n 42 40 35 \n"
                + "Reading: 1 Writing: 4 Waiting: 2 \n")
    }

    @Test func neverFewerThanNone() {
        let slot = MetricsSlot()
        slot.add(.unserved, 3)
        #expect(String(decoding: StubStatus.render(slot.snapshot()), as: UTF8.self).contains("\n 0 0 0 \n"))
    }
}
