import Foundation
import Testing

@testable import Telemetry

/// Alerts, dashboards and agents under deploy/ ask for names that there are.
@Suite struct DeployedNamesTests {
    private static let known = Set(
        MetricName.allCases.flatMap { name in
            name.kind == .histogram ? ["_bucket", "_sum", "_count", ""].map { name.text + $0 } : [name.text]
        })

    @Test func theyAskForNoOtherNames() throws {
        let deploy = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("deploy")
        let files = FileManager.default.enumerator(at: deploy, includingPropertiesForKeys: [.isRegularFileKey])
        for case let file as URL in try #require(files) {
            guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
            // What ends in an underscore is a prefix in a regular expression.
            for match in text.matches(of: /secure_proxy_[a-z_]*[a-z]/) {
                #expect(Self.known.contains(String(match.output)), "\(file.lastPathComponent)")
            }
        }
    }
}
