import Settings
import Testing

@Suite struct LogSettingsTests {
    @Test func levelsAreOrderedByGravity() {
        #expect(LogLevel.allCases.sorted() == LogLevel.allCases)
        #expect(LogLevel.debug < .info)
        #expect(LogLevel.crit > .error)
    }

    @Test func everythingCanBeSaid() throws {
        let logs = try load(
            with:
                #""logs": {"output": "stderr", "level": "notice", "format": "json", "accessFormat": "json", "access": "all"}"#
        ).logs
        #expect(logs.output == .stderr)
        #expect(logs.level == .notice)
        #expect(logs.format == .json)
        #expect(logs.accessFormat == .json)
        #expect(logs.access == .all)
    }
}
