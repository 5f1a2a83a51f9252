internal import System

/// How often a story is told that must never go wrong.
///
/// `SECURE_PROXY_REPEAT=1000 swift test` tells each a thousand times; without it the number is one that an ordinary run
/// can afford.
public enum Repetitions {
    /// The number asked for, or `ordinary`.
    public static func count(_ ordinary: Int = 100) -> Int {
        guard let text = ThisProcess.environment("SECURE_PROXY_REPEAT"), let count = Int(text), count > 0 else {
            return ordinary
        }
        return count
    }
}
