import Telemetry
import Testing

@Suite struct ConnectionPhaseTests {
    private func numbers(_ slot: MetricsSlot) -> [Int64] {
        [.connectionsActive, .connectionsReading, .connectionsWriting, .connectionsWaiting].map { slot[$0] }
    }

    @Test func isInOnePhaseAtATime() {
        let slot = MetricsSlot()
        let phase = ConnectionPhase(slot)
        #expect(numbers(slot) == [1, 1, 0, 0])
        phase.enter(.reading)
        #expect(numbers(slot) == [1, 1, 0, 0])
        phase.enter(.writing)
        #expect(numbers(slot) == [1, 0, 1, 0])
        phase.enter(.waiting)
        #expect(numbers(slot) == [1, 0, 0, 1])
    }

    @Test(arguments: [ConnectionPhase.Phase.reading, .writing, .waiting])
    func countsOutWhateverItDid(_ last: ConnectionPhase.Phase) {
        let slot = MetricsSlot()
        var phases: [ConnectionPhase] = (0..<3).map { _ in ConnectionPhase(slot) }
        phases[1].enter(last)
        #expect(numbers(slot)[0] == 3)
        phases.removeAll()
        #expect(numbers(slot) == [0, 0, 0, 0])
    }
}
