internal import System

/// Colours for a terminal (ECMA-48 "select graphic rendition"), or none.
public struct TerminalColours: Sendable {
    /// Whether colours are used.
    public let isEnabled: Bool

    /// Colours where `isEnabled`.
    public init(isEnabled: Bool) { self.isEnabled = isEnabled }

    /// Colours where `descriptor` is a terminal that knows them, and the user has not switched them off
    /// (https://no-color.org).
    public init(for descriptor: Int32) {
        let isUnwanted = !(ThisProcess.environment("NO_COLOR") ?? "").isEmpty
        isEnabled = File.isTerminal(descriptor) && !isUnwanted && ThisProcess.environment("TERM") != "dumb"
    }

    func bold(_ text: String) -> String { coloured(text, 1) }
    func red(_ text: String) -> String { coloured(text, 31) }
    func green(_ text: String) -> String { coloured(text, 32) }
    func yellow(_ text: String) -> String { coloured(text, 33) }

    private func coloured(_ text: String, _ code: Int) -> String {
        isEnabled ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
