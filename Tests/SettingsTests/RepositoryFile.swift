import Foundation

/// Files of the repository that have to agree with the code.
enum RepositoryFile {
    /// The content of the file at `path`, which is relative to the repository's root.
    static func text(_ path: String, from source: String = #filePath) throws -> String {
        let root = URL(fileURLWithPath: source).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }
}
