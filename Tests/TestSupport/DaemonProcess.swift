public import BridgeClient
internal import Bytes
public import Glibc
internal import JSON
internal import System

/// The real `secure-proxy` in a process of its own, with a directory, settings and ports of its own.
///
/// Ready when `init` returns. Killed, and its directory removed, when this object goes.
public final class DaemonProcess: Sendable {
    /// Its directory: proxy.json, `certs/`, `logs/`, `stderr`.
    public let directory: String
    /// The ports it listens at.
    public let ports: DaemonPorts
    /// How clients verify it: its self-signed certificate is their only authority.
    public let trust: ServerTrust
    /// The process.
    public let process: ChildProcess

    /// Starts the daemon and waits until it says that it is ready.
    public init(_ settings: DaemonSettings, within timeout: Duration = .seconds(30)) throws {
        let executable = try BuiltProgram.path("secure-proxy")
        directory = try TemporaryDirectory.make()
        var attempt = 0
        while true {
            attempt += 1
            let ports = try Self.choosePorts(settings)
            try File.write(settings.document(ports), to: "\(directory)/proxy.json", permissions: 0o600)
            try File.remove("\(directory)/stderr")
            let process = try ChildProcess(
                executable, ["run", "--config", "\(directory)/proxy.json", "--workers", "0"],
                // A daemon that crashes shall end, not compose a report for minutes.
                environment: ["SWIFT_BACKTRACE": "enable=no"], output: "\(directory)/stdout",
                errors: "\(directory)/stderr")
            let path = "\(directory)/stderr"
            let hasSpoken = Deadline(in: timeout).poll {
                Self.text(path).contains("secure-proxy is ready") || !process.isRunning
            }
            if hasSpoken, process.isRunning {
                (self.process, self.ports) = (process, ports)
                break
            }
            let words = Self.text(path)
            process.kill()
            // EADDRINUSE: somebody took a port between the choice and the start.
            guard attempt < 5, words.contains("cannot listen") else {
                TemporaryDirectory.remove(directory)
                throw HarnessError(
                    "secure-proxy is not ready (\(hasSpoken ? "it ended" : "no word within \(timeout)")): \(words)")
            }
        }
        trust = .authorities(pem: try File.read("\(directory)/certs/servercert.pem"), label: "servercert.pem")
    }

    deinit {
        process.kill()
        TemporaryDirectory.remove(directory)
    }

    private static func choosePorts(_ settings: DaemonSettings) throws -> DaemonPorts {
        var ports = DaemonPorts()
        let single = settings.bridges.filter { $0.portCount == 1 }
        var chosen = try FreePorts.several(single.count + 1)
        ports.frontDoor = chosen.removeLast()
        for (bridge, port) in zip(single, chosen) { ports.bridges[bridge.name] = port }
        for bridge in settings.bridges where bridge.portCount > 1 {
            var first = try FreePorts.consecutive(bridge.portCount)
            // Applications are below the ports that lead to them: the scale factor isn't negative.
            let lowest = Int(settings.firstScaledBackend ?? 0) + bridge.portCount
            let deadline = Deadline(in: .seconds(5))
            while Int(first) < lowest, !deadline.hasPassed { first = try FreePorts.consecutive(bridge.portCount) }
            ports.bridges[bridge.name] = first
        }
        return ports
    }

    // MARK: Reaching it

    /// Its process id.
    public var pid: pid_t { process.pid }

    /// The (first) port of the bridge called `name`.
    public func port(_ name: String = "wss") -> UInt16 { ports.bridges[name] ?? 0 }

    /// The certificate that clients have to trust, as a file.
    public var certificatePath: String { "\(directory)/certs/servercert.pem" }

    /// How a client opens a WebSocket at the bridge called `name`; `offset` counts the ports of a range.
    public func bridge(_ name: String = "wss", offset: UInt16 = 0, token: String? = nil) -> BridgeOptions {
        BridgeOptions(host: "127.0.0.1", port: port(name) + offset, trust: trust, token: token)
    }

    /// The OAuth front door.
    public var frontDoor: ClientEndpoint {
        ClientEndpoint(host: "127.0.0.1", port: ports.frontDoor, trust: trust)
    }

    // MARK: Ending it

    /// Sends `number` and waits for the end.
    ///
    /// - Returns: the exit code; 128 + the signal where one killed it.
    public func stop(_ number: Int32 = SIGTERM, within timeout: Duration = .seconds(30)) throws -> Int32 {
        process.signal(number)
        guard let code = process.waitForExit(within: timeout) else {
            throw HarnessError("secure-proxy still runs \(timeout) after signal \(number)\n\(account)")
        }
        return code
    }

    // MARK: Looking at it

    /// Bytes of memory that it holds.
    public var residentBytes: Int { process.residentBytes }

    /// How many descriptors it has open.
    public var openDescriptors: Int { DirectoryListing.names("/proc/\(pid)/fd").count }

    /// What it said on standard error.
    public var errorOutput: String { Self.text("\(directory)/stderr") }

    /// Its log of messages.
    public var errorLog: String { Self.text("\(directory)/logs/nginx-error.log") }

    /// Its log of requests and tunnels.
    public var accessLog: String { Self.text("\(directory)/logs/http-access.log") }

    /// Waits until the access log holds `text`, and answers whether it does.
    public func waitForAccessLog(_ text: String, within timeout: Duration = .seconds(10)) -> Bool {
        Deadline(in: timeout).poll { accessLog.contains(text) }
    }

    /// The ends of all that it said, for messages of failed tests.
    public var account: String {
        func tail(_ text: String) -> String { text.split(separator: "\n").suffix(30).joined(separator: "\n") }
        return "--- stderr\n\(tail(errorOutput))\n--- messages\n\(tail(errorLog))\n--- access\n\(tail(accessLog))"
    }

    private static func text(_ path: String) -> String {
        guard File.exists(path), let bytes = try? File.read(path, limit: 64 * 1024 * 1024) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
