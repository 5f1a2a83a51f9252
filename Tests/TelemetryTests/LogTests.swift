import Telemetry
import Testing

@Suite struct LogTests {
    @Test func linesBelowTheThresholdAreNotEvenPutTogether() {
        var lines: [String] = []
        var built = 0
        func message(_ text: String) -> String {
            built += 1
            return text
        }
        let log = Log(threshold: .warn) { lines.append("\($0): \($1)") }
        log(.error, message("a"))
        log(.warn, message("b"))
        log(.notice, message("c"))
        log(.debug, message("d"))
        #expect(lines == ["error: a", "warn: b"])
        #expect(built == 2)
    }

    @Test func levelsHaveNginxsNamesAndOrder() {
        let names = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"]
        #expect(LogLevel.allCases.map(\.description) == names)
        #expect(LogLevel.allCases.sorted() == LogLevel.allCases)
        for name in names { #expect(LogLevel(name: name)?.description == name) }
        #expect(LogLevel(name: "verbose") == nil)
    }
}
