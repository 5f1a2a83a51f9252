// One thread's event loop over epoll.
//
// Rules:
// - Each registration has a slot and a generation, packed into epoll's 64 bits. An event whose generation is not the
//   slot's is stale (its descriptor was closed earlier in the same batch) and is dropped.
// - Sources are registered once, edge-triggered, for reading and writing alike: each remembers what it is ready for.
//   Listeners and the resolver are level-triggered.
// - A source that stops before its socket is drained asks to be continued (`continueLater`); it is called again after
//   the other sources had their turn.
// - A source that deregisters stays alive until the batch is over, so no method runs on a freed object.
public import Bytes
public import System

/// Something that wants to know when its descriptors are ready.
public protocol EventSource: AnyObject {
    /// The descriptor registered under `role` became ready.
    func ready(_ readiness: Readiness, role: UInt8)
}

/// Something that wants to know when a deadline has come.
public protocol TimerTarget: AnyObject {
    /// The timer set with `purpose` is due. It is set once; set it again if wanted.
    func timerFired(purpose: UInt8)
}

/// Names one watched descriptor. Stale once deregistered.
public struct Registration: Equatable, Sendable {
    let slot: UInt32
    let generation: UInt32
    let descriptor: Int32

    var tag: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

/// One thread's event loop. Not shared between threads.
public final class EventLoop {
    private struct Slot {
        var generation: UInt32 = 0
        var role: UInt8 = 0
        var source: (any EventSource)?
    }

    private struct Timer {
        var target: TimerReference
        var purpose: UInt8
    }

    /// A weak reference costs its object a side table, and with it a slower count of references at every call: those
    /// that are always busy are held instead.
    private enum TimerReference {
        case held(any TimerTarget)
        case weak(WeakTarget)

        var target: (any TimerTarget)? {
            switch self {
            case .held(let target): target
            case .weak(let reference): reference.target
            }
        }
    }

    private struct WeakTarget {
        weak var target: (any TimerTarget)?
    }

    private struct Continuation {
        var registration: Registration
        var readiness: Readiness
    }

    private let epoll: Epoll
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    /// The generation of slots that are made: above that of any that was given back, so that stale names stay stale.
    private var firstGeneration: UInt32 = 0
    private var timers = TimerQueue<Timer>()
    private var continuations: [Continuation] = []
    private var continuationsInTurn: [Continuation] = []
    private var jobs: [() -> Void] = []
    private var departed: [any EventSource] = []
    private var isRunning = false

    /// The time at the beginning of this turn; good enough for deadlines, and it costs no system call.
    public private(set) var now: MonotonicTime

    /// How many descriptors are watched.
    public private(set) var watched = 0

    /// A loop that watches nothing yet.
    public init() throws(SystemError) {
        epoll = try Epoll()
        now = Clock.monotonic
    }

    // MARK: Descriptors

    /// Watches `descriptor`, edge-triggered, for everything, and calls `source` with `role`.
    public func register(_ descriptor: Int32, source: any EventSource, role: UInt8) throws(SystemError) -> Registration
    {
        try add(descriptor, [.readable, .writable, .peerFinished], edgeTriggered: true, source: source, role: role)
    }

    /// Watches `descriptor` as long as `interest` holds (level-triggered).
    public func registerLevel(
        _ descriptor: Int32, _ interest: Readiness, source: any EventSource, role: UInt8
    ) throws(SystemError) -> Registration {
        try add(descriptor, interest, edgeTriggered: false, source: source, role: role)
    }

    /// Changes what a level-triggered registration is watched for.
    public func modifyLevel(_ registration: Registration, _ interest: Readiness) throws(SystemError) {
        guard isCurrent(registration) else { return }
        try epoll.modify(registration.descriptor, interest, tag: registration.tag)
    }

    /// Stops watching. Call it before the descriptor is closed. Stale registrations are ignored.
    public func deregister(_ registration: Registration) {
        guard isCurrent(registration) else { return }
        epoll.remove(registration.descriptor)
        let index = Int(registration.slot)
        if let source = slots[index].source { departed.append(source) }
        slots[index] = Slot(generation: registration.generation &+ 1)
        freeSlots.append(registration.slot)
        watched -= 1
    }

    /// Hands a watched descriptor to another source; the old one hears of it no more. For phases that are objects.
    public func transfer(_ registration: Registration, to source: any EventSource, role: UInt8) {
        guard isCurrent(registration) else { return }
        let index = Int(registration.slot)
        if let old = slots[index].source { departed.append(old) }
        slots[index].source = source
        slots[index].role = role
    }

    /// Calls the source again with `readiness` in the next turn, without waiting: for one that stopped early.
    public func continueLater(_ registration: Registration, _ readiness: Readiness) {
        continuations.append(Continuation(registration: registration, readiness: readiness))
    }

    private func add(
        _ descriptor: Int32, _ interest: Readiness, edgeTriggered: Bool, source: any EventSource, role: UInt8
    ) throws(SystemError) -> Registration {
        if freeSlots.isEmpty {
            freeSlots.append(UInt32(slots.count))
            slots.append(Slot(generation: firstGeneration))
        }
        let slot = freeSlots[freeSlots.count - 1]
        let registration = Registration(slot: slot, generation: slots[Int(slot)].generation, descriptor: descriptor)
        try epoll.add(descriptor, interest, edgeTriggered: edgeTriggered, tag: registration.tag)
        freeSlots.removeLast()
        slots[Int(slot)].role = role
        slots[Int(slot)].source = source
        watched += 1
        return registration
    }

    private func isCurrent(_ registration: Registration) -> Bool {
        guard Int(registration.slot) < slots.count else { return false }
        let slot = slots[Int(registration.slot)]
        return slot.generation == registration.generation && slot.source != nil
    }

    /// Gives back what a crowd that has left had needed, once this turn is over: the room behind the last descriptor
    /// and the last timer in use. It walks over all of them; call it rarely.
    public func releaseUnused() {
        enqueue { [unowned self] in
            let used = (slots.lastIndex { $0.source != nil } ?? -1) + 1
            if slots.capacity > 2 * used {
                for slot in slots[used...] { firstGeneration = max(firstGeneration, slot.generation &+ 1) }
                slots = Array(slots[..<used])
                freeSlots = freeSlots.filter { $0 < used }
            }
            timers.releaseUnused()
            departed = []
            if jobs.isEmpty { jobs = [] }
            if continuations.isEmpty { continuations = [] }
            continuationsInTurn = []
        }
    }

    // MARK: Time

    /// Calls `target` with `purpose` at `deadline`. The loop doesn't keep the target alive.
    public func schedule(at deadline: MonotonicTime, _ target: any TimerTarget, purpose: UInt8) -> TimerID {
        timers.schedule(at: deadline, Timer(target: .weak(WeakTarget(target: target)), purpose: purpose))
    }

    /// The same for a target that is kept alive until then, unless the timer is cancelled.
    public func scheduleHolding(at deadline: MonotonicTime, _ target: any TimerTarget, purpose: UInt8) -> TimerID {
        timers.schedule(at: deadline, Timer(target: .held(target), purpose: purpose))
    }

    /// Forgets a timer; one that fired already is ignored.
    public func cancel(_ timer: TimerID) { timers.cancel(timer) }

    /// Calls `job` once this batch of events is over.
    public func enqueue(_ job: @escaping () -> Void) { jobs.append(job) }

    // MARK: Running

    /// Runs until ``stop()``.
    public func run() throws(SystemError) {
        isRunning = true
        now = Clock.monotonic
        while isRunning { try turn(maximumNanoseconds: 60_000_000_000) }
    }

    /// Ends ``run()`` after this turn.
    public func stop() { isRunning = false }

    /// One turn: waits for events (at most `maximumWait`), serves them, then continuations, jobs and due timers.
    public func turn(maximumWait: Duration = .seconds(60)) throws(SystemError) {
        try turn(maximumNanoseconds: maximumWait.saturatedNanoseconds)
    }

    private func turn(maximumNanoseconds: Int64) throws(SystemError) {
        let count = try epoll.wait(timeoutMilliseconds: waitMilliseconds(maximumNanoseconds))
        now = Clock.monotonic
        for index in 0..<count {
            let (tag, readiness) = epoll.event(at: index)
            deliver(readiness, slot: Int(UInt32(truncatingIfNeeded: tag)), generation: UInt32(tag >> 32))
        }
        serveContinuations()
        while let timer = timers.popDue(at: now) { timer.target.target?.timerFired(purpose: timer.purpose) }
        while !jobs.isEmpty {
            let batch = jobs
            jobs.removeAll(keepingCapacity: true)
            for job in batch { job() }
        }
        if !departed.isEmpty { departed.removeAll(keepingCapacity: true) }
    }

    @inline(__always)
    private func deliver(_ readiness: Readiness, slot index: Int, generation: UInt32) {
        guard index < slots.count, slots[index].generation == generation, let source = slots[index].source else {
            return
        }
        source.ready(readiness, role: slots[index].role)
    }

    private func serveContinuations() {
        guard !continuations.isEmpty else { return }
        swap(&continuations, &continuationsInTurn)
        for item in continuationsInTurn {
            deliver(item.readiness, slot: Int(item.registration.slot), generation: item.registration.generation)
        }
        continuationsInTurn.removeAll(keepingCapacity: true)
    }

    /// Whole milliseconds, rounded up so that a timer is due when the wait ends.
    private func waitMilliseconds(_ maximum: Int64) -> Int32 {
        if !continuations.isEmpty || !jobs.isEmpty { return 0 }
        var wait = maximum
        if let deadline = timers.nextDeadline() {
            // The time since this turn began matters only when a deadline is near, and asking for it costs.
            let isFar = deadline.nanoseconds &- now.nanoseconds > 1_000_000_000
            let from = isFar ? now : Clock.monotonic
            wait = min(wait, max(0, deadline.nanoseconds.subtractingReportingOverflow(from.nanoseconds).partialValue))
        }
        return Int32(clamping: wait / 1_000_000 + (wait % 1_000_000 == 0 ? 0 : 1))
    }
}
