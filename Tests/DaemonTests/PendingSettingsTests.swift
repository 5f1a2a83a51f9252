import Settings
import Testing

@testable import Daemon

@Suite struct PendingSettingsTests {
    private func notice(_ members: String, workers: Int? = nil) throws -> String? {
        let text = #"{ "oidc": { "discovery": "https://idp.example/.well-known/openid-configuration" }, \#(members) }"#
        return try Settings.load(text: Array(text.utf8), file: "proxy.json").pendingNotice(workers: workers)
    }

    @Test func namesWhatWaitsForWorkerProcesses() throws {
        let notice = try #require(
            try notice(#""proxySettings": { "proxyWorkerProcesses": "auto", "jailBaseDir": "/srv" }"#))
        for part in [
            "proxyWorkerProcesses (auto)", "security.user (secure-proxy)", "security.sandbox", "jailBaseDir (/srv)",
            "admin (127.0.0.1:11090)", "which this version does not start yet",
        ] {
            #expect(notice.contains(part))
        }
    }

    @Test func prefersTheCommandLine() throws {
        #expect(try notice(#""admin": { "enabled": false }"#, workers: 4)?.contains("proxyWorkerProcesses (4)") == true)
        #expect(try notice(#""admin": { "enabled": false }"#, workers: 0) == nil)
    }

    @Test func isSilentWhereNothingWaits() throws {
        #expect(
            try notice(#""proxySettings": { "proxyWorkerProcesses": 0 }, "admin": { "enabled": false }"#) == nil)
    }
}
