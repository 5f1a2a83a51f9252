import JSON
import Settings
import Testing

/// The list of names, and the page and the schema that describe it.
@Suite struct VocabularyTests {
    @Test func hasEverySectionOnce() {
        let paths = Settings.vocabulary.map(\.path)
        #expect(Set(paths).count == paths.count)
        let sections = Settings.vocabulary.filter { !$0.path.contains(".") && $0.path != "$schema" }.map(\.path)
        #expect(
            Set(sections) == [
                "proxySettings", "backend", "listeners", "gateway", "oidc", "tls", "logs", "admin", "limits",
                "security",
                "mockServers",
            ])
        #expect(paths.contains("listeners[].backend.portMap"))
        #expect(paths.contains("tls.certificates[].key"))
    }

    // MARK: The page

    @Test func thePageExplainsEveryName() throws {
        let rows = try PageRow.all()
        for setting in Settings.vocabulary where setting.path != "$schema" && setting.kind != .section {
            guard setting.path.contains(".") else { continue }
            let row = try #require(rows[setting.path], "docs/CONFIGURATION.md has no row for \(setting.path)")
            #expect(!row.meaning.isEmpty, "\(setting.path) has no meaning on the page")
            guard let value = setting.defaultValue, !row.defaultText.isEmpty, setting.path != "oidc.algorithms" else {
                continue
            }
            let text = row.defaultText.filter { $0 != "`" && $0 != " " }
            #expect(text == JSON.text(value), "the default of \(setting.path) on the page")
        }
    }

    @Test func thePageExplainsNothingElse() throws {
        let known = Set(Settings.vocabulary.map(\.path))
        for path in try PageRow.all().keys { #expect(known.contains(path), "\(path) is on the page only") }
    }

    @Test func thePageShowsTheSample() throws {
        let page = try RepositoryFile.text("docs/CONFIGURATION.md")
        #expect(page.contains("```json\n\(try RepositoryFile.text("proxy.json"))```"))
    }

    // MARK: The sample

    @Test func theSampleIsTheSkeletonAndWorks() throws {
        let sample = try RepositoryFile.text("proxy.json")
        #expect(sample == Sample.skeleton)
        _ = try load(sample)
    }

    // MARK: The schema

    @Test func theSchemaKnowsEveryName() throws {
        let schema = try JSON.parse(RepositoryFile.text("docs/proxy.schema.json"))
        for setting in Settings.vocabulary {
            let entry = try #require(Self.entry(setting.path, in: schema), "\(setting.path) is not in the schema")
            #expect(entry["description"]?.string?.isEmpty == false || setting.kind == .section)
            if let value = entry["default"] { #expect(value == setting.defaultValue, "default of \(setting.path)") }
            switch setting.kind {
            case .choice(let words):
                let texts = entry["enum"]?.array?.compactMap(\.string)
                #expect(texts == words, "\(setting.path)")
            case .choices(let words):
                #expect(entry["items"]?["enum"]?.array?.compactMap(\.string) == words, "\(setting.path)")
            case .integer(let range):
                let bounds = entry["anyOf"]?[0]
                #expect(bounds?["minimum"] == .integer(Int64(range.lowerBound)), "\(setting.path)")
                #expect(bounds?["maximum"] == .integer(Int64(range.upperBound)), "\(setting.path)")
            case .section:
                #expect(entry["additionalProperties"] == false, "\(setting.path)")
            default:
                break
            }
        }
    }

    @Test func theSchemaKnowsNothingElse() throws {
        let schema = try JSON.parse(RepositoryFile.text("docs/proxy.schema.json"))
        let known = Set(Settings.vocabulary.map(\.path))
        for path in Self.paths(schema, prefix: "") { #expect(known.contains(path), "\(path) is in the schema only") }
    }

    @Test func everyReferenceOfTheSchemaLeadsSomewhere() throws {
        let schema = try JSON.parse(RepositoryFile.text("docs/proxy.schema.json"))
        let references = Self.references(schema)
        #expect(!references.isEmpty)
        for reference in references {
            let name = reference.split(separator: "/").last.map(String.init) ?? ""
            #expect(reference == "#/$defs/\(name)")
            #expect(schema["$defs"]?[name] != nil, "\(reference)")
        }
    }

    /// What the schema says of the setting at `path`.
    private static func entry(_ path: String, in schema: JSONValue) -> JSONValue? {
        var entry: JSONValue? = schema
        for part in path.split(separator: ".") {
            let name = part.hasSuffix("[]") ? part.dropLast(2) : part
            entry = entry?["properties"]?[String(name)]
            if part.hasSuffix("[]") { entry = entry?["items"] }
        }
        return entry
    }

    /// The paths of all properties in a part of the schema.
    private static func paths(_ schema: JSONValue, prefix: String) -> [String] {
        guard let properties = schema["properties"]?.object else { return [] }
        return properties.flatMap { name, value in
            [prefix + name] + paths(value, prefix: "\(prefix)\(name).")
                + (value["items"].map { paths($0, prefix: "\(prefix)\(name)[].") } ?? [])
        }
    }

    private static func references(_ value: JSONValue) -> [String] {
        switch value {
        case .array(let elements): elements.flatMap(references)
        case .object(let members):
            members.flatMap { name, value in name == "$ref" ? [value.string ?? ""] : references(value) }
        default: []
        }
    }
}

/// A row of a table in docs/CONFIGURATION.md.
private struct PageRow {
    var defaultText: String
    var meaning: String

    /// The rows by the paths of their settings: the heading names the section, the first cell the rest.
    static func all() throws -> [String: PageRow] {
        var rows: [String: PageRow] = [:]
        var section = ""
        for line in try RepositoryFile.text("docs/CONFIGURATION.md").split(separator: "\n") {
            if line.hasPrefix("## ") {
                section = line.hasPrefix("## `") ? line.dropFirst(4).filter { $0 != "`" } : ""
            }
            guard !section.isEmpty, line.hasPrefix("| `") else { continue }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { trimmed($0) }
            guard cells.count == 6 else {
                Issue.record("a row with \(cells.count - 2) cells: \(line)")
                continue
            }
            let name = cells[1].filter { $0 != "`" }
            let prefix = section == "listeners" ? "listeners[]." : "\(section)."
            #expect(rows[prefix + name] == nil, "\(prefix)\(name) stands on the page twice")
            rows[prefix + name] = PageRow(defaultText: cells[2], meaning: cells[4])
        }
        return rows
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
