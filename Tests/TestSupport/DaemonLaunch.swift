/// How the daemon under test is started, where that matters.
public struct DaemonLaunch {
    /// Words before the daemon's own command line, such as those of a program that becomes the daemon.
    public var before: [String] = []
    /// Added to the environment.
    public var environment: [String: String] = [:]
    /// Descriptors of the tests' process that it inherits, and under which number.
    public var descriptors: [(number: Int32, as: Int32)] = []
    /// Descriptors that depend on the ports that the daemon was given: called once they are chosen, and they are inherited
    /// from number 3 on.
    public var socketsFor: ((DaemonPorts) throws -> [Int32])?
    /// Further words behind `run --config …`.
    public var arguments: [String] = []

    /// The ordinary way.
    public init() {}
}
