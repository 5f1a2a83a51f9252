internal import Bytes
internal import JSON
internal import Reactor
internal import Settings
internal import System
internal import TLS

/// A generation's key holder as the master sees it: a process, and a channel for each worker's place.
///
/// The workers' ends stay with the master, so that a replacement goes on with the channel of the worker before it. The
/// key holder ends when all ends of all channels are closed: the master's and the workers'.
final class KeyHolderProcess: EventSource {
    /// Its process.
    let pid: Int32
    /// When it was started.
    let started: MonotonicTime
    /// Whether its keys are there.
    private(set) var isReady = false
    /// Whether the process has ended.
    private(set) var hasEnded = false
    /// When its time is over: it is killed if it still runs then.
    private(set) var deadline: MonotonicTime?
    /// How long it may take to end. A module for a token may be stuck.
    private static let patience: Duration = .seconds(3)
    private var ends: [Descriptor]
    private let control: MessageChannel
    private let loop: EventLoop
    private var registration: Registration?
    private let heard: (WorkerMessage) -> Void

    /// Starts a key holder with the keys that `plan` wants held, for `channels` workers.
    init(
        _ plan: GenerationPlan, channels: Int, logs: LogTargets, loop: EventLoop,
        heard: @escaping (WorkerMessage) -> Void
    ) throws {
        self.loop = loop
        started = loop.now
        self.heard = heard
        var named: [(number: Int32, as: Int32)] = []
        var theirs: [Descriptor] = []
        var ours: [Descriptor] = []
        for _ in 0..<channels {
            let (mine, his) = try MessageChannel.ends()
            ours.append(mine)
            theirs.append(his)
            named.append((number: his.number, as: RoleDescriptor.firstNamed + Int32(named.count)))
        }
        ends = ours
        var keys = [JSONValue](repeating: .null, count: plan.files.heldKeys.count)
        for pair in plan.settings.keyPairs {
            guard let index = plan.files.heldKeys[pair.keyName], keys.indices.contains(index) else { continue }
            var key: JSONObject = ["name": .string(pair.keyName)]
            if let uri = pair.keyURI {
                key["uri"] = .string(uri)
            } else {
                key["pem"] = .string(Base64URL.encode(plan.files.heldContents[pair.key] ?? []))
            }
            keys[index] = .object(key)
        }
        let security = plan.settings.security
        var root: JSONObject = [
            "keys": .array(keys), "channels": .array(named.map { .integer(Int64($0.as)) }),
            "noNewPrivileges": .bool(security.noNewPrivileges), "dropCapabilities": .bool(security.dropCapabilities),
            "landlock": .bool(security.landlock), "seccomp": .bool(security.seccomp),
        ]
        if let jail = security.jailBaseDir { root["jail"] = .string(jail) }
        let document = try SealedMemory.make(JSON.serialize(.object(root)), name: "secure-proxy keys")
        let (control, his) = try MessageChannel.pair()
        self.control = control
        pid = try ChildProcesses.spawn(
            arguments: Role.keyHolder.arguments, environment: Role.environment,
            descriptors: [
                (number: document.number, as: RoleDescriptor.handOver),
                (number: his.number, as: RoleDescriptor.control),
            ] + named, deathSignal: 9)
        do throws(SystemError) {
            registration = try loop.registerLevel(control.number, .readable, source: self, role: 0)
        } catch {
            ChildProcesses.signal(pid, 9)
            ChildProcesses.awaitEnd(pid)
            throw error
        }
    }

    /// The end of the channel that the worker at `index` gets.
    func workerEnd(_ index: Int) -> Int32? { ends.indices.contains(index) ? ends[index].number : nil }

    /// Gives up the master's ends: it ends when the workers have.
    func dismiss() {
        if deadline == nil { deadline = loop.now + Self.patience }
        ends = []
    }

    /// Notes that the process has ended.
    func ended() {
        hasEnded = true
        forget()
    }

    /// The event loop's call.
    func ready(_ readiness: Readiness, role: UInt8) {
        while let received = try? control.receive() {
            guard case .message(let bytes, _) = received else {
                if case .ended = received { forget() }
                return
            }
            guard let message = WorkerMessage(bytes) else { continue }
            if case .ready = message { isReady = true }
            heard(message)
        }
        forget()
    }

    private func forget() {
        if let registration { loop.deregister(registration) }
        registration = nil
    }
}
