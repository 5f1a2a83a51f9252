// A log that takes nothing: a pipe that nobody reads, a full disk. Tunnels go on as if nothing were wrong; the lines that
// find no room are dropped and counted, and when there is room again, lines come again.
import BridgeClient
import Glibc
import JSON
import MockServers
import System
import TestSupport
import Testing
import WebSocket

/// A directory for logs, one of which takes nothing.
private final class StubbornLogs {
    enum Kind: String, CaseIterable, Sendable { case pipeThatNobodyReads, fullDisk }

    let directory: String
    private var pipe: Descriptor?

    init(_ kind: Kind) throws {
        directory = try TemporaryDirectory.make()
        // Workers may be somebody else, but it is the master who opens logs.
        for name in ["http-access.log", "http-error.log"] {
            let path = "\(directory)/\(name)"
            switch kind {
            case .fullDisk: guard unsafe symlink("/dev/full", path) == 0 else { throw HarnessError("symlink \(path)") }
            case .pipeThatNobodyReads:
                guard unsafe mkfifo(path, 0o600) == 0 else { throw HarnessError("mkfifo \(path)") }
            }
        }
        guard kind == .pipeThatNobodyReads else { return }
        // Open, so that the daemon can open it, and small.
        let number = unsafe open("\(directory)/http-access.log", O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else { throw HarnessError("cannot open the pipe") }
        pipe = Descriptor(owning: number)
        let setPipeSize: Int32 = 1031
        _ = fcntl(number, setPipeSize, 4096)
        let other = unsafe open("\(directory)/http-error.log", O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard other >= 0 else { throw HarnessError("cannot open the pipe") }
        second = Descriptor(owning: other)
        _ = fcntl(other, setPipeSize, 4096)
    }

    private var second: Descriptor?

    deinit { TemporaryDirectory.remove(directory) }

    /// Reads what waits in the access log's pipe, and answers it.
    func drain() -> String {
        guard let pipe else { return "" }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var text = ""
        while true {
            let count = unsafe read(pipe.number, &buffer, buffer.count)
            guard count > 0 else { return text }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}

@Suite(.serialized) struct BlockedLogTests {
    @Test(arguments: StubbornLogs.Kind.allCases, [0, 2])
    private func tunnelsGoOn(_ kind: StubbornLogs.Kind, _ workers: Int) throws {
        let logs = try StubbornLogs(kind)
        let stage = try Stage {
            $0.workers = workers
            $0["admin", "enabled"] = true
            $0["logs", "directory"] = .string(logs.directory)
            $0["logs", "level"] = "debug"
        }
        let daemon = stage.daemon
        let options = stage.options()
        var plan = SteadyLoad.Plan(tunnels: 10, upgradesPerSecond: 60)
        plan.messagesPerSecond = 20
        plan.patience = .seconds(5)
        let load = try SteadyLoad(plan) { options }
        #expect(load.waitUntilSteady(), "\(load.report.account)\n\(daemon.account)")
        let isDropped = Deadline(in: .seconds(60)).poll {
            ((try? daemon.metrics().sum("secure_proxy_log_lines_dropped_total")) ?? nil).map { $0 > 0 } ?? false
        }
        #expect(isDropped, "no line is dropped\n\(load.report.account)")
        // The longest time that a block took to come back stays what it is without logs.
        #expect(load.waitForMessages(400), "\(load.report.account)")
        #expect(load.waitForUpgrades(60), "\(load.report.account)")
        if kind == .pipeThatNobodyReads {
            // Read again, it is written again.
            var text = ""
            #expect(
                Deadline(in: .seconds(20)).poll {
                    text += logs.drain()
                    return text.utf8.count > 20_000
                }, "only \(text.utf8.count) bytes come out of the pipe")
            #expect(text.split(separator: "\n").dropFirst().dropLast().contains { $0.contains("status=101") })
        }
        let report = load.stop()
        #expect(report.isFlawless, "\(report.account)\n\(daemon.account)")
        #expect(try daemon.stop(within: .seconds(15)) == 0)
        #expect(daemon.waitForEverybodysEnd())
    }
}
