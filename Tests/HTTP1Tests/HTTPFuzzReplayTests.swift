import Foundation
import Testing

/// Replays what the fuzzer is fed with, and every failure that it ever found.
@Suite struct HTTPFuzzReplayTests {
    /// Fuzz/HTTPMessage beside the Tests directory that this file is in.
    static let directory = URL(filePath: #filePath).resolvingSymlinksInPath()
        .appending(path: "../../../Fuzz/HTTPMessage").standardizedFileURL

    @Test(arguments: ["corpus", "failures"])
    func replay(_ kind: String) throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.directory.appending(path: kind), includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
        if kind == "corpus" { #expect(!files.isEmpty) }
        for file in files {
            #expect(throws: Never.self, "\(file.lastPathComponent)") {
                try HTTPFuzzCase([UInt8](Data(contentsOf: file))).check()
            }
        }
    }
}
