/// One thing that is wrong in a settings file: where, what, and what to do about it.
public struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public var line: Int
    /// The column, from 1, in characters.
    public var column: Int
    /// The way to the value, such as `listeners[0].backend.port`; empty for the file as a whole.
    public var path: String
    /// What is wrong.
    public var problem: String
    /// What to do about it.
    public var remedy: String

    /// The place in the file, the path, the problem and the remedy in one line, without the file's name.
    public var description: String {
        let subject = path.isEmpty ? "" : "\(path): "
        return "\(line):\(column): \(subject)\(problem); \(remedy)"
    }
}

/// Everything that is wrong in one settings file, in the order of the file; never empty.
public struct SettingsErrors: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file's name, as given to ``Settings/load(text:file:directory:)``.
    public var file: String
    /// What is wrong, first place first.
    public var errors: [SettingsError]

    /// One line for each error: `file:line:column: path: problem; remedy`.
    public var description: String { errors.map { "\(file):\($0)" }.joined(separator: "\n") }
}
