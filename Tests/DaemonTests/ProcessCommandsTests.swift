import Bytes
import Glibc
import Settings
import System
import Testing

@testable import Daemon

@Suite(.serialized) struct ProcessCommandsTests {
    let place: Workplace
    let said = Said()

    init() throws { place = try Workplace() }

    private static let limits = #""workerStartTimeout": "5s", "closeTimeout": "1s", "shutdownTimeout": "1s""#

    private func settings() throws -> String {
        try place.settings(#", "limits": { \#(Self.limits) }, "admin": { "pidFile": "proxy.pid" }"#)
    }

    private var pidFile: String { place("proxy.pid") }

    private enum Command: CaseIterable { case reload, stop, drain, reopen }

    private func run(_ command: Command, _ file: String) -> ExitCode {
        switch command {
        case .reload: Commands.reload(settingsFile: file, output: said.output)
        case .stop: Commands.stop(settingsFile: file, gracefully: false, output: said.output)
        case .drain: Commands.stop(settingsFile: file, gracefully: true, output: said.output)
        case .reopen: Commands.reopen(settingsFile: file, output: said.output)
        }
    }

    // MARK: Nobody to be told

    @Test func settingsThatCannotBeReadAreTheOperatorsMistake() throws {
        let wrong = try place.write("{", to: "wrong.json")
        for command in Command.allCases {
            #expect(run(command, place("none.json")) == .usage)
            #expect(run(command, wrong) == .usage)
        }
        #expect(said.lines == [])
        #expect(said.errors.count == 8)
        #expect(said.errors.first?.contains("cannot read the settings") == true)
    }

    /// A number that a daemon left behind is somebody else's by now: this process's, here.
    @Test func nobodyIsSignalledWhereNoneRuns() throws {
        let file = try settings()
        for content in [nil, "", "\(ThisProcess.id)\n", "garbage"] {
            if let content { try place.write(content, to: "proxy.pid") }
            for command in Command.allCases { #expect(run(command, file) == .failure) }
        }
        #expect(said.lines == [])
        #expect(Set(said.errors) == ["no secure-proxy runs with these settings (nobody holds \(pidFile))"])
    }

    // MARK: A daemon of its own process, which does what it is told by its name

    /// Runs `command` while a daemon with `behaviour` runs.
    private func run(_ command: Command, with behaviour: FakeDaemon.Behaviour) async throws -> ExitCode {
        let file = try settings()
        let pidFile = pidFile
        async let daemon: Void = FakeDaemon.run(pidFile, behaviour)
        try await FakeDaemon.runs(pidFile)
        let code = run(command, file)
        // Of two signals that wait, the later may be handled first.
        if behaviour == .reopens { try eventually { File.exists("\(pidFile).reopened") } }
        if let pid = PidFile.runningProcess(pidFile), pid != ThisProcess.id { ChildProcesses.signal(pid, 12) }
        await daemon
        return code
    }

    @Test func aReloadThatSucceeds() async throws {
        #expect(try await run(.reload, with: .accepts) == .success)
        #expect(said.lines == ["reloaded"])
        #expect(said.errors == [])
    }

    /// The outcome of the reload before is no answer to this one. What the daemon quotes commands no terminal.
    @Test func anEarlierOutcomeIsNotTakenForThisOne() async throws {
        ReloadOutcome(count: 1, problem: nil).write(pidFile)
        #expect(try await run(.reload, with: .refuses) == .failure)
        #expect(said.lines == [])
        #expect(said.errors == ["refused, the running configuration stays:\nerror: one\nerror: two\\x1B[2J"])
    }

    @Test func aReloadThatEndsTheDaemon() async throws {
        #expect(try await run(.reload, with: .ends) == .failure)
        #expect(said.errors == ["the daemon has ended; the error log says why"])
    }

    @Test func aReloadThatNothingComesOf() async throws {
        let file = try place.settings(
            #", "limits": { "workerStartTimeout": "100ms" }, "admin": { "pidFile": "proxy.pid" }"#)
        let pidFile = pidFile
        async let daemon: Void = FakeDaemon.run(pidFile, .ignores)
        try await FakeDaemon.runs(pidFile)
        #expect(run(.reload, file) == .failure)
        #expect(said.errorText.contains("was asked to reload, and nothing came of it within 10.1 seconds"))
        if let pid = PidFile.runningProcess(pidFile) { ChildProcesses.signal(pid, 12) }
        await daemon
    }

    @Test(arguments: [(false, FakeDaemon.Behaviour.endsByTerminate), (true, .endsByQuit)])
    func stoppingWaitsUntilItIsGone(gracefully: Bool, behaviour: FakeDaemon.Behaviour) async throws {
        #expect(try await run(gracefully ? .drain : .stop, with: behaviour) == .success)
        #expect(PidFile.runningProcess(pidFile) == nil)
        #expect(said.lines == ["stopped"])
    }

    @Test func reopeningIsASignal() async throws {
        #expect(try await run(.reopen, with: .reopens) == .success)
        #expect(said.text.hasSuffix(" reopens its logs"))
    }
}

/// A process that owns a pid file and answers signals; 12 ends it.
enum FakeDaemon {
    enum Behaviour: String, Sendable, CaseIterable {
        /// To a reload: yes, no, its end, and nothing.
        case accepts, refuses, ends, ignores
        /// To be ended: by these alone.
        case endsByTerminate, endsByQuit
        /// To the logs' signal: a file.
        case reopens
    }

    static func run(_ pidFile: String, _ behaviour: Behaviour) async {
        let name = behaviour.rawValue
        await #expect(processExitsWith: .success) { [pidFile = pidFile as String, name = name as String] in
            try FakeDaemon.serve(pidFile, name)
        }
    }

    /// Waits until it runs, without keeping the thread that starts it.
    static func runs(_ pidFile: String) async throws {
        let end = Clock.monotonic + .seconds(50)
        while PidFile.runningProcess(pidFile) == nil {
            guard Clock.monotonic < end else { throw NotInTime() }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Where the handlers write the signals: a signalfd would need them blocked in every thread of this process.
    nonisolated(unsafe) private static var inbox: Int32 = -1

    private static func serve(_ pidFile: String, _ name: String) throws {
        guard let behaviour = Behaviour(rawValue: name) else { ThisProcess.exitNow(7) }
        let (reading, writing) = try Descriptor.pipe()
        unsafe inbox = writing.number
        for number in [SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM] {
            _ = signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = unsafe write(FakeDaemon.inbox, &byte, 1)
            }
        }
        let owned = try PidFile.acquire(pidFile)
        let epoll = try Epoll(capacity: 1)
        try epoll.add(reading.number, .readable, edgeTriggered: false, tag: 0)
        while try epoll.wait(timeoutMilliseconds: 60_000) == 1 {
            let number = try File.readSome(descriptor: reading.number, named: "inbox", limit: 1).first
            switch (number.flatMap { SignalSource.Signal(rawValue: Int32($0)) }, behaviour) {
            case (.hangup, .accepts): ReloadOutcome(count: 2, problem: nil).write(pidFile)
            case (.hangup, .refuses): ReloadOutcome(count: 2, problem: "error: one\nerror: two\u{1B}[2J").write(pidFile)
            case (.hangup, .ignores): break
            case (.user1, .reopens): try File.write([], to: "\(pidFile).reopened", permissions: 0o600)
            case (.user2, _), (.hangup, .ends), (.terminate, .endsByTerminate), (.quit, .endsByQuit):
                owned.release()
                return
            default: ThisProcess.exitNow(9)
            }
        }
        ThisProcess.exitNow(8)
    }
}
