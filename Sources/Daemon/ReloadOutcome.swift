internal import System

/// What became of the last reload: a small file beside the pid file, for `secure-proxy reload`, which asks by a signal and
/// would otherwise never know.
struct ReloadOutcome: Equatable {
    /// Counts the reloads of one master.
    var count: Int
    /// Why it was refused; nil when it wasn't.
    var problem: String?

    /// Where it is for a daemon with this pid file.
    static func path(_ pidFile: String) -> String { "\(pidFile).reload" }

    /// Writes it; one that can't be written is not worth failing for.
    func write(_ pidFile: String) {
        let text = "\(count) \(problem == nil ? "ok" : "refused")\n\(problem ?? "")"
        try? File.write(Array(text.utf8), to: Self.path(pidFile), permissions: 0o640)
    }

    /// The one that is there now.
    static func read(_ pidFile: String) -> ReloadOutcome? {
        guard let bytes = try? File.read(path(pidFile), limit: 1024 * 1024) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 2, let count = Int(words[0]), ["ok", "refused"].contains(words[1]) else { return nil }
        return ReloadOutcome(count: count, problem: words[1] == "ok" ? nil : String(lines.count > 1 ? lines[1] : ""))
    }

    /// Removes it.
    static func remove(_ pidFile: String) { try? File.remove(path(pidFile)) }
}
