internal import JSON

/// Collects what is wrong in one file, so that all of it is told at once.
final class Report {
    /// One misdeed, its place not yet looked up.
    private struct Finding {
        var path: JSONPath
        var part: JSONLocator.Part
        var problem: String
        var remedy: String
    }

    private var findings: [Finding] = []
    /// Names seen so far, in order; noted only when the vocabulary is listed.
    private(set) var vocabulary: [SettingDescription] = []
    /// Whether this is a dry run that lists the names: lists of sections are then entered once though they are empty.
    let isListing: Bool

    init(isListing: Bool = false) { self.isListing = isListing }

    /// Whether nothing is wrong so far.
    var isClean: Bool { findings.isEmpty }

    /// How many things are wrong so far.
    var errorCount: Int { findings.count }

    /// Whether something is wrong at `path` already.
    func hasProblem(at path: JSONPath) -> Bool { findings.contains { $0.path == path } }

    /// Notes that the value (or the name) at `path` is wrong.
    func problem(_ path: JSONPath, _ problem: String, remedy: String, part: JSONLocator.Part = .value) {
        findings.append(Finding(path: path, part: part, problem: problem, remedy: remedy))
    }

    /// Notes a name that settings may have.
    func describe(_ path: JSONPath, _ kind: SettingKind, default value: JSONValue?) {
        guard isListing else { return }
        var text = ""
        for step in path.steps {
            switch step {
            case .key(let key): text += text.isEmpty ? key : ".\(key)"
            case .index: text += "[]"
            }
        }
        vocabulary.append(SettingDescription(path: text, kind: kind, defaultValue: value))
    }

    /// The errors with their places, first place first.
    func errors(in text: [UInt8]) -> [SettingsError] {
        let locator = JSONLocator(text)
        let errors = findings.map { finding in
            let place = Self.place(of: finding.path, finding.part, locator)
            return SettingsError(
                line: place.line, column: place.column, path: finding.path.description, problem: finding.problem,
                remedy: finding.remedy)
        }
        // Swift's sort is stable: errors at one place keep the order in which they were found.
        return errors.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    /// The place of `path`; of what isn't in the file, the place of the section that it is missing from.
    private static func place(of path: JSONPath, _ part: JSONLocator.Part, _ locator: JSONLocator) -> TextPosition {
        if let found = locator.position(of: path, part) { return found }
        var path = path
        while !path.steps.isEmpty {
            path.steps.removeLast()
            if let found = locator.position(of: path) { return found }
        }
        return TextPosition(line: 1, column: 1)
    }
}
