// The logs of one process.
//
// Rules:
// - Nobody waits for a log: lines are put into a queue, a thread of its own writes them (System.LogPump), and what the
//   queue has no room for is dropped and counted.
// - A file that takes nothing doesn't silence the others: each has its queue. Other targets share one.
// - What was lost is told in the error log as soon as lines go through again, at most once a second.
// - A line below the level, or of a request that isn't asked for, is never put together.
// - The numbers of the descriptors stay the same for the life of the process: reopening puts new files under them.
internal import Bridge
internal import Bytes
internal import Settings
internal import System
internal import Telemetry

/// The error, HTTP error and access log of this process.
final class Logs {
    private let scope: AccessLogScope
    private let targets: LogTargets
    /// One for each log, or one for all.
    private let queues: [LogQueue]
    private let line: LogLine
    private let metrics: MetricsSlot
    private let threshold: Telemetry.LogLevel
    private var toldAt: MonotonicTime?

    /// Loss is told at most this often: a log that goes on and off would otherwise fill with it.
    private static let tellInterval: Duration = .seconds(1)
    /// What may wait to be written, in bytes for each queue.
    private static let queueBytes = 512 * 1024

    /// Logs that follow `settings` and write to `targets`.
    init(_ settings: LogSettings, _ targets: LogTargets, metrics: MetricsSlot = MetricsSlot()) throws(SystemError) {
        scope = settings.access
        self.targets = targets
        self.metrics = metrics
        line = LogLine(settings)
        threshold = Telemetry.LogLevel(name: settings.level.rawValue) ?? .error
        var queues: [LogQueue] = []
        let numbers = targets.descriptors.map(\.number)
        // Only the access log is written so often that waking somebody for each line counts.
        let access = LogKind.access.rawValue
        if settings.output == .files {
            for (index, number) in numbers.enumerated() {
                queues.append(
                    try LogQueue(
                        targets: [number], patient: index == access ? [0] : [], capacity: Self.queueBytes))
            }
        } else {
            queues.append(try LogQueue(targets: numbers, patient: [access], capacity: Self.queueBytes))
        }
        self.queues = queues
    }

    /// What this process goes through: start, settings, reload, end.
    var process: Log { log(.process) }

    /// What happens with clients, backends and the provider.
    var traffic: Log { log(.traffic) }

    private func log(_ kind: LogKind) -> Log {
        Log(threshold: threshold) { [self] level, message in
            write(line.message(level, message, kind: kind, time: Clock.unixNanoseconds), to: kind)
        }
    }

    // MARK: Access

    /// Writes the line of a tunnel that has ended: who, where, how long, how much, and how it ended.
    func tunnelEnded(_ report: TunnelReport) {
        if scope != .none { access(.tunnel(report)) }
    }

    /// Writes the line of a request that was answered, where the settings ask for it.
    func answered(_ report: AnswerReport) {
        switch scope {
        case .none: return
        case .failures where (200..<400).contains(report.status): return
        case .failures, .all: access(.answer(report))
        }
    }

    private func access(_ event: AccessValues.Event) {
        write(line.access(AccessValues(event: event, time: Clock.unixNanoseconds)), to: .access)
    }

    // MARK: Loss

    /// Lines that were lost: a target was full, gone or too slow.
    var dropped: UInt64 { queues.reduce(0) { $0 &+ $1.lost } }

    private func write(_ bytes: [UInt8], to kind: LogKind) {
        enqueue(bytes, to: kind)
        noteLoss()
    }

    private func enqueue(_ bytes: [UInt8], to kind: LogKind) {
        if queues.count > 1 {
            queues[kind.rawValue].write(bytes, to: 0)
        } else {
            queues.first?.write(bytes, to: kind.rawValue)
        }
    }

    /// Counts what was lost, and tells it once lines go through again. Each line written does this; a process calls it
    /// once a second or so besides, for the loss that no further line follows.
    func noteLoss() {
        countLoss()
        let untold = queues.reduce(0) { $0 &+ $1.untold }
        if untold > 0 { tell(untold) }
    }

    private func countLoss() {
        for queue in queues {
            let lost = queue.newlyLost()
            if lost > 0 { metrics.add(.droppedLogLines, lost) }
        }
    }

    private func tell(_ lost: UInt64) {
        let now = Clock.monotonic
        if let toldAt, now - toldAt < Self.tellInterval { return }
        toldAt = now
        for queue in queues where queue.untold > 0 { queue.noteTold() }
        let message = "\(lost) log lines were lost: a log was full, gone or too slow"
        enqueue(line.message(.warn, message, kind: .process, time: Clock.unixNanoseconds), to: .process)
    }

    // MARK: Life

    /// Puts `fresh` in the place of the present targets; lines that are being written may go to either.
    func reopen(_ fresh: LogTargets) {
        for (present, new) in zip(targets.descriptors, fresh.descriptors) {
            do throws(SystemError) { try new.duplicate(onto: present.number) } catch {
                process(.error, "logs: \(error)")
            }
        }
    }

    /// Lets the lines written so far reach their targets, for `limit` at most; nothing is written after it.
    func finish(within limit: Duration) {
        toldAt = nil
        noteLoss()
        let end = Clock.monotonic + limit
        for queue in queues { queue.finish(within: max(.zero, end - Clock.monotonic)) }
        countLoss()
    }
}
