// What one master passes to the next when the binary is replaced, and what systemd passes to the first.
//
// The old master starts the new binary with its listening sockets and one end of a channel; SECURE_PROXY_INHERITS names
// them. The new master says one word when it serves; then the old one drains and ends. If the new one ends before that,
// nothing has changed.
internal import Bytes
internal import System

/// What a master finds open when it starts.
struct Inheritance {
    /// The variable that names what the predecessor passed on: `channel,keys,socket,socket…`.
    static let variable = "SECURE_PROXY_INHERITS"

    /// Sockets that listen already, of the predecessor or of the service manager.
    var sockets: [Descriptor] = []
    /// The way to the predecessor, if any.
    var predecessor: MessageChannel?
    /// Whether the predecessor's workers have the provider's keys: then a successor without them takes nothing over.
    var predecessorHasKeys = false

    /// Takes what there is; later children don't see it.
    static func take() -> Inheritance {
        var inheritance = Inheritance()
        inheritance.sockets = ServiceManager.takeListeners()
        guard let text = ThisProcess.environment(variable) else { return inheritance }
        ThisProcess.removeEnvironment(variable)
        let numbers = text.split(separator: ",").compactMap { Int32($0) }
        guard numbers.count >= 2 else { return inheritance }
        inheritance.predecessor = MessageChannel(owning: Descriptor(owning: numbers[0]))
        inheritance.predecessorHasKeys = numbers[1] != 0
        for number in numbers[2...] {
            let socket = Descriptor(owning: number)
            // One that isn't open is found out when its address is asked for.
            _ = try? socket.setCloseOnExec(true)
            inheritance.sockets.append(socket)
        }
        return inheritance
    }

    /// Says that this master serves.
    func tellPredecessor() { _ = try? predecessor?.send([UInt8(ascii: "S")]) }
}

/// The binary that is to take over, while it starts.
final class Replacement {
    /// Its process.
    let pid: Int32
    /// When its time is over: it is killed if it doesn't serve by then.
    private(set) var deadline: MonotonicTime?
    private let channel: MessageChannel

    /// Starts the program at `path`, which inherits `sockets` and should serve by `deadline`.
    init(
        _ path: String, arguments: [String], sockets: [Descriptor], hasKeys: Bool, deadline: MonotonicTime
    ) throws(SystemError) {
        self.deadline = deadline
        let (channel, theirs) = try MessageChannel.pair()
        self.channel = channel
        var named: [(number: Int32, as: Int32)] = [(number: theirs.number, as: 3)]
        for socket in sockets { named.append((number: socket.number, as: 3 + Int32(named.count))) }
        let list = [3, hasKeys ? 1 : 0] + named.dropFirst().map { Int($0.as) }
        let inherits = list.map { "\($0)" }.joined(separator: ",")
        pid = try ChildProcesses.spawn(
            executable: path, arguments: arguments,
            environment: ChildProcesses.inheritedEnvironment + ServiceManager.successorEnvironment
                + [(Inheritance.variable, inherits)],
            descriptors: named)
    }

    /// Readable when it has said that it serves, or has ended.
    var number: Int32 { channel.number }

    /// Whether it has said that it serves.
    var serves: Bool {
        guard case .message(let bytes, _)? = try? channel.receive() else { return false }
        return bytes.first == UInt8(ascii: "S")
    }

    /// Ends it: this master is being stopped itself.
    func cancel(at now: MonotonicTime) {
        ChildProcesses.signal(pid, 15)
        deadline = now + .seconds(2)
    }
}
