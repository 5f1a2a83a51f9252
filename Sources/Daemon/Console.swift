internal import System

/// What the commands say to whoever started them.
public enum Console {
    /// A line to standard output.
    public static func print(_ line: String) { write(line, to: 1) }

    /// A line to standard error.
    public static func error(_ line: String) { write(line, to: 2) }

    private static func write(_ line: String, to descriptor: Int32) {
        // A closed terminal is no reason for a daemon to end.
        try? File.writeAll(Array((line + "\n").utf8), to: descriptor)
    }
}
