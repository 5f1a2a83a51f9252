import Settings
import Testing

@Suite struct AdminSettingsTests {
    @Test func everythingCanBeSaid() throws {
        let settings = try load(
            with:
                #""admin": {"address": "::1", "port": 9999, "checkBackends": true, "hostNames": "proxy.internal", "pidFile": "/run/sp.pid"}"#
        )
        #expect(settings.admin.checkBackends)
        #expect(settings.admin.hostNames == ["proxy.internal"])
        #expect(settings.admin.pidFile == "/run/sp.pid")
        #expect(settings.pidFile == "/run/sp.pid")
        #expect(settings.warnings.count == 1, "any audience; the address is loopback")
    }

    @Test func backendsDoNotDecideOnReadinessUnlessAsked() {
        #expect(!AdminSettings().checkBackends)
    }

    @Test func thePidFileStandsBesideTheLogs() throws {
        #expect(try load("{\(Sample.provider)}", directory: "/etc/sp").pidFile == "/etc/sp/logs/secure-proxy.pid")
        #expect(try load(with: #""logs": {"directory": "/var/log/sp/"}"#).pidFile == "/var/log/sp/secure-proxy.pid")
    }

    @Test func aRelativePidFileIsTakenFromTheFilesDirectory() throws {
        let text = #"{"admin": {"pidFile": "run/sp.pid"}, \#(Sample.provider)}"#
        #expect(try load(text, directory: "/srv/proxy").pidFile == "/srv/proxy/run/sp.pid")
    }
}
