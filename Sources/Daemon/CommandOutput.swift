/// Where a command's lines go: to the terminal, or wherever a test reads them.
public struct CommandOutput {
    /// Takes a line of the answer.
    public let print: (String) -> Void
    /// Takes a line about what stands in the way of the answer, or beside it.
    public let error: (String) -> Void

    /// Lines to `print` and `error`.
    public init(print: @escaping (String) -> Void, error: @escaping (String) -> Void) {
        self.print = print
        self.error = error
    }

    /// Standard output and standard error.
    public static var console: CommandOutput { CommandOutput(print: Console.print, error: Console.error) }
}
