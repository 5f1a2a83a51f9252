internal import JSON

/// One object of the settings file while it is read: each name that is asked for becomes known, and what is left over
/// at the end is refused.
///
/// A reader is called with the variable that holds the default and changes it only when the file has a good value. So
/// reading goes on after an error, and a file's errors are all told at once.
final class Section {
    let path: JSONPath
    let report: Report
    private let members: JSONObject
    private var known: [String] = []

    init(_ members: JSONObject, at path: JSONPath, _ report: Report) {
        self.members = members
        self.path = path
        self.report = report
    }

    /// Whether the file has this name, good or bad.
    func has(_ name: String) -> Bool { members[name] != nil }

    /// The value called `name` without making it known.
    func peek(_ name: String) -> JSONValue? { members[name] }

    /// The value called `name`, which thereby becomes known; nil when it is absent or null.
    func value(_ name: String, _ kind: SettingKind, default defaultValue: JSONValue?) -> JSONValue? {
        known.append(name)
        report.describe(path.appending(name), kind, default: defaultValue)
        guard let value = members[name] else { return nil }
        if value.isNull {
            problem(name, "null is no value", remedy: "leave the name out to have the default")
            return nil
        }
        return value
    }

    /// Reads the object called `name`; when it is absent, as if it were empty.
    func section(_ name: String, _ body: (Section) -> Void) {
        let value = value(name, .section, default: nil)
        if let value, value.object == nil {
            problem(name, "\(Self.quoted(value)) is not a section", remedy: "write an object: \"\(name)\": { … }")
            return
        }
        let section = Section(value?.object ?? JSONObject(), at: path.appending(name), report)
        body(section)
        section.finish()
    }

    /// Reads each object of the list called `name`.
    func sections(_ name: String, _ body: (Section) -> Void) {
        let value = value(name, .sections, default: nil)
        if let value, value.array == nil {
            problem(
                name, "\(Self.quoted(value)) is not a list", remedy: "write a list of objects: \"\(name)\": [ { … } ]")
            return
        }
        let elements = report.isListing ? [.object(JSONObject())] : value?.array ?? []
        for (index, element) in elements.enumerated() {
            let place = path.appending(name).appending(index)
            guard let object = element.object else {
                report.problem(place, "\(Self.quoted(element)) is not an object", remedy: "write an object: { … }")
                continue
            }
            let section = Section(object, at: place, report)
            body(section)
            section.finish()
        }
    }

    /// Reads the object called `name`, whose names are the user's own; `body` gets each name with the value's path.
    func table(_ name: String, _ body: (String, JSONValue, JSONPath) -> Void) {
        guard let value = value(name, .table, default: [:]) else { return }
        guard let object = value.object else {
            problem(name, "\(Self.quoted(value)) is not an object", remedy: "write an object: \"\(name)\": { … }")
            return
        }
        for (key, element) in object { body(key, element, path.appending(name).appending(key)) }
    }

    /// Notes that the value called `name` is wrong or missing.
    func problem(_ name: String, _ problem: String, remedy: String) {
        report.problem(path.appending(name), problem, remedy: remedy)
    }

    /// Refuses the names that nobody asked for.
    func finish() {
        for name in members.keys where !known.contains(name) {
            report.problem(
                path.appending(name), "there is no setting \(Self.quoted(.string(name))) here",
                remedy: remedy(for: name),
                part: .key)
        }
    }

    private func remedy(for name: String) -> String {
        if let near = NearestName.of(name, among: known.filter({ !members.keys.contains($0) })) {
            return "did you mean \"\(near)\"?"
        }
        let elsewhere = Settings.vocabulary.first { $0.name.lowercased() == name.lowercased() }
        if let elsewhere { return "it belongs at \(elsewhere.path)" }
        return "the names here are \(known.filter { !$0.hasPrefix("$") }.joined(separator: ", "))"
    }

    /// A value as it is shown in a message: as JSON, cut where it gets long.
    static func quoted(_ value: JSONValue) -> String {
        switch value {
        case .object, .array: return value.kind
        default: break
        }
        let text = JSON.text(value)
        return text.count <= 80 ? text : text.prefix(77) + "…\""
    }
}
