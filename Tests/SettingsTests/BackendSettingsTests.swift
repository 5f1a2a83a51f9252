import Settings
import Testing

@Suite struct BackendSettingsTests {
    @Test func scaling() {
        var backend = BackendSettings()
        #expect(backend.endpoint(for: 10_000)?.port == 9000)
        #expect(backend.endpoint(for: 1001)?.port == 1)
        #expect(backend.endpoint(for: 1000) == nil)
        #expect(backend.endpoint(for: 1) == nil)
        backend.portScaleFactor = 0
        #expect(backend.endpoint(for: 65_535)?.port == 65_535)
        backend.portScaleFactor = 65_534
        #expect(backend.endpoint(for: 65_535)?.port == 1)
        #expect(backend.endpoint(for: 65_534) == nil)
        backend.portScaleFactor = .min
        #expect(backend.endpoint(for: 65_535) == nil)
    }
}
