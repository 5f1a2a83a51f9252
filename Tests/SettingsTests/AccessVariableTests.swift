import Settings
import Testing

@Suite struct AccessVariableTests {
    @Test func theManualListsEachVariableWithItsMeaning() throws {
        let page = try RepositoryFile.text("docs/LOGS.md")
        for variable in AccessVariable.allCases {
            #expect(page.contains("| `$\(variable.rawValue)` | \(variable.meaning) |"))
        }
    }

    @Test func numbersAreNeverForeign() {
        for variable in AccessVariable.allCases where variable.isNumber { #expect(!variable.isForeign) }
    }

    @Test func noneIsASecret() throws {
        for variable in AccessVariable.allCases {
            #expect(try AccessFormat("$\(variable.rawValue)").parts == [.value(variable, isQuoted: false)])
        }
    }
}
