import Testing

@testable import System

/// What can be tried without confining the tests themselves; that the layers hold is tried by a process of its own.
@Suite struct ConfinementTests {
    /// A confinement that would fail before it gave anything up, should the first refusals not come.
    private var harmless: Confinement {
        var confinement = Confinement()
        confinement.jail = "/nonexistent/jail"
        return confinement
    }

    @Test func aProcessWithThreadsIsRefused() {
        let error = #expect(throws: ConfinementError.self) { _ = try harmless.apply() }
        #expect(error?.what.contains("threads") == true)
        #expect(error?.remedy.contains("after the confinement") == true)
    }

    @Test func everythingIsOnUnlessSaid() {
        let confinement = Confinement()
        #expect(confinement.noNewPrivileges && confinement.dropCapabilities && confinement.landlock)
        #expect(confinement.systemCalls == .worker)
        #expect(confinement.readablePaths.isEmpty)
        #expect(confinement.identity == nil && confinement.jail == nil)
    }

    @Test func aTrialThatFailsTellsTheLayerAndTriesNothing() {
        let lines = ConfinementTrial.run(harmless, BreakOut.all(BreakOut.Targets()))
        #expect(lines.count == 1)
        #expect(ConfinementTrial.breaches(in: lines) == lines)
        #expect(lines.first?.description.hasPrefix("FAILED: ") == true)
    }

    @Test func findingsOfWhatIsOff() throws {
        #expect(try Jail.enter(nil, owner: nil).state == .switchedOff)
        let drop = try CapabilityDrop(wanted: false).finish(noNewPrivileges: true)
        #expect(drop.state == .switchedOff)
        #expect(drop.words.hasPrefix("security.dropCapabilities is false; "))
        #expect(try IdentityChange.apply(nil).state == .switchedOff)
    }
}
