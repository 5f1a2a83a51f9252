import Foundation
import Testing

@testable import Telemetry

@Suite struct MetricsPageTests {
    /// With `WRITE_PAGES=1` in the environment the file is written instead.
    @Test func agreesWithTheFile() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appendingPathComponent("docs/METRICS.md")
        if ProcessInfo.processInfo.environment["WRITE_PAGES"] != nil {
            try MetricsPage.markdown.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == MetricsPage.markdown)
    }

    @Test func namesEachFamilyAndEachValue() {
        let page = MetricsPage.markdown
        for name in MetricName.allCases {
            #expect(page.contains("| `\(name.text)` | \(name.kind.rawValue) |"), "\(name)")
        }
        for series in MetricNameTests.allSeries {
            for value in series.values { #expect(page.contains("`\(value)`"), "\(series)") }
        }
    }

    @Test func hasNoRowThatBreaksItsTable() {
        for line in MetricsPage.markdown.split(separator: "\n") where line.hasPrefix("|") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).count - 2
            #expect((2...4).contains(cells), "\(line)")
        }
    }
}
