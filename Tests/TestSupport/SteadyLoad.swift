// Clients that never rest, beside whatever a story does to the daemon meanwhile.
//
// Rules:
// - Tunnels send numbered text (BytePattern) and hold every byte that comes back against it. A block is sent when the
//   one before is back, so at most one is under way.
// - A tunnel that ends for whatever reason is counted under that reason and opened again.
// - Visits are short: connect, upgrade, one word there and back, Close. They come at a steady rate.
// - Everything lives on the load's own threads; the report is all that is shared.
public import BridgeClient
internal import Bytes
internal import MockServers
internal import Synchronization
internal import System

/// Tunnels that echo without pause, and new clients at a steady rate.
public final class SteadyLoad: Sendable {
    /// How much of what.
    public struct Plan: Sendable {
        /// Tunnels that stay.
        public var tunnels: Int
        /// Short visits a second.
        public var upgradesPerSecond: Double
        /// Blocks that each tunnel sends in a second, as long as they come back in time.
        public var messagesPerSecond = 5.0
        /// Sizes of blocks, in bytes.
        public var blockSizes = 1...1200
        /// How long a block may take there and back.
        public var patience: Duration = .seconds(20)
        /// Threads that the clients share.
        public var threads = 2

        /// A plan; the rest can be changed.
        public init(tunnels: Int, upgradesPerSecond: Double) {
            self.tunnels = tunnels
            self.upgradesPerSecond = upgradesPerSecond
        }
    }

    private let plan: Plan
    private let threads: [LoadThread.Box]
    private let record: LoadRecord

    /// Starts at once.
    ///
    /// - Parameter options: how each connection is made; called for each anew, on the load's threads.
    public init(_ plan: Plan, options: @escaping @Sendable () -> BridgeOptions) throws {
        self.plan = plan
        let record = LoadRecord()
        self.record = record
        let count = max(1, plan.threads)
        threads = try (0..<count).map { index in
            var share = plan
            share.tunnels = plan.tunnels / count + (index < plan.tunnels % count ? 1 : 0)
            share.upgradesPerSecond = plan.upgradesPerSecond / Double(count)
            return try LoadThread.Box(share, index: index, record: record, options: options)
        }
    }

    deinit { for thread in threads { thread.host.stop() } }

    /// What was seen so far.
    public var report: LoadReport { record.report }

    /// Waits until every tunnel is open and has echoed.
    public func waitUntilSteady(within timeout: Duration = .seconds(60)) -> Bool {
        Deadline(in: timeout).poll { report.open == plan.tunnels && report.messages >= plan.tunnels }
    }

    /// Waits until every tunnel is open and `messages` more have come back.
    public func waitForMessages(_ messages: Int, within timeout: Duration = .seconds(60)) -> Bool {
        let goal = report.messages + messages
        return Deadline(in: timeout).poll { report.messages >= goal && report.open == plan.tunnels }
    }

    /// Waits until `count` more visits are through.
    public func waitForUpgrades(_ count: Int, within timeout: Duration = .seconds(60)) -> Bool {
        let goal = report.upgrades + count
        return Deadline(in: timeout).poll { report.upgrades >= goal }
    }

    /// Lets every tunnel get its last block back and close, and answers the whole report.
    public func stop(within timeout: Duration = .seconds(60)) -> LoadReport {
        for thread in threads { thread.leave() }
        let hasLeft = Deadline(in: timeout).poll { report.open == 0 && report.visiting == 0 }
        if !hasLeft {
            record.change {
                $0.silent += $0.open + $0.visiting
                $0.note("\($0.open) tunnels and \($0.visiting) visits don't come to their end within \(timeout)")
            }
        }
        for thread in threads { thread.host.stop() }
        return report
    }
}

/// One of a report's counters.
typealias LoadCounter = any WritableKeyPath<LoadReport, Int> & Sendable

/// The report behind a lock, and the time since the start for what is noted in it.
final class LoadRecord: Sendable {
    private let state = Mutex(LoadReport())
    private let start = Clock.monotonic

    var report: LoadReport { state.withLock { $0 } }

    func change(_ body: (inout sending LoadReport) -> Void) { state.withLock { body(&$0) } }

    /// Counts something under `counter` and notes what it was.
    func trouble(_ counter: LoadCounter, _ words: String) {
        let time = (Clock.monotonic - start).components
        let seconds = "\(time.seconds).\(time.attoseconds / 100_000_000_000_000_000) s"
        state.withLock {
            $0[keyPath: counter] += 1
            $0.note("after \(seconds): \(words)")
        }
    }

    /// Counts a connection that ended where it should not have.
    func unexpected(_ end: BridgeEnd, wasOpen: Bool, of whom: String) {
        switch end {
        case .refused(let response): trouble(\.rejected, "\(whom): answered \(response.status)")
        case .closed(let closure): trouble(\.brokenOff, "\(whom): ended \(closure)")
        case .failed(.dial(let error, let endpoint)): trouble(\.refused, "\(whom): \(endpoint): \(error)")
        case .failed(.webSocket(let error)): trouble(\.corrupt, "\(whom): \(error)")
        case .failed(let error): trouble(wasOpen ? \.brokenOff : \.unanswered, "\(whom): \(error)")
        }
    }
}
