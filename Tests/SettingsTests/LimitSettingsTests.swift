import Settings
import Testing

@Suite struct LimitSettingsTests {
    @Test func theDefaultsFitIntoOneAnother() {
        let limits = LimitSettings()
        #expect(limits.maxTokenBytes < limits.maxHeadBytes)
        #expect(limits.maxTargetBytes < limits.maxHeadBytes)
        #expect(limits.outgoingFrameSize <= limits.maxFrameSize)
        #expect(Defaults.pingInterval >= Defaults.shortestPingInterval)
        #expect(limits.restartDelay <= limits.maxRestartDelay)
        #expect(Defaults.keysTimeout >= Defaults.fetchTimeout * 2)
    }

    @Test func sizesHaveSuffixes() throws {
        let limits = try load(
            with:
                #""limits": {"maxHeadBytes": "1M", "maxTokenBytes": "20k", "stalledBytes": 8192, "maxFrameSize": "1000"}"#
        ).limits
        #expect(limits.maxHeadBytes == 1024 * 1024)
        #expect(limits.maxTokenBytes == 20 * 1024)
        #expect(limits.stalledBytes == 8192)
        #expect(limits.maxFrameSize == 1000)
    }

    @Test func workersHaveTheirTimes() throws {
        let limits = try load(
            with: #""limits": {"workerStartTimeout": "5s", "restartDelay": "100ms", "maxRestartDelay": "100ms"}"#
        ).limits
        #expect(limits.workerStartTimeout == .seconds(5))
        #expect(limits.restartDelay == .milliseconds(100))
        #expect(limits.maxRestartDelay == .milliseconds(100))
    }

    @Test func theFirstPingIsNeverBeforeTwentySeconds() throws {
        #expect(try load(with: #""limits": {"pingInterval": "20s"}"#).limits.pingInterval == .seconds(20))
        #expect(throws: SettingsErrors.self) { try load(with: #""limits": {"pingInterval": "19999ms"}"#) }
    }
}
