/// Why the harness itself could not do its work; what the daemon said is in it.
public struct HarnessError: Error, CustomStringConvertible {
    /// What happened, in words.
    public let description: String

    /// An error described by `description`.
    public init(_ description: String) { self.description = description }
}
