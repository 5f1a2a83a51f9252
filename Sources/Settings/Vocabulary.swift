public import JSON

/// What kind of value a setting takes.
public enum SettingKind: Equatable, Sendable {
    /// An object with settings of its own.
    case section
    /// A list of such objects.
    case sections
    /// An object whose names are the user's own.
    case table
    /// A whole number, as a number or a string of digits.
    case integer(ClosedRange<Int>)
    /// A number of bytes: a number, or a string such as `"32k"`, `"1m"` or `"1g"`.
    case size(ClosedRange<Int>)
    /// A time in seconds as a number, or a string such as `"500ms"`, `"30s"`, `"2m"`, `"1h"`. `zero` says what 0 means.
    case duration(ClosedRange<Duration>, zero: String?)
    /// `true` or `false`, also as the strings `"on"` and `"off"`.
    case flag
    /// One of some words.
    case choice([String])
    /// Any text.
    case text
    /// A text, or a list of texts.
    case texts
    /// Words out of some, as a list.
    case choices([String])
    /// The path of a file or directory.
    case path
    /// An `http://` or `https://` address.
    case webAddress
    /// An IP address, or `*`.
    case address
    /// A port, as a number or a string.
    case port
    /// A port, or a range of ports such as `"10000-10009"`.
    case ports
    /// A number of processes, or `"auto"`.
    case processes
    /// A text that names no value: for tools that read the file.
    case reference
}

/// One name that a settings file may have.
public struct SettingDescription: Equatable, Sendable {
    /// Where it stands, such as `limits.maxFrameSize` or `listeners[].backend.host`.
    public var path: String
    /// What it takes.
    public var kind: SettingKind
    /// What it is when left out; nil when nothing, or something that depends on other settings.
    public var defaultValue: JSONValue?

    /// The last part of the path.
    var name: String { path.split(separator: ".").last.map(String.init) ?? path }
}

extension Settings {
    /// Every name that a settings file may have, in the order of the sections.
    ///
    /// It is made by reading an empty file and noting what is asked for, so it can't differ from what the reader knows.
    public static let vocabulary: [SettingDescription] = {
        let report = Report(isListing: true)
        var settings = Settings(file: "", directory: "")
        settings.read(JSONObject(), report)
        return report.vocabulary
    }()
}
