// Other people's programs: Python scripts in `Peers/`, run by a virtual environment with the packages that
// `Peers/requirements.txt` pins. `scripts/test.sh` makes it; without it the tests that need it are reported as skipped.
import Glibc
import JSON
import System
import TestSupport
import Testing

/// Where the peers are, and whether they can be run.
enum Peers {
    /// What a skipped test says.
    static let absence: Comment = """
        the peers are not installed: run scripts/test.sh, or set SECURE_PROXY_VENV to a virtual environment with \
        Tests/InteropTests/Peers/requirements.txt
        """

    /// Whether the virtual environment is there.
    static let areInstalled = File.permissions(python) != nil

    /// The virtual environment's interpreter.
    static let python: String = {
        if let chosen = unsafe getenv("SECURE_PROXY_VENV") { return unsafe String(cString: chosen) + "/bin/python" }
        return ancestor(3) + "/.build-interop/venv/bin/python"
    }()

    /// Debian's curl.
    static let curl = "/usr/bin/curl"

    /// The path of a script.
    static func script(_ name: String) -> String { "\(ancestor(1))/Peers/\(name)" }

    /// The directory `levels` above this file.
    private static func ancestor(_ levels: Int) -> String {
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(levels).joined(separator: "/")
    }
}

/// What a program said, and how it ended.
struct PeerOutcome: CustomStringConvertible {
    /// Its exit code; nil where it didn't end in time.
    let code: Int32?
    /// Standard output.
    let output: String
    /// Standard error.
    let errors: String

    var succeeded: Bool { code == 0 }
    var description: String { "exit code \(code.map { "\($0)" } ?? "none, it still ran")\n\(output)\(errors)" }

    /// A member of the one-line JSON objects that it wrote.
    func fact(_ name: String) -> JSONValue? { PeerOutput.fact(name, in: output) }

    /// Runs `executable` to its end, with standard output and standard error kept apart.
    static func run(
        _ executable: String, _ arguments: [String], within timeout: Duration = .seconds(60)
    ) throws -> PeerOutcome {
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        let process = try ChildProcess(
            executable, arguments, environment: PeerOutput.environment, output: "\(directory)/stdout",
            errors: "\(directory)/stderr")
        let code = process.waitForExit(within: timeout)
        process.kill()
        return PeerOutcome(
            code: code, output: PeerOutput.text("\(directory)/stdout"), errors: PeerOutput.text("\(directory)/stderr"))
    }

    /// Runs a story of a script in `Peers/`.
    static func story(_ name: String, of script: String, _ options: JSONObject) throws -> PeerOutcome {
        try run(Peers.python, [Peers.script(script), name, JSON.text(.object(options))])
    }

    /// The stories that a script has, sorted.
    static func stories(of script: String) throws -> [String] {
        try run(Peers.python, [Peers.script(script), "--list"]).output.split(separator: "\n").map(String.init)
    }
}

/// A script of `Peers/` that serves until this object goes.
final class PeerServer: Sendable {
    private let process: ChildProcess
    private let directory: String

    /// Starts a script and waits for its first line.
    init(_ script: String, _ arguments: [String] = []) throws {
        directory = try TemporaryDirectory.make()
        process = try ChildProcess(
            Peers.python, [Peers.script(script)] + arguments, environment: PeerOutput.environment,
            output: "\(directory)/stdout", errors: "\(directory)/stderr")
        guard Deadline(in: .seconds(30)).poll(until: { output.contains("\n") || !process.isRunning }),
            process.isRunning
        else { throw HarnessError("\(script) did not start: \(PeerOutput.text("\(directory)/stderr"))") }
    }

    deinit {
        process.kill()
        TemporaryDirectory.remove(directory)
    }

    /// What it has written so far.
    var output: String { PeerOutput.text("\(directory)/stdout") }

    /// A member of the JSON objects that it has written.
    func fact(_ name: String) -> JSONValue? { PeerOutput.fact(name, in: output) }

    /// Waits until it has written `text`.
    func waitForOutput(_ text: String) -> Bool { Deadline(in: .seconds(20)).poll { output.contains(text) } }

    /// Ends it, with its connections.
    func stop() { process.kill() }
}

enum PeerOutput {
    /// No proxy of the environment may come between, and no compiled scripts may be left in the sources.
    static let environment = [
        "NO_PROXY": "*", "no_proxy": "*", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
    ]

    static func text(_ path: String) -> String {
        guard let bytes = try? File.read(path, limit: 16 * 1024 * 1024) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func fact(_ name: String, in output: String) -> JSONValue? {
        for line in output.split(separator: "\n") where line.hasPrefix("{") {
            if let value = try? JSON.parse(String(line))[name] { return value }
        }
        return nil
    }
}
