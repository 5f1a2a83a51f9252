public import BridgeClient
internal import Bytes
public import Glibc
internal import JSON
internal import Synchronization
internal import System

/// The real `secure-proxy` in processes of its own, with a directory, settings and ports of its own.
///
/// Ready when `init` returns. Killed with all its workers, and its directory removed, when this object goes.
public final class DaemonProcess: Sendable {
    /// Its directory: proxy.json, `certs/`, `logs/`, `stderr`.
    public let directory: String
    /// The ports it listens at.
    public let ports: DaemonPorts
    /// How clients verify it: its authority, or its self-signed certificate.
    public let trust: ServerTrust
    /// What it was started with; ``write(_:)`` puts others into its file.
    public let settings: DaemonSettings
    /// All processes that were its master, the present one last.
    private let masters: Mutex<[ChildProcess]>

    /// Starts the daemon and waits until it says that it is ready.
    public init(
        _ settings: DaemonSettings, launch: DaemonLaunch = DaemonLaunch(), within timeout: Duration = .seconds(30)
    ) throws {
        directory = try TemporaryDirectory.make()
        self.settings = settings
        do {
            if let authority = settings.authority { try TestAuthority.install(authority.issue(), in: directory) }
            let started = try Self.start(settings, launch, in: directory, within: timeout)
            ports = started.ports
            masters = Mutex([started.process])
            if let authority = settings.authority {
                trust = authority.trust
            } else {
                trust = .authorities(pem: try File.read("\(directory)/certs/servercert.pem"), label: "servercert.pem")
            }
        } catch {
            TemporaryDirectory.remove(directory)
            throw error
        }
    }

    deinit {
        // Whoever is left in a master's process group ends with it.
        let all = masters.withLock { masters in
            defer { masters = [] }
            return masters
        }
        for process in all.reversed() { process.kill() }
        TemporaryDirectory.remove(directory)
    }

    // MARK: Starting

    private static func start(
        _ settings: DaemonSettings, _ launch: DaemonLaunch, in directory: String, within timeout: Duration
    ) throws -> (ports: DaemonPorts, process: ChildProcess) {
        var attempt = 0
        while true {
            attempt += 1
            let ports = try choosePorts(settings)
            try File.write(settings.document(ports), to: "\(directory)/proxy.json", permissions: 0o600)
            try File.remove("\(directory)/stderr")
            var launch = launch
            for (place, number) in try (launch.socketsFor?(ports) ?? []).enumerated() {
                launch.descriptors.append((number: number, as: 3 + Int32(place)))
            }
            do {
                return (ports, try spawn(settings, launch, in: directory, within: timeout))
            } catch let error as NotReady {
                // EADDRINUSE: somebody took a port between the choice and the start.
                guard attempt < 5, error.words.contains("cannot listen") || error.words.contains("EADDRINUSE") else {
                    throw error.asHarnessError
                }
            }
        }
    }

    private struct NotReady: Error {
        var reason: String
        var words: String
        var asHarnessError: HarnessError { HarnessError("secure-proxy is not ready (\(reason)): \(words)") }
    }

    private static func spawn(
        _ settings: DaemonSettings, _ launch: DaemonLaunch, in directory: String, within timeout: Duration
    ) throws -> ChildProcess {
        let own = [try BuiltProgram.path("secure-proxy"), "run", "--config", "\(directory)/proxy.json"]
        let command = launch.before + own + (settings.workers == 0 ? ["--workers", "0"] : []) + launch.arguments
        // A daemon that crashes shall end, not compose a report for minutes.
        var environment = ["SWIFT_BACKTRACE": "enable=no"]
        environment.merge(launch.environment) { $1 }
        let errors = "\(directory)/stderr"
        let before = text(errors).utf8.count
        let process = try ChildProcess(
            command[0], Array(command.dropFirst()), environment: environment, output: "\(directory)/stdout",
            errors: errors, descriptors: launch.descriptors)
        func spoken() -> String { String(decoding: text(errors).utf8.dropFirst(before), as: UTF8.self) }
        let hasSpoken = Deadline(in: timeout).poll { spoken().contains(readyWords) || !process.isRunning }
        if hasSpoken, process.isRunning { return process }
        let words = spoken()
        process.kill()
        throw NotReady(reason: hasSpoken ? "it ended" : "no word within \(timeout)", words: words)
    }

    /// What it says on standard error when clients can come.
    static let readyWords = "secure-proxy is ready"

    private static func choosePorts(_ settings: DaemonSettings) throws -> DaemonPorts {
        var ports = DaemonPorts()
        let single = settings.bridges.filter { $0.portCount == 1 }
        var chosen = try FreePorts.several(single.count + 2)
        ports.frontDoor = chosen.removeLast()
        ports.admin = chosen.removeLast()
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

    /// Puts `settings` into its file, with the ports that it has; it reads them when it is told to.
    public func write(_ settings: DaemonSettings) throws {
        try File.write(settings.document(ports), to: settingsPath, permissions: 0o600)
    }

    /// Starts it again after its end: same directory, settings file and ports.
    public func startAgain(launch: DaemonLaunch = DaemonLaunch(), within timeout: Duration = .seconds(30)) throws {
        do {
            let process = try Self.spawn(settings, launch, in: directory, within: timeout)
            masters.withLock { $0.append(process) }
        } catch let error as NotReady {
            throw error.asHarnessError
        }
    }

    /// Every process that was its master.
    var allMasters: [ChildProcess] { masters.withLock { $0 } }

    /// Takes `process` for the master from now on.
    func follow(_ process: ChildProcess) { masters.withLock { $0.append(process) } }

    // MARK: Reaching it

    /// The process: the master where there are workers.
    public var process: ChildProcess {
        masters.withLock { masters in
            guard let last = masters.last else { preconditionFailure("a daemon has at least one process") }
            return last
        }
    }

    /// Its process id.
    public var pid: pid_t { process.pid }

    /// Its settings file.
    public var settingsPath: String { "\(directory)/proxy.json" }

    /// The (first) port of the bridge called `name`.
    public func port(_ name: String = "wss") -> UInt16 { ports.bridges[name] ?? 0 }

    /// The certificate that clients see, as a file.
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

    /// Its log of what went wrong with clients, backends and the provider.
    public var trafficLog: String { Self.text("\(directory)/logs/http-error.log") }

    /// Its log of requests and tunnels.
    public var accessLog: String { Self.text("\(directory)/logs/http-access.log") }

    /// Waits until the access log holds `text`, and answers whether it does.
    public func waitForAccessLog(_ text: String, within timeout: Duration = .seconds(10)) -> Bool {
        Deadline(in: timeout).poll { accessLog.contains(text) }
    }

    /// Waits until the log of messages holds `text`, and answers whether it does.
    public func waitForErrorLog(_ text: String, within timeout: Duration = .seconds(10)) -> Bool {
        Deadline(in: timeout).poll { errorLog.contains(text) }
    }

    /// The ends of all that it said, for messages of failed tests.
    public var account: String {
        func tail(_ text: String) -> String { text.split(separator: "\n").suffix(30).joined(separator: "\n") }
        return "--- stderr\n\(tail(errorOutput))\n--- messages\n\(tail(errorLog))\n--- traffic\n\(tail(trafficLog))"
            + "\n--- access\n\(tail(accessLog))"
    }

    static func text(_ path: String) -> String {
        guard File.exists(path), let bytes = try? File.read(path, limit: 64 * 1024 * 1024) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
