import Settings
import System
import Testing

@testable import Daemon

@Suite struct MachineCheckTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    private func settings(_ sections: String = "") throws -> Settings {
        try SettingsFile.load(try place.settings(sections)).get()
    }

    // MARK: Confinement

    /// What is said of a trial with these lines.
    private func confinement(
        _ settings: Settings, _ trial: @escaping SecurityTrial.Method = { _, _, _ in [] }
    ) -> MachineCheck {
        var check = MachineCheck(settings)
        check.checkConfinement(Array("text".utf8), by: trial)
        return check
    }

    @Test func whatHoldsIsAFactAndABreachAnError() throws {
        var settings = try settings()
        settings.proxy.workerProcesses = .fixed(1)
        let check = confinement(settings) { _, _, _ in
            [
                TrialLine(isBreach: false, words: "seccomp: holds"),
                TrialLine(isBreach: true, words: "reads /etc/shadow: it worked"),
            ]
        }
        let who = ThisProcess.isRoot ? "workers become nobody" : "workers stay this user"
        #expect(check.facts == ["security: \(who)", "  seccomp: holds"])
        #expect(check.errors == ["security: reads /etc/shadow: it worked"])
        #expect(check.warnings == [])
    }

    @Test func theTrialIsOfTheseSettings() throws {
        let settings = try settings()
        let check = confinement(settings) { given, text, identity in
            #expect(given.file == settings.file)
            #expect(text == Array("text".utf8))
            #expect((identity?.name == "nobody") == ThisProcess.isRoot)
            return []
        }
        #expect(check.facts.count == 1)
    }

    @Test func aSingleProcessIsNotTried() throws {
        var settings = try settings()
        settings.proxy.workerProcesses = .fixed(0)
        let check = confinement(settings) { _, _, _ in
            Issue.record("tried")
            return []
        }
        #expect(check.facts == ["security: a single process gives nothing up"])
        #expect(check.errors == [])
    }

    @Test func aTrialThatFailsSaysWhyOnce() throws {
        let settings = try settings()
        let plain = confinement(settings) { _, _, _ in throw SystemError("spawn", "/x", code: Errno.noEntry) }
        #expect(plain.errors == ["security: spawn /x: No such file or directory (ENOENT)"])
        let named = confinement(settings) { _, _, _ in throw StartError("security.jailBaseDir: wrong") }
        #expect(named.errors == ["security.jailBaseDir: wrong"])
        #expect(named.facts == [])
    }

    @Test(.enabled(if: ThisProcess.isRoot, "needs root"))
    func aUserThatIsNotThereIsNamed() throws {
        let check = confinement(try settings(#", "security": { "user": "no-such-user-here" }"#))
        #expect(check.errors.count == 1)
        #expect(check.errors.first?.hasPrefix("security.user: there is no user \"no-such-user-here\"") == true)
    }

    @Test(.enabled(if: !ThisProcess.isRoot, "needs a user who isn't root"))
    func aJailThatNobodyCanMakeIsNamed() throws {
        let check = confinement(try settings(#", "security": { "jailBaseDir": "jail" }"#))
        #expect(check.errors.first?.hasPrefix("security.jailBaseDir: only root can jail workers") == true)
    }

    /// Looking makes nothing: no certificate, no jail, no log.
    @Test func lookingChangesNothing() throws {
        var check = MachineCheck(try settings())
        check.checkFiles()
        check.checkConfinement([]) { _, _, _ in [] }
        check.checkPorts()
        #expect(try place.names == ["proxy.json"])
        #expect(check.errors == [])
    }

    // MARK: Keys in a token

    /// The settings of a listener whose key is in a store.
    private func stored(_ uri: String, _ more: String = "") throws -> Settings {
        try settings(#", "tls": { "certificate": "cert.pem", "key": "\#(uri)" }\#(more)"#)
    }

    @Test func aKeyThatCannotBeOpenedIsAnErrorWithoutItsPIN() throws {
        try place.certificate()
        // Not `pkcs11:`: the module is loaded once in a process, and other tests have it look at tokens of theirs.
        let uri = "file:/there/is/no/such/key.pem?pin-value=73641"
        let server = #", "gateway": { "certificate": "cert.pem", "key": "\#(uri)" }"#
        var check = MachineCheck(try stored(uri, server))
        check.checkFiles()
        // A key that is shown to servers is looked at at the start.
        #expect(check.errors.count == 1)
        #expect(check.errors.first?.hasPrefix("tls: ") == true)
        #expect(check.errors.first?.contains("/there/is/no/such/key.pem") == true)
        #expect(!(check.errors + check.facts + check.warnings).contains { $0.contains("73641") })
    }

    @Test func aKeyThatOpensSignsForItsCertificate() throws {
        try place.certificate()
        var check = MachineCheck(try stored("file:\(place("key.pem"))"))
        check.checkFiles()
        #expect(check.errors == [])
        #expect(check.facts.contains { $0.hasPrefix("certificate \(place("cert.pem")): localhost") })
    }

    @Test func aKeyOfAnotherCertificateIsAnError() throws {
        try place.certificate()
        let other = try Workplace()
        try other.certificate()
        var check = MachineCheck(try stored("file:\(other("key.pem"))"))
        check.checkFiles()
        #expect(check.errors.count == 1)
        #expect(check.errors.first?.hasPrefix("tls: ") == true)
        #expect(check.errors.first?.contains(place("cert.pem")) == true)
    }
}
