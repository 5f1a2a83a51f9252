import Testing

@testable import System

@Suite struct ConfinementLayerTests {
    @Test(
        arguments: zip(
            ConfinementLayer.allCases,
            [
                "security.jailBaseDir", "security.user", "security.dropCapabilities", "security.noNewPrivileges",
                "no switch",
                "security.landlock", "security.seccomp",
            ]))
    func eachErrorTellsTheSettingThatDoesWithoutTheLayer(_ layer: ConfinementLayer, _ setting: String) {
        let error = ConfinementError(layer, SystemError("call", "subject", code: 1))
        #expect(error.description.hasPrefix("\(layer.rawValue): call subject: Operation not permitted (EPERM); "))
        #expect(error.description.contains(setting))
    }

    @Test func anOwnRemedyReplacesTheLayers() {
        let error = ConfinementError(.jail, "what", remedy: "do this")
        #expect(error.description == "jail: what; do this")
    }

    @Test func findingsReadAsOneLine() {
        #expect(
            ConfinementFinding(.landlock, .notOnThisKernel, "why").description == "landlock: not on this kernel: why")
    }
}
