internal import Settings
internal import System

/// Why there are no settings: the file can't be read, or is wrong.
struct SettingsProblem: Error, CustomStringConvertible {
    let description: String
}

/// The settings file on disk.
enum SettingsFile {
    /// The settings in the file at `path`.
    static func load(_ path: String) -> Result<Settings, SettingsProblem> { loadText(path).map(\.settings) }

    /// The settings in the file at `path`, and its content.
    static func loadText(_ path: String) -> Result<(text: [UInt8], settings: Settings), SettingsProblem> {
        let text: [UInt8]
        do throws(SystemError) {
            text = try File.read(path, limit: Settings.maxFileBytes)
        } catch {
            return .failure(SettingsProblem(description: "error: cannot read the settings: \(error)"))
        }
        do throws(SettingsErrors) {
            return .success((text, try Settings.load(text: text, file: path)))
        } catch {
            return .failure(SettingsProblem(description: error.description))
        }
    }
}
