internal import Bytes
internal import System

/// An echo application in a process of its own, for stories whose connections would not all fit into the tests' process.
public final class EchoProcess: Sendable {
    /// Its port at 127.0.0.1.
    public let port: UInt16
    /// The process.
    public let process: ChildProcess

    /// Starts it and waits until it listens.
    public init(within timeout: Duration = .seconds(20)) throws {
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        let output = "\(directory)/output"
        let process = try ChildProcess(
            BuiltProgram.path("secure-proxy-mock"), ["--tcp-port", "0", "--oauth-port", "0"], output: output,
            errors: output)
        let words = "tcp echo application on 127.0.0.1:"
        var port: UInt16?
        func spoken() -> String { (try? File.read(output)).map { String(decoding: $0, as: UTF8.self) } ?? "" }
        let isThere = Deadline(in: timeout).poll {
            for line in spoken().split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                if line.hasPrefix(words) { port = UInt16(line.dropFirst(words.count)) }
            }
            return port != nil || !process.isRunning
        }
        guard isThere, let port else { throw HarnessError("secure-proxy-mock doesn't listen: \(spoken())") }
        (self.port, self.process) = (port, process)
    }
}
