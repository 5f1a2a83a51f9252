internal import Admin
internal import Bridge
internal import Bytes
internal import Gateway
internal import OIDC
internal import Reactor
internal import Settings
internal import System
internal import Telemetry

/// What a worker's admin pages tell, and the worker's own numbers, looked at each second.
final class WorkerAdmin: AdminSource, TimerTarget {
    /// How often the process is measured.
    private static let interval: Duration = .seconds(1)

    let board: MetricsBoard
    private let settings: Settings
    private let worker: Worker
    private let logs: Logs
    private let slot: MetricsSlot
    private let meter: ProcessMeter
    private let generation: Int
    private let started: UnixTime
    private let listeners: [AdminListener]
    private let needsKeys: Bool
    private var probe: BackendProbe?
    /// The most connections since memory was last given back.
    private var crowd = 0
    /// Fewer connections than this aren't worth looking at: they take a few hundred kilobytes.
    private static let crowdSize = 16

    /// The source of `worker`, which counts in `slot` of `board`.
    init(
        _ worker: Worker, _ parts: WorkerParts, board: MetricsBoard, meter: ProcessMeter, generation: Int,
        started: UnixTime
    ) {
        (self.worker, settings, logs, slot) = (worker, parts.settings, parts.logs, parts.metrics)
        (self.board, self.meter, self.generation, self.started) = (board, meter, generation, started)
        listeners = parts.settings.listeners.map { listener in
            AdminListener(
                name: listener.name, kind: listener.kind.rawValue, address: "\(listener.address)",
                ports: "\(listener.ports)", backend: ListenerSummary(listener, parts.settings).target)
        }
        needsKeys = parts.settings.listeners.contains { $0.policy.tokenRequired }
        if settings.admin.enabled, settings.admin.checkBackends {
            probe = BackendProbe(settings, loop: worker.loop, resolver: worker.resolver)
        }
        measure()
    }

    var facts: AdminFacts {
        AdminFacts(
            version: Commands.version, startedAt: started, generation: UInt64(clamping: generation),
            isDraining: worker.bridge.isDraining || board.slot(0)[.masterState] == 2, needsKeys: needsKeys,
            keysProblem: worker.provider?.status.lastFailure.map { "\($0)" }, listeners: listeners)
    }

    /// What the worker does, for the pages.
    var state: WorkerState {
        get { WorkerState(rawValue: slot[.workerState]) ?? .starting }
        set { slot.set(.workerState, newValue.rawValue) }
    }

    func backendProblem() -> String? { probe?.problem }

    /// The event loop's call.
    func timerFired(purpose: UInt8) { measure() }

    /// What many connections needed stays in tables that have grown, and lies in the heap between what others still need,
    /// and nobody gives any of it back by himself. So whenever their number has fallen to half of what it was, they do.
    private func trimAfterCrowd() {
        let connections = worker.connectionCount
        crowd = max(crowd, connections)
        guard crowd >= Self.crowdSize, connections <= crowd / 2 else { return }
        crowd = connections
        worker.bridge.releaseUnused()
        worker.gateway.releaseUnused()
        worker.loop.releaseUnused()
        // After the loop has done so.
        worker.loop.enqueue { ThisProcess.trimMemory() }
    }

    private func measure() {
        slot.set(.heartbeat, Clock.monotonic.nanoseconds)
        slot.set(.residentBytes, meter.residentBytes)
        slot.set(.cpuNanoseconds, ThisProcess.cpuTime.saturatedNanoseconds)
        logs.noteLoss()
        trimAfterCrowd()
        _ = worker.loop.schedule(at: worker.loop.now + Self.interval, self, purpose: 0)
    }
}
