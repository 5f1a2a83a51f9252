import Settings
import System
import Testing

@testable import Daemon

@Suite struct GenerationPlanTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    private func plan(_ sections: String = "", workers: Int? = 2) throws -> GenerationPlan {
        try GenerationPlan(settingsFile: try place.settings(sections), workers: workers)
    }

    private func problem(_ sections: String) -> PlanError? {
        #expect(throws: PlanError.self) { try plan(sections) }
    }

    private let pair = #", "tls": { "certificate": "cert.pem", "key": "key.pem" }"#

    @Test func holdsAllThatWorkersNeed() throws {
        try place.certificate()
        let plan = try plan(pair)
        #expect(plan.text == Array(try place.text("proxy.json").utf8))
        #expect(plan.settings.file == place("proxy.json"))
        #expect(plan.workers == 2)
        #expect(Set((plan.files.contents ?? [:]).keys) == [place("cert.pem"), place("key.pem")])
        #expect(plan.stamps == CapturedFiles.stamps(plan.settings))
        #expect(plan.stamps.count == 2)
        #expect(plan.identity?.name == (ThisProcess.isRoot ? "nobody" : nil))
        #expect(plan.warnings.contains { $0.contains("oidc.audience is empty") })
        #expect(!plan.warnings.contains { $0.contains("self-signed") })
    }

    @Test func makesTheCertificateThatIsMissingOnce() throws {
        let first = try plan()
        #expect(first.warnings.contains { $0.contains("made a self-signed certificate for localhost") })
        #expect(first.files.contents?.count == 2)
        let second = try plan()
        #expect(!second.warnings.contains { $0.contains("made a self-signed") })
        #expect(second.files.contents == first.files.contents)
    }

    @Test func settingsThatCannotBeReadAreTheOperatorsMistake() throws {
        let missing = #expect(throws: PlanError.self) {
            try GenerationPlan(settingsFile: place("none.json"), workers: nil)
        }
        #expect(missing?.exitCode == .usage)
        #expect(missing?.description.hasPrefix("error: cannot read the settings: ") == true)
        let wrong = problem(#", "nonsense": 1"#)
        #expect(wrong?.exitCode == .usage)
        #expect(wrong?.description.contains("nonsense") == true)
    }

    @Test(arguments: [
        (#", "tls": { "certificate": "cert.pem", "key": "other.pem" }"#, "other.pem"),
        (#", "tls": { "certificate": "cert.pem", "key": "none.pem" }"#, "none.pem"),
        (#", "tls": { "clientCertificate": "optional", "clientCA": "garbage.pem" }"#, "garbage.pem"),
        (#", "tls": { "ciphers": "NONSENSE" }"#, "NONSENSE"),
        (#", "gateway": { "ca": "garbage.pem" }"#, "garbage.pem"),
        (#", "gateway": { "certificate": "cert.pem", "key": "other.pem" }"#, "other.pem"),
    ])
    func whatIsWrongIsFoundBeforeAProcessIsStarted(_ sections: String, _ named: String) throws {
        try place.certificate()
        try File.write(try File.read(place("key.pem")), to: place("other.pem"), permissions: 0o600)
        try place.certificate()
        try place.write("no certificate", to: "garbage.pem")
        let problem = problem(sections)
        #expect(problem?.exitCode == .failure)
        #expect(problem?.description.hasPrefix("error: ") == true)
        #expect(problem?.description.hasPrefix("error: error: ") == false)
        #expect(problem?.description.contains(named) == true, "\(problem.map { "\($0)" } ?? "")")
    }

    @Test func theProvidersFilesAreCheckedToo() throws {
        try place.write("no certificate", to: "garbage.pem")
        let oidc = #""discovery": "https://idp.example/.well-known/openid-configuration", "ca": "garbage.pem""#
        let file = try place.settings(oidc: oidc)
        let problem = #expect(throws: PlanError.self) { try GenerationPlan(settingsFile: file, workers: 1) }
        #expect(problem?.description.contains("oidc: ") == true)
    }

    @Test func aKeyThatIsHeldIsCheckedAllTheSame() throws {
        try place.certificate()
        try File.write(try File.read(place("key.pem")), to: place("other.pem"), permissions: 0o600)
        try place.certificate()
        let isolated = #", "security": { "user": "nobody", "keyIsolation": true }"#
        let problem = problem(#", "tls": { "certificate": "cert.pem", "key": "other.pem" }"# + isolated)
        #expect(problem?.description.contains("does not belong to") == true)
        let good = try plan(pair + isolated)
        #expect(good.files.heldKeys == [place("key.pem"): 0])
        #expect(good.files.contents?[place("key.pem")] == nil)
    }

    /// What is in a token can't be looked at by the master, and is no reason not to start.
    @Test func everyKeyMayBeInAToken() throws {
        try place.certificate()
        let uri = "pkcs11:token=t;object=o"
        let plan = try plan(
            #"""
            , "tls": { "certificate": "cert.pem", "key": "\#(uri)" },
            "gateway": { "certificate": "cert.pem", "key": "\#(uri)" }
            """#)
        #expect(plan.files.heldKeys == [uri: 0])
        #expect(Set((plan.files.contents ?? [:]).keys) == [place("cert.pem")])
        #expect(throws: PlanError.self) {
            try self.plan(#", "tls": { "certificate": "cert.pem", "key": "\#(uri)", "ciphers": "NONSENSE" }"#)
        }
    }

    // MARK: Workers

    @Test func theCommandLineGoesBeforeTheFile() throws {
        let settings = try SettingsFile.load(try place.settings()).get()
        #expect(settings.processCount(5) == 5)
        #expect(settings.processCount(0) == 0)
        var fixed = settings
        fixed.proxy.workerProcesses = .fixed(3)
        #expect(fixed.processCount(nil) == 3)
        fixed.proxy.workerProcesses = .automatic
        #expect(fixed.processCount(nil) == ThisProcess.processorCount)
    }

    // MARK: Identity

    @Test(.enabled(if: ThisProcess.isRoot, "needs root"))
    func anUnknownUserIsNamed() throws {
        let problem = problem(#", "security": { "user": "no-such-user-here" }"#)
        #expect(problem?.description.contains("no-such-user-here") == true)
    }

    @Test(.enabled(if: !ThisProcess.isRoot, "needs a user who isn't root"))
    func onlyRootCanJail() throws {
        let problem = problem(#", "security": { "jailBaseDir": "jail" }"#)
        #expect(problem?.description.contains("security.jailBaseDir: only root can jail workers") == true)
        #expect(try plan(#", "security": { "user": "no-such-user-here" }"#).identity == nil)
    }
}
