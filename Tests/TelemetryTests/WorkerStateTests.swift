import Telemetry
import Testing

@Suite struct WorkerStateTests {
    /// Other processes read the numbers, so they don't change between versions without reason.
    @Test func numbersAreThoseOfTheGauge() {
        #expect(WorkerState.allCases.map(\.rawValue) == [0, 1, 2])
        #expect(WorkerState.allCases.map(\.label) == ["starting", "serving", "draining"])
    }
}
