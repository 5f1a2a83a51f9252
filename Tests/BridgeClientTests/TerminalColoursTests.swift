import System
import Testing

@testable import BridgeClient

@Suite struct TerminalColoursTests {
    @Test func aPipeGetsNoColours() throws {
        let (near, far) = try Socket.pair()
        #expect(!TerminalColours(for: near.number).isEnabled)
        #expect(far.number >= 0)
    }

    @Test func disabledColoursLeaveTextAlone() {
        let plain = TerminalColours(isEnabled: false)
        #expect([plain.bold("a"), plain.red("b"), plain.green("c"), plain.yellow("d")] == ["a", "b", "c", "d"])
        #expect(TerminalColours(isEnabled: true).bold("a") == "\u{1B}[1ma\u{1B}[0m")
    }
}
