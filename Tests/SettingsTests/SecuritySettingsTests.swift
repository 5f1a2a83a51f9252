import Settings
import Testing

@Suite struct SecuritySettingsTests {
    @Test func everyLayerHoldsUnlessSwitchedOff() throws {
        let security = SecuritySettings()
        #expect(security.noNewPrivileges && security.dropCapabilities && security.landlock && security.seccomp)
        #expect(!security.keyIsolation)
        let bare = try load(
            with: #"""
                "security": {"user": "nobody", "group": "nogroup", "jailBaseDir": "jail", "noNewPrivileges": false,
                             "dropCapabilities": "off", "landlock": false, "seccomp": "off", "keyIsolation": "on"}
                """#
        ).security
        #expect(bare.user == "nobody")
        #expect(bare.group == "nogroup")
        #expect(bare.jailBaseDir == "jail")
        #expect(!bare.noNewPrivileges && !bare.dropCapabilities && !bare.landlock && !bare.seccomp)
        #expect(bare.keyIsolation)
    }

    @Test(arguments: ["dropCapabilities", "landlock", "seccomp"])
    func eachLayerHasItsOwnSwitch(name: String) throws {
        let security = try load(with: #""security": {"\#(name)": false}"#).security
        #expect(security.noNewPrivileges)
        #expect(security.dropCapabilities == (name != "dropCapabilities"))
        #expect(security.landlock == (name != "landlock"))
        #expect(security.seccomp == (name != "seccomp"))
    }

    @Test func itsOwnJailGoesBeforeTheSamples() throws {
        let both = try load(
            with: #""proxySettings": {"jailBaseDir": "/nginx"}, "security": {"jailBaseDir": "/srv/jail"}"#)
        #expect(both.security.jailBaseDir == "/srv/jail")
        #expect(both.proxy.jailBaseDir == "/nginx")
    }
}
