// The load generator of Benchmarks/ as tests use it: its backend, a daemon before that, and one run at a time.
import Glibc
import JSON
import MockServers
import System
import TestSupport

/// What a run of `secure-proxy-bench` said.
struct BenchRun {
    let code: Int32?
    let output: String
    let errors: String
    /// Its report; null where there is none.
    let report: JSONValue

    /// A count in the report.
    func count(_ name: String) -> Int64? { report[name]?.integer }

    /// All of it, for messages of failed tests.
    var account: String { "exit code \(code.map { "\($0)" } ?? "none"): \(output) \(errors)" }

    /// Runs it to its end; one that hangs is ended after `timeout`.
    init(_ arguments: [String], within timeout: Duration = .seconds(60)) throws {
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        let process = try ChildProcess(
            BuiltProgram.path("secure-proxy-bench"), arguments, output: "\(directory)/output",
            errors: "\(directory)/errors")
        code = process.waitForExit(within: timeout)
        process.kill()
        func text(_ name: String) -> String {
            (try? File.read("\(directory)/\(name)")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        (output, errors) = (text("output"), text("errors"))
        report = (try? JSON.parse(output)) ?? .null
    }
}

/// `secure-proxy-bench --serve`: an echo, and an application that does what it is asked.
final class BenchBackend {
    let echo: UInt16
    let any: UInt16
    let process: ChildProcess
    private let directory: String

    /// Starts it and waits until it listens.
    init() throws {
        directory = try TemporaryDirectory.make()
        let output = "\(directory)/output"
        func spoken() -> String { (try? File.read(output)).map { String(decoding: $0, as: UTF8.self) } ?? "" }
        // Somebody may take a port between the choice and the start.
        for attempt in 1... {
            let ports = try FreePorts.several(2)
            let process = try ChildProcess(
                BuiltProgram.path("secure-proxy-bench"), ["--serve", "echo:\(ports[0]),any:\(ports[1])", "--verify"],
                output: output, errors: output)
            _ = Deadline(in: .seconds(20)).poll { spoken().contains("secure-proxy-bench serves") || !process.isRunning }
            if process.isRunning {
                (echo, any, self.process) = (ports[0], ports[1], process)
                return
            }
            guard attempt < 5 else { break }
        }
        throw HarnessError("secure-proxy-bench doesn't serve: \(spoken())")
    }

    deinit {
        process.kill()
        TemporaryDirectory.remove(directory)
    }

    /// Tells it to end: 0, or 1 where a byte of an upload was wrong.
    func stop() -> Int32? {
        process.signal(SIGTERM)
        return process.waitForExit(within: .seconds(20))
    }
}

/// A daemon before such a backend: the bridge `wss` leads to `any`, the bridge `echo` to the echo.
final class BenchScene {
    let backend: BenchBackend
    let world: MockWorld
    let daemon: DaemonProcess
    private let directory: String

    init(tokens: Int = 1, adjust: (inout DaemonSettings, MockWorld) throws -> Void = { _, _ in }) throws {
        let backend = try BenchBackend()
        let world = try MockWorld()
        var settings = DaemonSettings(discovery: world.oauth.url(.discovery), backendPort: backend.any)
        settings.addBridge("echo", port: backend.echo)
        try adjust(&settings, world)
        daemon = try DaemonProcess(settings)
        directory = try TemporaryDirectory.make()
        (self.backend, self.world) = (backend, world)
        let lines = (0..<tokens).map { _ in world.token() + "\n" }.joined()
        try File.write(Array(lines.utf8), to: "\(directory)/tokens", permissions: 0o600)
    }

    deinit { TemporaryDirectory.remove(directory) }

    /// One token a line.
    var tokenFile: String { "\(directory)/tokens" }

    /// A run through the daemon, with a JSON report, all bytes compared and the daemon's cost.
    func run(_ mode: String, through bridge: String, _ arguments: [String]) throws -> BenchRun {
        let target = "127.0.0.1:\(daemon.port(bridge))"
        return try BenchRun(
            [mode, "--wss", target, "--ca", daemon.certificatePath, "--token-file", tokenFile, "--verify", "--json"]
                + ["--pid", "\(daemon.pid)", "--children"] + arguments)
    }
}
