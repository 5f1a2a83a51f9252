internal import JSON

// Texts, lists of texts and paths.

extension Section {
    /// Reads a text that must not be empty.
    func text(_ name: String, _ target: inout String) {
        guard let value = value(name, .text, default: .string(target)) else { return }
        if let text = text(value, at: path.appending(name)) { target = text }
    }

    /// Reads a text that must not be empty.
    func text(_ name: String, _ target: inout String?) {
        guard let value = value(name, .text, default: target.map { .string($0) }) else { return }
        if let text = text(value, at: path.appending(name)) { target = text }
    }

    /// Reads a list of texts; a text alone is a list of one.
    func texts(_ name: String, _ target: inout [String]) {
        guard let value = value(name, .texts, default: .array(target.map { .string($0) })) else { return }
        guard let elements = value.array else {
            if let text = text(value, at: path.appending(name)) { target = [text] }
            return
        }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            let place = path.appending(name).appending(index)
            guard let text = text(element, at: place) else { continue }
            if texts.contains(where: { $0.utf8.elementsEqual(text.utf8) }) {
                report.problem(place, "\(Self.quoted(element)) stands here twice", remedy: "leave one of them out")
            }
            texts.append(text)
        }
        target = texts
    }

    /// Reads the path of a file or directory. A relative one is taken from `directory`, the settings file's own.
    func file(_ name: String, _ target: inout String?, from directory: String) {
        guard let value = value(name, .path, default: target.map { .string($0) }) else { return }
        if let text = text(value, at: path.appending(name)) { target = Self.resolve(text, from: directory) }
    }

    /// Reads the path of a file or directory that has a default.
    func file(_ name: String, _ target: inout String, from directory: String) {
        guard let value = value(name, .path, default: .string(target)) else {
            target = Self.resolve(target, from: directory)
            return
        }
        if let text = text(value, at: path.appending(name)) { target = Self.resolve(text, from: directory) }
    }

    /// A path as the daemon opens it.
    static func resolve(_ path: String, from directory: String) -> String {
        if path.hasPrefix("/") || directory.isEmpty { return path }
        return directory.hasSuffix("/") ? directory + path : "\(directory)/\(path)"
    }

    /// A text without control characters: nothing that could forge a line of a log or a header field.
    func text(_ value: JSONValue, at place: JSONPath) -> String? {
        guard let text = value.string else {
            report.problem(place, "\(Self.quoted(value)) is not a text", remedy: "write it in quotation marks")
            return nil
        }
        guard !text.isEmpty else {
            report.problem(place, "the text is empty", remedy: "write something, or leave the name out")
            return nil
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            report.problem(place, "the text contains a control character", remedy: "leave \\n, \\t and their like out")
            return nil
        }
        return text
    }
}
