internal import Settings
internal import System

/// Why there are no settings: the file can't be read, or is wrong.
struct SettingsProblem: Error, CustomStringConvertible {
    let description: String
}

/// The settings file on disk.
enum SettingsFile {
    static func load(_ path: String) -> Result<Settings, SettingsProblem> {
        let text: [UInt8]
        do throws(SystemError) {
            text = try File.read(path, limit: Settings.maxFileBytes)
        } catch {
            return .failure(SettingsProblem(description: "error: cannot read the settings: \(error)"))
        }
        do throws(SettingsErrors) {
            return .success(try Settings.load(text: text, file: path))
        } catch {
            return .failure(SettingsProblem(description: error.description))
        }
    }
}
