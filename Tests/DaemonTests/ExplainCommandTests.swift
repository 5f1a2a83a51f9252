import Foundation
import Testing

@testable import Daemon

@Suite struct ExplainCommandTests {
    @Test func listsTheTopics() {
        let said = Said()
        #expect(Commands.explain(nil, output: said.output) == .success)
        for topic in ExplainTopic.allCases { #expect(said.text.contains("  \(topic.rawValue) ")) }
    }

    @Test(arguments: ExplainTopic.allCases)
    func explainsEachTopic(_ topic: ExplainTopic) {
        let said = Said()
        #expect(Commands.explain(topic, output: said.output) == .success)
        #expect(said.text == topic.text)
        #expect(said.text.count > 100)
    }
}

@Suite struct AnswersTests {
    @Test func agreesWithThePage() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/ANSWERS.md"), encoding: .utf8)
        #expect(page == Answer.page)
    }

    @Test func hasNoCellThatBreaksItsTable() {
        for answer in Answer.statuses + Answer.closeCodes {
            for cell in [answer.code, answer.when, answer.client, answer.operator] {
                #expect(!cell.contains("|") && !cell.contains("\n"))
            }
        }
    }
}
