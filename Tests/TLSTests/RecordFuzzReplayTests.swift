import Foundation
import Testing

/// Replays what the fuzzer is fed with, and every failure that it ever found.
@Suite struct RecordFuzzReplayTests {
    /// Fuzz/RecordLayer beside the Tests directory that this file is in.
    static let directory = URL(filePath: #filePath).resolvingSymlinksInPath()
        .appending(path: "../../../Fuzz/RecordLayer").standardizedFileURL

    @Test(arguments: ["corpus", "failures"])
    func replay(_ kind: String) throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.directory.appending(path: kind), includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
        if kind == "corpus" { #expect(!files.isEmpty) }
        for file in files {
            #expect(throws: Never.self, "\(file.lastPathComponent)") {
                try RecordFuzzCase([UInt8](Data(contentsOf: file))).check()
            }
        }
    }
}
