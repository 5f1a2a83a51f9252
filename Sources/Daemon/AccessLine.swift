internal import JSON
internal import Settings

/// Puts values together to a line of the access log, as a format says.
enum AccessLine {
    /// What stands for a value that isn't there.
    private static let absent = UInt8(ascii: "-")

    /// Appends a line without its line feed.
    static func append(_ values: AccessValues, _ format: AccessFormat, to line: inout [UInt8]) {
        if format.parts.isEmpty { return appendObject(values, to: &line) }
        for part in format.parts {
            switch part {
            case .text(let text): line += text.utf8
            case .value(let variable, let isQuoted):
                guard let value = values[variable], !value.isEmpty else {
                    line.append(absent)
                    continue
                }
                LogText.append(value, to: &line, escapesSpaces: variable.isForeign && !isQuoted)
            }
        }
    }

    /// The preset `json`: numbers as numbers, what isn't there left out.
    private static func appendObject(_ values: AccessValues, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "{"))
        for (name, variable) in AccessFormat.mainFields {
            guard let value = values[variable], !value.isEmpty else { continue }
            if line.last != UInt8(ascii: "{") { line.append(UInt8(ascii: ",")) }
            line += "\"\(name)\":".utf8
            if variable.isNumber {
                line += value.utf8
            } else {
                line += JSON.serialize(.string(LogText.forJSON(LogText.cut(value, at: LogText.maximumValue))))
            }
        }
        line.append(UInt8(ascii: "}"))
    }

    /// The same for the journal: names in capital letters behind `PROXY_`.
    static func fields(_ values: AccessValues) -> [(name: String, value: String)] {
        AccessFormat.mainFields.compactMap { name, variable in
            guard let value = values[variable], !value.isEmpty else { return nil }
            return ("PROXY_\(name.uppercased())", LogText.cut(value, at: LogText.maximumValue))
        }
    }
}
