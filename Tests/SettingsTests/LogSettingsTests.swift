import Settings
import Testing

@Suite struct LogSettingsTests {
    @Test func levelsAreOrderedByGravity() {
        #expect(LogLevel.allCases.sorted() == LogLevel.allCases)
        #expect(LogLevel.debug < .info)
        #expect(LogLevel.crit > .error)
    }

    @Test func theDefaultsAreThePredecessors() throws {
        let logs = try load("{\(Sample.provider)}", directory: "/etc/proxy").logs
        #expect(
            logs.paths == [
                "/etc/proxy/logs/nginx-error.log", "/etc/proxy/logs/http-error.log", "/etc/proxy/logs/http-access.log",
            ])
        #expect(logs.output == .files)
        #expect(logs.level == .error)
        #expect(logs.accessFormat == .main)
        #expect(logs.access == .failures)
    }

    @Test func everythingCanBeSaid() throws {
        let logs = try load(
            with: #"""
                "logs": {"output": "syslog", "level": "notice", "format": "json", "accessFormat": "json",
                         "access": "all", "errorLog": "daemon.log", "httpErrorLog": "/var/log/http.log",
                         "accessLog": "a/b.log", "syslogSocket": "/run/log", "syslogFacility": "local3",
                         "directory": "/srv/logs"}
                """#
        ).logs
        #expect(logs.output == .syslog)
        #expect(logs.level == .notice)
        #expect(logs.format == .json)
        #expect(logs.accessFormat == .json)
        #expect(logs.access == .all)
        #expect(logs.paths == ["/srv/logs/daemon.log", "/var/log/http.log", "/srv/logs/a/b.log"])
        #expect(logs.syslogSocket == "/run/log")
        #expect(logs.syslogFacility == .local3)
    }

    @Test func aFormatOfOnesOwnIsTakenApart() throws {
        let logs = try load(with: #""logs": {"accessFormat": "$remote_addr $status"}"#).logs
        #expect(logs.accessFormat.source == "$remote_addr $status")
        #expect(logs.accessFormat.parts.count == 3)
    }

    @Test(arguments: [
        (
            "$remote_adr", #"2:27: logs.accessFormat: there is no variable $remote_adr; did you mean $remote_addr?"#
        ),
        (
            "$status $http_cookie",
            "2:27: logs.accessFormat: $http_cookie would write tokens or passwords into the log; "
                + "leave it out; $sub, $client_id and $jti say whose token it was"
        ),
        ("jason", #"2:27: logs.accessFormat: there is no variable in this format; did you mean "json"?"#),
        ("${status", "2:27: logs.accessFormat: the brace of ${status is not closed; write ${status}"),
    ])
    func aWrongFormatIsAnErrorWithItsPlace(format: String, expected: String) {
        #expect {
            _ = try load("{\n\"logs\": {\"accessFormat\":  \"\(format)\"}, \(Sample.provider)}")
        } throws: {
            ($0 as? SettingsErrors)?.errors.map(\.description) == [expected]
        }
    }

    @Test func facilitiesHaveSyslogsNumbers() {
        #expect(SyslogFacility.kern.code == 0)
        #expect(SyslogFacility.daemon.code == 3)
        #expect(SyslogFacility.ftp.code == 11)
        #expect(SyslogFacility.local0.code == 16)
        #expect(SyslogFacility.local7.code == 23)
    }
}
