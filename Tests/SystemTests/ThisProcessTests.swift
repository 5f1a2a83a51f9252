import Glibc
import System
import Testing

@Suite struct ThisProcessTests {
    @Test func factsAgreeWithTheSystem() {
        #expect(ThisProcess.id == getpid())
        #expect(ThisProcess.parentID == getppid())
        #expect(!ThisProcess.hostName.isEmpty)
        #expect(ThisProcess.residentBytes > 0 && ThisProcess.processorCount >= 1)
    }

    @Test func environmentVariablesAreListedAndRemoved() async {
        await #expect(processExitsWith: .success) {
            setVariable("SECURE_PROXY_ONE", "a=b")
            setVariable("SECURE_PROXY_TWO", "")
            let variables = ThisProcess.environmentVariables
            #expect(variables.contains { $0 == ("SECURE_PROXY_ONE", "a=b") })
            #expect(variables.contains { $0 == ("SECURE_PROXY_TWO", "") })
            #expect(ThisProcess.environment("SECURE_PROXY_ONE") == "a=b")
            ThisProcess.removeEnvironment("SECURE_PROXY_ONE")
            ThisProcess.removeEnvironment("SECURE_PROXY_ONE")
            #expect(ThisProcess.environment("SECURE_PROXY_ONE") == nil)
            #expect(!ThisProcess.environmentVariables.contains { $0.0 == "SECURE_PROXY_ONE" })
        }
    }

    @Test func itEndsWithItsCode() async {
        await #expect(processExitsWith: .exitCode(7)) { ThisProcess.exit(7) }
        await #expect(processExitsWith: .exitCode(8)) { ThisProcess.exitNow(8) }
    }

    @Test func theDeathSignalIsCheckedByTheKernel() async {
        await #expect(processExitsWith: .success) {
            try ThisProcess.setDeathSignal(15)
            try ThisProcess.setDeathSignal(0)
            #expect(throws: SystemError("prctl PR_SET_PDEATHSIG", code: Errno.invalid)) {
                try ThisProcess.setDeathSignal(1_000)
            }
        }
    }
}
