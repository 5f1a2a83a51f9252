internal import System

/// Whether stories are told at their full length: `SECURE_PROXY_FULL=1 swift test`.
public enum FullForm {
    /// Whether the variable is set to something but 0.
    public static let isAsked: Bool = {
        guard let value = ThisProcess.environment("SECURE_PROXY_FULL") else { return false }
        return !value.isEmpty && value != "0"
    }()

    /// `full` where the full length is asked for, otherwise `ordinary`.
    public static func choose<Value>(_ full: Value, otherwise ordinary: Value) -> Value { isAsked ? full : ordinary }
}
