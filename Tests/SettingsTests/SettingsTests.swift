import Settings
import Testing

@Suite struct SettingsTests {
    @Test func theSkeletonMeansWhatItSays() throws {
        let settings = try load(Sample.skeleton, directory: "/srv/proxy")

        #expect(settings.proxy.workerProcesses == .fixed(1))
        #expect(settings.proxy.workerConnections == 1024)
        #expect(settings.proxy.keepaliveTimeout == .seconds(120))
        #expect(settings.proxy.connectTimeout == .seconds(30))
        #expect(settings.proxy.readTimeout == .seconds(60))
        #expect(settings.proxy.sendTimeout == .seconds(60))

        #expect(settings.listeners.map(\.name) == ["wss", "oauth"])
        let bridge = try #require(settings.listeners.first)
        #expect(bridge.kind == .bridge)
        #expect(bridge.address == .any)
        #expect(bridge.endpoint(for: 10_000) == Endpoint(host: "127.0.0.1", port: 9000))
        #expect(bridge.policy.tokenRequired)
        #expect(bridge.clientCertificate == .none)
        let door = try #require(settings.listeners.last)
        #expect(door.kind == .oauth)
        #expect(door.ports == PortRange(11_080 as UInt16))
        #expect(door.upstream?.endpoint == Endpoint(host: "127.0.0.1", port: 10_080))
        #expect(!door.policy.tokenRequired)

        #expect(settings.oidc.discovery?.target == "/awsexample/.well-known/openid-configuration")
        #expect(settings.oidc.leeway == .seconds(60))
        #expect(settings.oidc.rejectStatus.code == 403)
        #expect(settings.oidc.tokenSources == [.header])
        #expect(settings.tls.certificates.map(\.certificate) == ["/srv/proxy/certs/servercert.pem"])
        #expect(settings.tls.certificates.map(\.key) == ["/srv/proxy/certs/serverkey.pem"])
        #expect(settings.logs.directory == "/srv/proxy/logs")
        #expect(settings.logs.level == .error)
        #expect(settings.admin.address == .loopback)
        #expect(settings.admin.port == 11_090)
        #expect(settings.security.user == "secure-proxy")
        #expect(settings.security.jailBaseDir == nil)
        #expect(settings.mockServers.tcpServerPort == 9000)
        #expect(settings.mockServers.oauthServerPort == 10_080)
    }

    @Test func thePredecessorsFileWorksUnchanged() throws {
        let settings = try load(Sample.predecessor)
        #expect(settings.proxy.workerConnections == 20)
        #expect(settings.proxy.jailBaseDir == "/nginx")
        #expect(settings.security.jailBaseDir == "/nginx")
        #expect(settings.listeners.map(\.ports.description) == ["10000", "11080"])
    }

    @Test func numbersMayBeStringsAndStringsNumbers() throws {
        let numbers = try load(
            with: #"""
                "proxySettings": {"proxyWorkerProcesses": 2, "proxyWorkerConnections": 50, "keepaliveTimeout": 90,
                    "wssProxyBindPort": 10443, "oAuthProxyBindPort": 11443, "proxyPortScaleFactor": 443,
                    "websockifyConnectTimeout": 0.5, "websockifyReadTimeout": 120, "websockifySendTimeout": 3600},
                "admin": {"enabled": true, "port": 9999}, "limits": {"maxHeadBytes": 65536},
                "tls": {"minVersion": 1.3}
                """#)
        let strings = try load(
            with: #"""
                "proxySettings": {"proxyWorkerProcesses": "2", "proxyWorkerConnections": "50", "keepaliveTimeout": "1m30s",
                    "wssProxyBindPort": "10443", "oAuthProxyBindPort": "11443", "proxyPortScaleFactor": "443",
                    "websockifyConnectTimeout": "500ms", "websockifyReadTimeout": "2m", "websockifySendTimeout": "1h"},
                "admin": {"enabled": "on", "port": "9999"}, "limits": {"maxHeadBytes": "64k"},
                "tls": {"minVersion": "1.3"}
                """#)
        #expect(numbers == strings)
        #expect(numbers.proxy.workerProcesses == .fixed(2))
        #expect(numbers.proxy.connectTimeout == .milliseconds(500))
        #expect(numbers.proxy.keepaliveTimeout == .seconds(90))
        #expect(numbers.limits.maxHeadBytes == 65_536)
        #expect(numbers.tls.minVersion == .tls13)
    }

    @Test func zeroSwitchesOffWhatMayBeOff() throws {
        let settings = try load(
            with: #"""
                "proxySettings": {"keepaliveTimeout": 0, "websockifyReadTimeout": "0", "proxyWorkerProcesses": 0},
                "limits": {"pingInterval": 0, "maxLifetime": 0, "tcpKeepAlive": "0s"}, "gateway": {"idleTimeout": 0},
                "tls": {"reloadInterval": 0}
                """#)
        #expect(settings.proxy.keepaliveTimeout == nil)
        #expect(settings.proxy.readTimeout == nil)
        #expect(settings.proxy.workerProcesses == .fixed(0))
        #expect(settings.limits.pingInterval == nil)
        #expect(settings.limits.maxLifetime == nil)
        #expect(settings.limits.tcpKeepAlive == nil)
        #expect(settings.gateway.idleTimeout == nil)
        #expect(settings.tls.reloadInterval == nil)
    }

    @Test func sectionsLeftOutHaveTheirDefaults() throws {
        let settings = try load("{\(Sample.provider)}")
        #expect(settings.limits == LimitSettings())
        #expect(settings.admin == AdminSettings())
        #expect(settings.proxy == ProxySettings())
        #expect(settings.mockServers == MockServerSettings())
        #expect(settings.tls == TLSSettings())
    }

    @Test(arguments: [
        ("proxy.json", nil, "logs"), ("/etc/sp/proxy.json", nil, "/etc/sp/logs"), ("/proxy.json", nil, "/logs"),
        ("conf/proxy.json", nil, "conf/logs"), ("<settings>", "/srv", "/srv/logs"), ("x.json", "/srv/", "/srv/logs"),
    ])
    func relativePathsAreTakenFromTheFilesDirectory(file: String, directory: String?, logs: String) throws {
        let text = "{\(Sample.provider)}"
        #expect(try Settings.load(text: Array(text.utf8), file: file, directory: directory).logs.directory == logs)
    }

    @Test func absolutePathsStay() throws {
        let settings = try load(#"{"logs": {"directory": "/var/log/sp"}, \#(Sample.provider)}"#, directory: "/srv")
        #expect(settings.logs.directory == "/var/log/sp")
    }

    @Test func whatIsProbablyNotMeantIsWarnedOf() throws {
        #expect(try load(Sample.skeleton).warnings.count == 1, "any audience")
        #expect(try load(Sample.predecessor).warnings.count == 2, "any audience, keys without TLS")
        let open = try load(with: #""admin": {"address": "0.0.0.0"}"#)
        #expect(open.warnings.count == 2, "any audience, admin for everybody")
        let careful = try load(#"{"oidc": {"discovery": "https://id.example.com/x", "audience": "app"}}"#)
        #expect(careful.warnings.isEmpty)
    }

    @Test func aSchemaMayBeNamed() throws {
        let plain = try load("{\(Sample.provider)}")
        #expect(try load(#"{"$schema": "docs/proxy.schema.json", \#(Sample.provider)}"#) == plain)
    }
}
