import JSON
import Testing

@testable import BridgeClient

@Suite struct ScenarioReportTests {
    private let passed = ScenarioResult(
        scenario: .token, passed: true, url: "https://p/token", expected: "200", seen: "200", advice: nil,
        duration: .milliseconds(12))
    private let failed = ScenarioResult(
        scenario: .echo, passed: false, url: "wss://p/", expected: "101", seen: "nothing", advice: "start it",
        duration: .seconds(2))

    @Test func plainTextForWhoIsNoTerminal() {
        let report = ScenarioReport(colours: TerminalColours(isEnabled: false))
        #expect(report.heading(.token) == "2 token: obtain an access token through the front door\n")
        #expect(
            report.text(passed)
                == "  at        https://p/token\n  expected  200\n  seen      200\n  PASSED    12 ms\n\n")
        #expect(
            report.text(failed)
                == "  at        wss://p/\n  expected  101\n  seen      nothing\n  advice    start it\n  FAILED    2 s\n\n"
        )
        #expect(report.closing([passed, failed]) == "2 scenarios: failed 3\n")
        #expect(report.closing([passed]) == "1 scenario: all as expected\n")
        #expect(report.opening(ScenarioOptions()).contains("wss port 10000"))
    }

    @Test func coloursForATerminal() {
        let report = ScenarioReport(colours: TerminalColours(isEnabled: true))
        #expect(report.text(passed).contains("\u{1B}[32mPASSED\u{1B}[0m"))
        #expect(report.text(failed).contains("\u{1B}[31mFAILED\u{1B}[0m"))
        #expect(report.closing([failed]).contains("\u{1B}[31m"))
    }

    @Test func oneObjectForMachines() throws {
        let text = ScenarioReport.json([passed, failed], ScenarioOptions())
        #expect(text.last == "\n")
        #expect(text.filter { $0 == "\n" }.count == 1)
        let value = try JSON.parse(text)
        #expect(value["passed"]?.bool == false)
        #expect(value["wssPort"]?.integer == 10_000)
        #expect(value["scenarios"]?[0]?["name"]?.string == "token")
        #expect(value["scenarios"]?[0]?["advice"]?.isNull == true)
        #expect(value["scenarios"]?[0]?["milliseconds"]?.integer == 12)
        #expect(value["scenarios"]?[1]?["passed"]?.bool == false)
        #expect(value["scenarios"]?[1]?["advice"]?.string == "start it")
    }
}
