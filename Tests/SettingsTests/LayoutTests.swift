import Foundation
import Testing

/// What holds for the repository as a whole: who may import whom, how long files are, what must not be in them.
@Suite struct LayoutTests {
    /// The repository, also where this folder is reached through a link.
    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The targets that own a C library, and so may import it.
    private static let owners: [String: Set<String>] = [
        "CLinux": ["System", "TLS"], "COpenSSL": ["JOSE", "TLS", "MockServers"], "CJansson": ["JSON"],
        "CAres": ["Reactor"], "CRemoteKey": ["TLS"], "CKeySchedule": ["TLS"],
    ]
    /// What comes with the compiler, or for the programs with a package, and may be imported.
    private static let outside: Set<String> = ["Glibc", "Synchronization"]
    private static let forPrograms: Set<String> = ["ArgumentParser"]

    /// Files that are longer than the others because they are one list.
    private static let longFiles: Set<String> = [
        "Sources/Telemetry/MetricName.swift", "Tests/SettingsTests/WrongFiles.swift",
    ]

    // MARK: Imports

    @Test func everyTargetHasARowInTheArchitecture() throws {
        let rows = Set(try Self.rows().flatMap(\.self))
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path)
        #expect(rows == Set(folders.filter { !$0.hasPrefix(".") }))
    }

    @Test func targetsImportOnlyWhatStandsAboveThem() throws {
        var above: Set<String> = []
        for row in try Self.rows() {
            for target in row where !Self.owners.keys.contains(target) {
                let own = Self.owners.filter { $0.value.contains(target) }.map(\.key)
                let isProgram = target.hasPrefix("secure-proxy")
                let allowed = above.union(own).union(Self.outside).union(isProgram ? Self.forPrograms : [])
                for file in try Self.files(["Sources/\(target)"], ["swift"]) {
                    for module in Self.imports(try Self.text(file)) {
                        #expect(allowed.contains(module), "\(file) must not import \(module)")
                    }
                }
            }
            above.formUnion(row.filter { !Self.owners.keys.contains($0) })
        }
    }

    /// The daemon starts without Foundation, and each worker is the smaller for it.
    @Test func noSourceNeedsFoundation() throws {
        for file in try Self.files(["Sources"], ["swift"]) {
            #expect(!Self.imports(try Self.text(file)).contains { $0.hasPrefix("Foundation") }, "\(file)")
        }
    }

    @Test func importsAreFoundHoweverTheyAreWritten() {
        let text = """
            // import Nothing
            import One
            public import Two
            @preconcurrency internal import Three
            @testable import Four
            import struct Five.Part
              internal import Six.Part
            let important = 7
            """
        #expect(Self.imports(text) == ["One", "Two", "Three", "Four", "Five", "Six"])
    }

    // MARK: Files

    @Test func filesAreShortEnoughToRead() throws {
        let files = try Self.files(["Sources", "Tests"], ["swift", "c", "h"])
        #expect(files.count > 500)
        let long = try files.filter { try Self.text($0).utf8.count { $0 == UInt8(ascii: "\n") } > 400 }
        #expect(Set(long) == Self.longFiles)
    }

    /// Paths of somebody's own machine mean nothing on another one.
    @Test func noFileNamesAPlaceOnSomebodysMachine() throws {
        let folders = ["Sources", "Tests", "Benchmarks", "Fuzz", "deploy", "docker", "docs", "scripts"]
        let places = ["/home/", "/Users/"]
        let this = URL(filePath: #filePath).lastPathComponent
        for file in try Self.files(folders, nil) + ["README.md", "CHANGELOG.md", "Package.swift", "proxy.json"]
        where !file.hasSuffix(this) {
            // What isn't text (pictures, a fuzzer's finds) has no paths.
            guard let text = try? Self.text(file) else { continue }
            for place in places { #expect(!text.contains(place), "\(file) has \(place)") }
        }
    }

    // MARK: Reading

    /// The targets of docs/ARCHITECTURE.md, row by row.
    private static func rows() throws -> [[String]] {
        let page = try text("docs/ARCHITECTURE.md")
        let table = try #require(page.components(separatedBy: "| target | holds | does I/O |\n").last)
        let lines = table.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.dropFirst().prefix { $0.hasPrefix("|") }.map { line in
            let cell = line.split(separator: "|")[0]
            return cell.split(separator: "`").map(String.init).filter { !$0.allSatisfy(\.isWhitespace) }
        }
    }

    /// The files below `folders`, as paths from the root, with one of the `extensions` (nil: any).
    private static func files(_ folders: [String], _ extensions: Set<String>?) throws -> [String] {
        var found: [String] = []
        for folder in folders {
            let start = root.appending(path: folder)
            let walk = try #require(
                FileManager.default.enumerator(
                    at: start, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles]))
            for case let url as URL in walk {
                guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
                guard extensions?.contains(url.pathExtension) ?? true else { continue }
                found.append(String(url.path.dropFirst(root.path.count).drop { $0 == "/" }))
            }
        }
        return found.sorted()
    }

    private static func text(_ file: String) throws -> String {
        try String(contentsOf: root.appending(path: file), encoding: .utf8)
    }

    /// The modules that a file imports, in order.
    private static func imports(_ text: String) -> [String] {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
        return text.split(separator: "\n").compactMap { line in
            var words = line.split(separator: " ")[...]
            while let word = words.first, word.hasPrefix("@") || modifiers.contains(word) { words.removeFirst() }
            guard words.popFirst() == "import" else { return nil }
            if let word = words.first, kinds.contains(word) { words.removeFirst() }
            return words.first.map { String($0.prefix { $0 != "." }) }
        }
    }
}
