internal import BridgeClient
internal import Bytes
internal import MockServers
internal import Reactor
internal import System

/// One thread's share of a ``SteadyLoad``: its tunnels, and its visits.
final class LoadThread: TimerTarget {
    /// Visits under way at most.
    private static let mostVisits = 100

    let plan: SteadyLoad.Plan
    let record: LoadRecord
    let runtime: ClientRuntime
    let options: @Sendable () -> BridgeOptions
    private(set) var isLeaving = false
    private var tunnels: [LoadTunnel] = []
    private var visits: [Int: LoadVisit] = [:]
    private var visitsBegun = 0
    private let index: Int
    private let start = Clock.monotonic

    init(
        _ plan: SteadyLoad.Plan, index: Int, record: LoadRecord, loop: EventLoop,
        options: @escaping @Sendable () -> BridgeOptions
    ) throws(ClientError) {
        self.plan = plan
        self.index = index
        self.record = record
        self.options = options
        runtime = try ClientRuntime(loop: loop)
        // One after the other, as clients come, and so that they don't all send at the same moment later.
        let pause: Duration = .milliseconds(5)
        for number in 0..<plan.tunnels {
            let tunnel = LoadTunnel(number: number * 16 + index, thread: self)
            tunnels.append(tunnel)
            tunnel.begin(after: pause * number)
        }
        if plan.upgradesPerSecond > 0 { visitLater() }
    }

    /// Every tunnel closes when its block is back; nobody comes any more.
    func leave() {
        isLeaving = true
        for tunnel in tunnels { tunnel.leave() }
    }

    // MARK: Visits

    private func visitLater() {
        _ = runtime.loop.schedule(
            at: Clock.monotonic + .seconds(1) / max(1, plan.upgradesPerSecond), self, purpose: 0)
    }

    /// The event loop's call: it is time for the next visit, or for several after a pause.
    func timerFired(purpose: UInt8) {
        guard !isLeaving else { return }
        visitLater()
        let elapsed = (Clock.monotonic - start) / .seconds(1)
        let due = Int(elapsed * plan.upgradesPerSecond)
        while visitsBegun < due {
            visitsBegun += 1
            guard visits.count < Self.mostVisits else {
                record.change { $0.skipped += 1 }
                continue
            }
            let visit = LoadVisit(number: visitsBegun * 16 + index, thread: self)
            visits[visit.number] = visit
            record.change { $0.visiting += 1 }
            visit.begin()
        }
    }

    /// A visit is over.
    func forget(_ visit: LoadVisit) {
        record.change { $0.visiting -= 1 }
        // Later: it is its connection that calls.
        runtime.loop.enqueue { [weak self] in self?.visits[visit.number] = nil }
    }

    /// A thread with its event loop, for other threads to hold.
    @safe
    final class Box: @unchecked Sendable {
        // Sendable: `thread` is touched on the host's thread only.
        let host: MockHost
        private var thread: LoadThread?

        init(
            _ plan: SteadyLoad.Plan, index: Int, record: LoadRecord, options: @escaping @Sendable () -> BridgeOptions
        ) throws {
            host = try MockHost()
            let failure = host.perform { [self] loop -> ClientError? in
                do throws(ClientError) {
                    thread = try LoadThread(plan, index: index, record: record, loop: loop, options: options)
                    return nil
                } catch {
                    return error
                }
            }
            if let failure = failure ?? nil { throw failure }
        }

        func leave() { host.post { [self] _ in thread?.leave() } }
    }
}
